"""A layer taken apart: the layers that together do what one does.

What a container sees stays the same to the byte, by the rules of `files.squash`; the tars are as
`fleet.tar_form` has them. Each member but directories is in one part, and parts keep the order of
the tar. The lowest has all whiteouts and markers, which would else hide what the layer itself
brings. Every part has the layer's entries of the directories on the way to its members: engines
unpack each layer on its own, and would give those directories mode 0755 and the owner root. Names
of one file stay together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING

from layerscope.errors import UsageError
from layerscope.files.squash import squash
from layerscope.files.tree import clean
from layerscope.fleet.new_layer import NewLayer, Refused, add_ancestors
from layerscope.fleet.tar_form import (
    DIR,
    END_BYTES,
    HARDLINK,
    OPAQUE,
    OTHER,
    WHITEOUT,
    TarPart,
    own_paths,
)
from layerscope.fleet.tar_size import member_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns

Chooser = Callable[[list[list[int]]], list[int]]
"""Is given the rows that must stay together, by the first of them, and says in which part each
group comes, counted from 0. Whiteouts are groups of their own, and so are directories."""


_MARKS = (WHITEOUT, OPAQUE)

MOST_PARTS = 1000
"""Into how many layers a layer is cut by size; engines hold no image with so many."""


def split(tables: Sequence[FileColumns], layer: int, part_of: Chooser) -> list[NewLayer]:
    """The layers that together do what one does, the lowest first.

    Args:
        tables: File tables of the image from the base up, to that layer at least.
        layer: Which one, counted from 0.
        part_of: Says what comes into which part; parts without members are left out.

    Raises: `OverLimitError` for trees that no engine could unpack.
    """
    columns = tables[layer]
    paths = own_paths(columns)
    # The tree first: it refuses directories beyond all measure.
    refused = _refused(tables, layer, paths)
    groups = _together(columns, paths)
    chosen = part_of(groups)
    parts: dict[int, set[int]] = defaultdict(set)
    for group, part in zip(groups, chosen, strict=True):
        for row in group:
            parts[min(chosen) if columns.kinds[row] in _MARKS else part].add(row)
    entries = _entries(columns, paths)
    layers = []
    for _, rows in sorted(parts.items()):
        above: set[bytes] = set()
        for row in rows:
            add_ancestors(above, paths[row])
        kept = rows | {row for path in above for row in entries.get(path, ())}
        layers.append(NewLayer([(layer, TarPart(columns, sorted(kept)))], refused))
    return layers


def by_pattern(columns: FileColumns, patterns: Sequence[Callable[[bytes], bool]]) -> Chooser:
    """What puts members into parts by their paths.

    Those of the first pattern that fits come into part 1, of the next into part 2, all others into
    part 0. Names of one file go by the first of them.
    """
    paths = own_paths(columns)

    def part(group: list[int]) -> int:
        fits = (at for at, pattern in enumerate(patterns, start=1) if pattern(paths[group[0]]))
        return next(fits, 0)

    return lambda groups: [part(group) for group in groups]


def by_size(columns: FileColumns, most_bytes: int) -> Chooser:
    """What fills parts one after the other, in the order of the tar, up to so many bytes of tar.

    What is larger has a part of its own; the directories that are repeated count.

    What it gives back raises `UsageError` if there would be more than `MOST_PARTS`.
    """
    paths = own_paths(columns)
    sizes = member_bytes(TarPart(columns, range(len(columns)))).tolist()
    entries = _entries(columns, paths)

    def parts(groups: list[list[int]]) -> list[int]:
        chosen: list[int] = []
        there = {row for row, kind in enumerate(columns.kinds) if kind in _MARKS}
        above: set[bytes] = set()
        for row in there:
            add_ancestors(above, paths[row])
        there |= {row for path in above for row in entries.get(path, ())}
        part, filled = 0, END_BYTES + sum(sizes[row] for row in there)
        for group in groups:
            if columns.kinds[group[0]] in _MARKS:
                chosen.append(0)
                continue
            rows = _with_entries(group, above) - there
            if there and filled + sum(sizes[row] for row in rows) > most_bytes:
                part, filled = part + 1, END_BYTES
                there, above = set(), set()
                rows = _with_entries(group, above)
            if part >= MOST_PARTS:
                raise UsageError(f"expected parts of a size that makes at most {MOST_PARTS}")
            filled += sum(sizes[row] for row in rows)
            there |= rows
            chosen.append(part)
        return chosen

    def _with_entries(group: list[int], above: set[bytes]) -> set[int]:
        """A group and what its part has not yet of the directories on the way to it."""
        found = set(group)
        for row in group:
            for path in add_ancestors(above, paths[row]):
                found.update(entries.get(path, ()))
        return found

    return parts


def _entries(columns: FileColumns, paths: Sequence[bytes]) -> dict[bytes, list[int]]:
    """The rows that describe each directory: often one."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        if columns.kinds[row] == DIR:
            found[path].append(row)
    return dict(found)


def _together(columns: FileColumns, paths: Sequence[bytes]) -> list[list[int]]:
    """Rows that must come into one part, by the first of them.

    These are names of one file, and members of the same path, of which the last one counts.
    """
    leader = list(range(len(columns)))

    def root(row: int) -> int:
        while leader[row] != row:
            leader[row] = leader[leader[row]]
            row = leader[row]
        return row

    last: dict[bytes, int] = {}
    for row, path in enumerate(paths):
        others = [last.get(path)]
        if columns.kinds[row] == HARDLINK:
            others.append(last.get(clean(columns.links[row])))
        for other in others:
            if other is not None:
                one, two = sorted((root(row), root(other)))
                leader[two] = one
        last[path] = row
    groups: dict[int, list[int]] = defaultdict(list)
    for row in range(len(columns)):
        groups[root(row)].append(row)
    return list(groups.values())


def _refused(tables: Sequence[FileColumns], layer: int, paths: Sequence[bytes]) -> list[Refused]:
    """What keeps the parts of a layer from being written, or from doing what the layer does."""
    tree = squash(tables[: layer + 1])
    columns, start = tables[layer], tree.starts[layer]
    found = [
        Refused(paths[row - start], "reached through a symbolic link")
        for row in tree.redirected
        if row >= start
    ]
    for row, path in enumerate(paths):
        kind = columns.kinds[row]
        if kind == OTHER:
            found.append(Refused(path, "of unknown type"))
        elif kind == HARDLINK and start + row not in tree.inodes:
            found.append(Refused(path, "a hard link to nothing"))
        elif kind == HARDLINK and tree.inodes[start + row] < start:
            found.append(Refused(path, "a hard link to a file of a layer below"))
    folders: set[bytes] = set()
    for path in paths:
        add_ancestors(folders, path)
    found += [
        Refused(path, "a file that others lie below")
        for row, path in enumerate(paths)
        if path in folders and columns.kinds[row] not in (DIR, *_MARKS)
    ]
    return sorted(found)
