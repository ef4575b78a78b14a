"""The packages of an image: their databases read out of the layers, then who owns which path."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from layerscope.analysis.facts import distro_of
from layerscope.files.columns import KINDS, NO_OFFSET
from layerscope.files.packages.assemble import Packages, assemble
from layerscope.files.packages.evidence import read, too_large, wanted
from layerscope.files.ranges import read_ranges
from layerscope.files.tree import DIR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.files.packages.claims import Evidence
    from layerscope.files.squash import Squashed
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits


Known = dict[tuple[int, bytes], "Evidence | None"]
"""What files that were read before say, by their global row and their path."""


def packages_of(
    layers: Sequence[Layer], squashed: Squashed, limits: Limits, known: Known | None = None
) -> Packages:
    """The packages that are visible in a finished tree, and the owners of its paths.

    The databases are read again from layers that have been verified: in place where a layer is
    stored plain, otherwise by unpacking it up to the last of them.

    Args:
        layers: The layers of the tree, from the base up.
        squashed: The tree.
        limits: Bounds on unpacking.
        known: Is looked into before a file is read, and holds what was read afterwards. Trees of
            the same first layers may share it.

    Raises: what `read_ranges` raises.
    """
    known = {} if known is None else known
    names: defaultdict[int, list[bytes]] = defaultdict(list)
    for path, row in squashed.rows.items():
        inode = squashed.inode(row)
        if inode < 0:
            continue
        layer, at = squashed.place(inode)
        columns = squashed.layers[layer]
        about = (path, KINDS[columns.kinds[at]], columns.size_bytes[at], columns.modes[at])
        if (inode, path) in known:
            continue
        if wanted(*about) and columns.offsets[at] != NO_OFFSET:
            names[inode].append(path)
        else:
            problem = too_large(*about)
            if problem is not None:
                known[inode, path] = problem
    found = _contents(layers, squashed, names, limits)
    for inode, its_paths in names.items():
        known.update({(inode, path): found[inode].get(path) for path in its_paths})
    evidence = {}
    for path, row in squashed.rows.items():
        said = known.get((squashed.inode(row), path))
        if said is not None:
            evidence[path] = said
    distro = distro_of(squashed)
    paths = [path for path, row in squashed.rows.items() if not _is_dir(squashed, row)]
    return assemble(evidence, paths, distro.id if distro else None)


def _is_dir(squashed: Squashed, row: int) -> bool:
    return row < 0 or squashed.kinds[row] == DIR


def _contents(
    layers: Sequence[Layer],
    squashed: Squashed,
    names: dict[int, list[bytes]],
    limits: Limits,
) -> dict[int, dict[bytes, Evidence]]:
    """What each file that is evidence says, by its global row, then by each of its paths.

    One file is held at a time; `wanted` bounds each.
    """
    found: defaultdict[int, dict[bytes, Evidence]] = defaultdict(dict)
    by_layer: defaultdict[int, list[int]] = defaultdict(list)
    for inode in sorted(names):
        by_layer[squashed.place(inode)[0]].append(inode)
    for layer, inodes in by_layer.items():
        columns, start = squashed.layers[layer], squashed.starts[layer]
        ranges = []
        for inode in inodes:
            row = inode - start
            unknown = [path for path in names[inode] if (row, path) not in columns.evidence]
            size = columns.size_bytes[row]
            take = _whole(size, partial(_read_into, columns.evidence, row, unknown))
            if size and unknown:
                ranges.append((columns.offsets[row], size, take))
            elif unknown:
                _read_into(columns.evidence, row, unknown, b"")
        read_ranges(layers[layer], ranges, limits)
        for inode in inodes:
            for path in names[inode]:
                said = columns.evidence[inode - start, path]
                if said is not None:
                    found[inode][path] = said
    return found


def _read_into(
    known: dict[tuple[int, bytes], Evidence | None], row: int, paths: list[bytes], content: bytes
) -> None:
    for path in paths:
        known[row, path] = read(path, content)


def _whole(size: int, use: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """What collects pieces until they are `size` bytes, and hands those on."""
    pieces: list[bytes] = []
    have = 0

    def take(piece: bytes) -> None:
        nonlocal have
        pieces.append(piece)
        have += len(piece)
        if have >= size:
            use(b"".join(pieces))
            pieces.clear()

    return take
