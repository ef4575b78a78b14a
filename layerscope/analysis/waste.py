"""Bytes that are stored and can never be seen: which, hidden by what, and why.

A stored member is visible if any name of its inode still resolves to it in the squashed tree. The
bytes of what is not visible, each hidden copy once, sum to stored less visible bytes, exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerscope.files.tree import FILE, HARDLINK, OPAQUE, ROOT, WHITEOUT

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from layerscope.files.squash import Squashed


class Wasted(NamedTuple):
    """One hidden copy of a file.

    Attributes:
        path: Where it was stored.
        size_bytes: Of its content.
        cause: `overwritten`, `deleted`, `opaque`, `type-changed`, `metadata-only`, `appended`,
            `repeated-layer` or `same-layer`.
        layer: The layer that stored it.
        hidden_by_layer: The layer that hid its last name; None if it never could be seen.
        row: Its global row.
        hidden_by: The global row of the entry that hid its last name; -1 if there is none.
    """

    path: bytes
    size_bytes: int
    cause: str
    layer: int
    hidden_by_layer: int | None
    row: int
    hidden_by: int


def waste(
    squashed: Squashed, diff_ids: Sequence[str | None], appended: Collection[int] = ()
) -> list[Wasted]:
    """Every hidden copy of a file that is not empty, in the order it was stored.

    Args:
        squashed: The tree.
        diff_ids: Of each layer; a layer that is there twice repeats its files.
        appended: Global rows whose content is known to be the beginning of what replaced it
            (see `candidates_for_appended`).

    Linear in the number of hidden entries.
    """
    last_of = _last_hiding(squashed)
    found = []
    hidden, starts, kinds = squashed.hidden, squashed.starts, squashed.kinds
    for layer, columns in enumerate(squashed.layers):
        start, stop = starts[layer], starts[layer + 1]
        sizes = columns.size_bytes
        names = squashed.paths[layer]
        for row in _gone(squashed, layer, start, stop):
            size = sizes[row - start]
            if size == 0:
                continue
            last = last_of.get(row, (hidden.get(row, -1), row))
            if last is None:
                continue
            by, name = last
            hider = squashed.place(by)[0] if by >= 0 else None
            path = squashed.redirected.get(row) or names[row - start]
            if hider is None or kinds[by] == WHITEOUT:
                cause = "deleted"
            elif kinds[by] == OPAQUE:
                cause = "opaque"
            elif hider == layer:
                cause = "same-layer"
            elif not _replaced_by_a_file(squashed, name, by):
                cause = "type-changed"
            elif diff_ids[layer] is not None and diff_ids[layer] == diff_ids[hider]:
                cause = "repeated-layer"
            else:
                cause = _change(squashed, row, by, appended)
            found.append(Wasted(path, size, cause, layer, hider, row, by))
    return found


def _gone(squashed: Squashed, layer: int, start: int, stop: int) -> list[int]:
    """Global rows of a layer that store bytes and have lost their own name, or never had one."""
    kinds, hidden = squashed.kinds, squashed.hidden
    if start == stop:
        return []
    rows: list[int] = []
    if hidden:
        rows = [row for row in range(start, stop) if row in hidden and kinds[row] == FILE]
    columns = squashed.layers[layer]
    if columns.has_marks():
        # A whiteout is an empty file; one with content stores bytes that nobody sees.
        rows += [
            start + row
            for row, kind in enumerate(columns.kinds)
            if kind in {WHITEOUT, OPAQUE} and columns.size_bytes[row]
        ]
    if ROOT in squashed.engine_differs:
        # A file for the root itself is never put on the tree.
        rows += [
            start + row
            for row, path in enumerate(squashed.paths[layer])
            if path == ROOT and columns.kinds[row] == FILE
        ]
    return sorted(rows)


def _last_hiding(squashed: Squashed) -> dict[int, tuple[int, int] | None]:
    """For what has hard links: the entry that hid its last name, and that name's row.

    None while a name is left.
    """
    last: dict[int, tuple[int, int] | None] = {}
    hidden = squashed.hidden
    for link, inode in squashed.inodes.items():
        if inode not in last:
            last[inode] = (hidden[inode], inode) if inode in hidden else None
        own = last[inode]
        if own is not None:
            last[inode] = max(own, (hidden[link], link)) if link in hidden else None
    return last


def _change(squashed: Squashed, row: int, by: int, appended: Collection[int]) -> str:
    """What a file of a later layer at the same path changed."""
    content = squashed.content(row)
    if content is not None and content == squashed.content(squashed.inode(by)):
        return "metadata-only"
    return "appended" if row in appended else "overwritten"


def _replaced_by_a_file(squashed: Squashed, name: int, by: int) -> bool:
    """Whether a file took the very name; what is at another path took a directory's place."""
    return squashed.kinds[squashed.inode(by)] == FILE and squashed.path_of(by) == squashed.path_of(
        name
    )


def candidates_for_appended(squashed: Squashed) -> list[tuple[int, int]]:
    """Pairs of global rows (hidden file, file that replaced it) that may only have grown.

    The second is a longer regular file that a later layer put where the last name was. Whether it
    begins with the first is for `files.growing` to find out, by reading it.
    """
    kinds, pairs = squashed.kinds, []
    last_of = _last_hiding(squashed)
    for row, own in squashed.hidden.items():
        if kinds[row] != FILE:
            continue
        last = last_of.get(row, (own, row))
        if last is None or kinds[last[0]] not in {FILE, HARDLINK}:
            continue
        by, name = last
        inode = squashed.inodes.get(by, by)
        old = squashed.size(row)
        if (
            old
            and squashed.size(inode) > old
            and squashed.place(row)[0] != squashed.place(by)[0]
            and squashed.path_of(name) == squashed.path_of(by)
        ):
            pairs.append((row, inode))
    return sorted(pairs)
