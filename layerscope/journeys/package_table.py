"""The table of packages of an image: those that are visible, and those that are only stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.files.squash import squash
from layerscope.files.tree import FILE
from layerscope.journeys.packages import packages_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from layerscope.files.packages.assemble import Package, Packages
    from layerscope.files.squash import Squashed
    from layerscope.journeys.packages import Known
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits

    Cell = int | float | str | None

COLUMNS = (
    "image",
    "kind",
    "name",
    "version",
    "arch",
    "purl",
    "source",
    "state",
    "files",
    "visible_bytes",
    "hidden_bytes",
)
UNOWNED = "unowned"
PROBLEM = "unknown"
"""The kind of a row that tells of a database which could not be read; `name` says why."""
Key = tuple[str, str, str, str]
_NOBODY: Key = (UNOWNED, "", "", "")


def package_rows(
    image: int, layers: Sequence[Layer], squashed: Squashed, hidden: Collection[int], limits: Limits
) -> list[tuple[Cell, ...]]:
    """One row for each package as in `COLUMNS`, sorted, and one of what no package owns.

    A visible file belongs to its owner in the finished tree, a hidden one to its owner in the tree
    as it was after the layer that stored it. So the bytes of all rows sum to what the image stores.
    `state` is `visible`, or `hidden` for a package that only lower layers know. A database that
    could not be read is a row of kind `unknown` without bytes, at the end.

    Args:
        image: Position of the image in the report, for the first column.
        layers: The layers of the tree.
        squashed: The tree.
        hidden: Global rows of hidden copies.
        limits: Bounds on reading databases again.

    Raises: what `packages_of` raises.
    """
    known: Known = {}
    count = len(layers)
    sums: dict[Key, list[int]] = {}
    packages: dict[Key, tuple[Package, str]] = {}
    problems: dict[tuple[bytes, str], str] = {}
    for top in range(count - 1, -1, -1):
        here = squashed if top == count - 1 else squash(squashed.layers[: top + 1])
        found = packages_of(layers, here, limits, known)
        state = "visible" if top == count - 1 else "hidden"
        for package in found.packages:
            packages.setdefault(_key(package), (package, state))
        for problem in found.problems:
            problems.setdefault((problem.path, problem.text), state)
        if state == "visible":
            _add_visible(sums, squashed, found, hidden)
        _add_hidden(sums, (squashed, top), found, hidden)
    rows = [
        _row(image, key, packages.get(key), sums.get(key, [0, 0, 0]))
        for key in sorted({*packages, *sums})
    ]
    for (path, text), state in sorted(problems.items()):
        source = path.decode("utf-8", "surrogateescape")
        rows.append((image, PROBLEM, text, "", "", None, source, state, 0, 0, 0))
    return rows


def _key(package: Package) -> Key:
    return package.kind, package.name, package.version, package.arch


def _owner(found: Packages, path: bytes) -> Key:
    position = found.owner.get(path)
    return _NOBODY if position is None else _key(found.packages[position])


def _add_visible(
    sums: dict[Key, list[int]], squashed: Squashed, found: Packages, hidden: Collection[int]
) -> None:
    """Each visible inode once, for the owner of its first name."""
    done: set[int] = set()
    for path in sorted(squashed.rows):
        inode = squashed.inode(squashed.rows[path])
        if inode >= 0 and squashed.kinds[inode] == FILE and inode not in done:
            done.add(inode)
            if inode not in hidden:
                _add(sums, _owner(found, path), 1, squashed.size(inode))


def _add_hidden(
    sums: dict[Key, list[int]],
    place: tuple[Squashed, int],
    found: Packages,
    hidden: Collection[int],
) -> None:
    squashed, layer = place
    for row in range(squashed.starts[layer], squashed.starts[layer + 1]):
        if row in hidden:
            at = row - squashed.starts[layer]
            size = squashed.layers[layer].size_bytes[at]
            _add(sums, _owner(found, squashed.path_of(row)), 2, size)


def _add(sums: dict[Key, list[int]], key: Key, column: int, size: int) -> None:
    of_key = sums.setdefault(key, [0, 0, 0])
    of_key[0] += 1
    of_key[column] += size


def _row(
    image: int, key: Key, known: tuple[Package, str] | None, sums: Sequence[int]
) -> tuple[Cell, ...]:
    kind, name, version, arch = key
    purl = known[0].purl if known else None
    source = known[0].source.decode("utf-8", "surrogateescape") if known else None
    state = known[1] if known else None
    return (image, kind, name, version, arch, purl, source, state, *sums)
