"""Many members put on a tree at once, wherever their order makes no difference.

Nearly all layers are such: no path twice, no symbolic link on any way, no directory that becomes
something else. Then a layer is a dictionary laid over another, which Python does without a loop of
its own. Whatever else a layer holds makes `Tree.put` go through it member by member; both ways
give the same tree (tests compare them).
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

from layerscope.files.tree import (
    DIR,
    HARDLINK,
    OPAQUE,
    PATH_BYTES,
    ROOT,
    WHITEOUT,
    Tree,
    clean,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOT_MARKS = bytes(kind not in {WHITEOUT, OPAQUE} for kind in range(256))


def put_layer(tree: Tree, layer: int) -> None:
    """Put a layer on the tree, at once if that is right and member by member if not.

    Raises: `OverLimitError` for trees that no engine could unpack.
    """
    columns = tree.layers[layer]
    paths = columns.paths()
    tree.paths.append(paths)
    parents = {path.rpartition(b"/")[0] for path in paths}
    tree.folders.append(parents)
    start = tree.starts[layer]
    if not paths:
        return
    everything = range(len(paths))
    marked: list[int] = []
    if columns.has_marks():
        kept = columns.kinds.translate(_NOT_MARKS)
        rows = dict(
            zip(
                compress(paths, kept), compress(range(start, start + len(paths)), kept), strict=True
            )
        )
        marked = [row for row in everything if not kept[row]]
    else:
        rows = dict(zip(paths, range(start, start + len(paths)), strict=True))
    parents.update(paths[row] for row in marked if columns.kinds[row] == OPAQUE)
    fresh = tree.rows.keys().isdisjoint(rows.keys())
    if len(rows) + len(marked) < len(paths) or not _plain(tree, layer, rows, parents, fresh=fresh):
        tree.put(layer, everything)
        return
    implied = _missing(tree, rows, parents)
    if marked and (implied or not _apart(tree, layer, rows, parents, marked)):
        tree.put(layer, everything)
        return
    # Marks hide what is below this layer, so they come first.
    tree.put(layer, marked)
    links = _links(tree, layer, rows)
    tree.put_bulk(layer, rows, implied, fresh=fresh and not marked)
    tree.inodes.update(links)


def _plain(
    tree: Tree, layer: int, rows: dict[bytes, int], parents: set[bytes], *, fresh: bool
) -> bool:
    """Whether no member goes through anything but directories, or takes one's place.

    `fresh` says that no layer below has any of the paths.
    """
    kinds, below = tree.kinds, tree.rows
    for path in _with_ancestors(parents):
        # Both count: a member may come before the directory that takes the place of a link.
        for member in (rows.get(path, -1), below.get(path, -1)):
            if len(path) > PATH_BYTES or (member >= 0 and kinds[member] != DIR):
                return False
    if kinds[rows[ROOT]] != DIR if ROOT in rows else False:
        return False
    if not fresh:
        # A directory that becomes something else takes all below it along.
        old = list(map(below.get, rows))
        for row, new in zip(old, rows.values(), strict=True):
            if row is not None and kinds[new] != DIR and (row < 0 or kinds[row] == DIR):
                return False
    return _links_are_plain(tree, layer, rows)


def _links_are_plain(tree: Tree, layer: int, rows: dict[bytes, int]) -> bool:
    """Whether each hard link names a member of its own layer that comes before it."""
    columns, start = tree.layers[layer], tree.starts[layer]
    for row, target in columns.links.items():
        if columns.kinds[row] == HARDLINK:
            named = rows.get(clean(target))
            if named is None or named >= start + row or tree.kinds[named] == DIR:
                return False
    return True


def _links(tree: Tree, layer: int, rows: dict[bytes, int]) -> dict[int, int]:
    """Global rows of hard links and of what they are names of."""
    columns, start = tree.layers[layer], tree.starts[layer]
    inodes: dict[int, int] = {}
    for row in sorted(columns.links):
        if columns.kinds[row] == HARDLINK:
            named = rows[clean(columns.links[row])]
            inodes[start + row] = inodes.get(named, named)
    return inodes


def _with_ancestors(parents: Iterable[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for parent in parents:
        path = parent
        while path and path not in found:
            found.add(path)
            if len(path) > PATH_BYTES:
                break
            path = path.rpartition(b"/")[0]
    return found


def _missing(tree: Tree, rows: dict[bytes, int], parents: set[bytes]) -> set[bytes]:
    """Directories on the way to members that neither this layer nor one below describes."""
    missing = set()
    for parent in parents:
        path = parent
        while path and path not in rows and path not in tree.rows and path not in missing:
            missing.add(path)
            path = path.rpartition(b"/")[0]
    return missing


def _reach_directories(tree: Tree, parents: set[bytes]) -> bool:
    """Whether marks that come first go through what are directories already."""
    return all(
        tree.is_dir(tree.rows.get(path, -1)) for path in _with_ancestors(parents - {b"", ROOT})
    )


def _apart(
    tree: Tree, layer: int, rows: dict[bytes, int], parents: set[bytes], marked: list[int]
) -> bool:
    """Whether marks and members have nothing to do with each other, so that order is no matter.

    They have if a whiteout names what the layer also brings, or a directory above it; if an opaque
    marker comes after what the layer brings into its directory; and if the layer brings something
    into a directory that it does not describe, below an opaque one.
    """
    brought = _with_ancestors(parents)
    paths, kinds = tree.paths[layer], tree.layers[layer].kinds
    opaque = {paths[row] for row in marked if kinds[row] == OPAQUE}
    if any(paths[row] in rows or paths[row] in brought for row in marked if kinds[row] == WHITEOUT):
        return False
    if not _reach_directories(tree, {paths[row].rpartition(b"/")[0] for row in marked} | opaque):
        return False
    if not opaque:
        return True
    if _late_marker(paths, kinds):
        return False
    below_opaque: set[bytes] = set()
    for path in sorted(brought):
        # Parents sort before what is in them.
        parent = path.rpartition(b"/")[0]
        if parent in opaque or parent in below_opaque or ROOT in opaque:
            below_opaque.add(path)
            if path not in rows:
                return False
    return True


def _late_marker(paths: list[bytes], kinds: bytearray) -> bool:
    """Whether an opaque marker comes after a member below its directory, which may hide first."""
    above: set[bytes] = set()
    for path, kind in zip(paths, kinds, strict=True):
        if kind == OPAQUE:
            if (b"" if path == ROOT else path) in above:
                return True
        elif kind != WHITEOUT and path != ROOT:
            while path and (path := path.rpartition(b"/")[0]) not in above:
                above.add(path)
    return False
