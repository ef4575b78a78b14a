"""Layers put together: the members of the one layer that does what several do.

All of them together are a squash. What a container sees stays the same to the byte, by the rules of
`files.squash`; the tar is as `fleet.tar_form` has it.

Whiteouts come first, then directories by path, then all else in the order of the layers; of several
names of one file the first has the content, and the others are hard links to it. There is a
whiteout for each path that the layers below have and that is gone above: markers that hide nothing
are left out, opaque ones become whiteouts. So the layer fits on these layers only.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from layerscope.files.columns import DIGEST_BYTES, NO_OFFSET, WHITEOUT_PREFIX, FileColumns
from layerscope.files.squash import IMPLIED_MODE, Squashed, squash
from layerscope.files.tree import ROOT
from layerscope.fleet.new_layer import NewLayer, Refused, add_ancestors
from layerscope.fleet.tar_form import DIR, HARDLINK, OTHER, WHITEOUT, TarPart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Part = tuple[int | None, TarPart]


def merged(tables: Sequence[FileColumns], first: int, last: int) -> NewLayer:
    """The one layer that does what several do.

    Args:
        tables: File tables of the image from the base up, to the last of the layers at least.
        first: The lowest of the layers, counted from 0.
        last: The highest of them.

    Raises: `OverLimitError` for trees that no engine could unpack.
    """
    tree, below = squash(tables[: last + 1]), squash(tables[:first])
    start = tree.starts[first]
    refused: list[Refused] = []
    directories: list[tuple[bytes, int]] = []
    files: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for path, row in tree.rows.items():
        if row < start:
            continue
        inode = tree.inode(row)
        if tree.kinds[row] == DIR:
            directories.append((path, row))
        elif why := _refusal(tree, inode, start):
            refused.append(Refused(path, why))
        else:
            files[inode].append((row, path))
    implied = [path for path, row in tree.rows.items() if row < 0 and -1 - row >= first]
    # What was described, taken away and made again without an entry would keep its description.
    anew = [path for path in implied if below.rows.get(path, -1) >= 0]
    refused += [Refused(path, "made anew without an entry of its own") for path in anew]
    written = {path for path, _ in directories}
    written.update(path for names in files.values() for _, path in names)
    empty = _without_members(implied, written)
    gone = sorted(_gone(below, tree))
    parts: list[Part] = []
    if gone:
        parts.append((None, _markers(gone)))
    if empty:
        parts.append((None, _made(sorted(empty), DIR, IMPLIED_MODE)))
    members: list[tuple[int, bytes, bytes | None]]
    members = [(row, path, None) for path, row in sorted(directories)]
    for inode, names in sorted(files.items()):
        (_, path), *others = sorted(names)
        members.append((inode, path, None))
        members += [(inode, other, path) for _, other in others]
    return NewLayer([*parts, *_placed(tree, members)], sorted(refused))


def _refusal(tree: Squashed, inode: int, start: int) -> str:
    """Why a file cannot be written; empty if it can."""
    if tree.kinds[inode] == HARDLINK:
        return "a hard link to nothing"
    if tree.kinds[inode] == OTHER:
        return "of unknown type"
    return "a hard link to a file of a layer below" if inode < start else ""


def _without_members(implied: Iterable[bytes], written: set[bytes]) -> list[bytes]:
    """Directories without an entry that nothing written lies in: these need one to be there."""
    led_to: set[bytes] = set()
    for member in written:
        add_ancestors(led_to, member)
    found = []
    for path in sorted(implied, key=len, reverse=True):
        if path not in led_to:
            found.append(path)
            add_ancestors(led_to, path)
    return found


def _gone(below: Squashed, tree: Squashed) -> Iterator[bytes]:
    """Paths of the layers below that are gone, but for what lies in others of them."""
    for path in below.rows:
        if path in tree.rows or path == ROOT:
            continue
        parent = path.rpartition(b"/")[0]
        if not parent or (parent in tree.rows and tree.kind(tree.rows[parent]) == "dir"):
            yield path


def _placed(tree: Squashed, members: Sequence[tuple[int, bytes, bytes | None]]) -> list[Part]:
    """Parts for global rows, their paths, and what they are hard links to, in this order."""
    parts: list[Part] = []
    for layer, run in groupby(members, key=lambda member: tree.place(member[0])[0]):
        found = list(run)
        rows = [tree.place(row)[1] for row, _, _ in found]
        links = {at: to for at, (_, _, to) in enumerate(found) if to is not None}
        paths = [path for _, path, _ in found]
        parts.append((layer, TarPart(tree.layers[layer], rows, paths, links or None)))
    return parts


def _markers(paths: Sequence[bytes]) -> TarPart:
    """Whiteouts of paths."""
    names = []
    for path in paths:
        parent, _, base = path.rpartition(b"/")
        names.append(parent + b"/" + WHITEOUT_PREFIX + base)
    return _made(names, WHITEOUT, 0)


def _made(paths: Sequence[bytes], kind: int, mode: int) -> TarPart:
    """Members that no layer has: the owner is 0:0 and the time 1970."""
    columns = FileColumns()
    for path in paths:
        columns.names += path[1:] + b"\0"
        columns.kinds.append(kind)
        columns.size_bytes.append(0)
        columns.modes.append(mode)
        columns.uids.append(0)
        columns.gids.append(0)
        columns.mtimes_ns.append(0)
        columns.contents += bytes(DIGEST_BYTES)
        columns.offsets.append(NO_OFFSET)
    return TarPart(columns, range(len(paths)), list(paths))
