"""The tree as docker's engine makes it, where its overlay driver differs from `umoci unpack`.

Measured with engine 20.10 on overlay2 (the shared test images list each difference): an opaque
marker in the root does nothing; a symbolic link of a lower layer is not written through, a real
directory takes its place; a 0/0 character device and the attribute `trusted.overlay.opaque` are
deletions; the parents of a whiteout are made.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.files.tree import CHAR, DIR, HARDLINK, OPAQUE, ROOT, SYMLINK, WHITEOUT, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

OVERLAY_OPAQUE = (b"trusted.overlay.opaque", b"y")
_USER_ATTRIBUTE = b"user."


class EngineTree(Tree):
    """A tree by the rules of docker's overlay."""

    def put(self, layer: int, rows: Sequence[int]) -> None:
        """Put members of a layer on the tree, then clear what its attributes make opaque."""
        super().put(layer, rows)
        for at in sorted(self.layers[layer].xattrs):
            row = self.starts[layer] + at
            if self.kinds[row] == DIR and _is_opaque(self, layer, at):
                self.remove(self.path_of(row), row, lower_only=True, keep_top=True)

    def _put_one(self, layer: int, row: int, path: bytes, at: int) -> None:
        self._marks = True
        if self.kinds[row] == CHAR and self.layers[layer].devices.get(at) == (0, 0):
            parent, _, base = path.rpartition(b"/")
            real = self._real(layer, parent, row) + b"/" + base
            self._whiteout(layer, row, real, base)
        else:
            super()._put_one(layer, row, path, at)

    def _whiteout(self, layer: int, row: int, real: bytes, base: bytes) -> None:
        if not self._below_a_file(real):
            self._make_parents(layer, row, real.rpartition(b"/")[0])
        super()._whiteout(layer, row, real, base)

    def _clear_root(self, row: int) -> None:
        """Nothing: overlay reads the marker of a directory, and the root of a layer is none."""

    def _target(self, layer: int, link: int) -> bytes | None:
        where, _ = self.place(self.inodes.get(link, link))
        # Each layer is unpacked on its own, where links of lower layers are not there.
        return super()._target(layer, link) if where == layer else None


def engine_differences(tree: Tree) -> set[bytes]:
    """Paths of a finished tree that an engine would show otherwise, or refuse.

    Besides the tree itself: the engine gives a hard link's own mode, owner and time to what it
    links to, knows no time before 1970, and `docker export` drops `user.` attributes.
    """
    differing = set(tree.refused)
    if _may_differ(tree):
        other = EngineTree(tree.layers)
        other.paths = tree.paths
        for layer, paths in enumerate(tree.paths):
            other.put(layer, range(len(paths)))
        differing |= _unlike(tree.rows, other.rows)
    odd = _odd_inodes(tree)
    if odd:
        inodes, kinds = tree.inodes, tree.kinds
        differing.update(
            path
            for path, row in tree.rows.items()
            if row >= 0 and inodes.get(row, row) in odd and kinds[row] != DIR
        )
        differing.update(path for path, row in tree.rows.items() if row in odd)
    return differing


def _unlike(ours: dict[bytes, int], others: dict[bytes, int]) -> set[bytes]:
    paths = {path for path, row in ours.items() if _other_row(row, others.get(path))}
    return paths | {path for path in others if path not in ours}


def _other_row(ours: int, other: int | None) -> bool:
    # Whichever layer made an implied directory, it is the same directory.
    return other is None or (ours != other and (ours >= 0 or other >= 0))


def _may_differ(tree: Tree) -> bool:
    """Whether a layer holds anything that the two kinds of trees treat differently."""
    if tree.redirected:
        return True
    for layer, columns in enumerate(tree.layers):
        if any(
            number == (0, 0) and columns.kinds[row] == CHAR
            for row, number in columns.devices.items()
        ):
            return True
        if any(_is_opaque(tree, layer, row) for row in columns.xattrs):
            return True
        if columns.has_marks() and any(_mark_differs(tree, layer)):
            return True
    return False


def _mark_differs(tree: Tree, layer: int) -> Iterator[bool]:
    columns, paths = tree.layers[layer], tree.paths[layer]
    for row, kind in enumerate(columns.kinds):
        if kind == OPAQUE:
            yield paths[row] == ROOT
        elif kind == WHITEOUT:
            parent = paths[row].rpartition(b"/")[0]
            there = tree.rows.get(parent, 0)
            # A parent that is no directory at the end may have been none, or have been made.
            yield bool(parent) and (parent not in tree.rows or not tree.is_dir(there))


def _is_opaque(tree: Tree, layer: int, row: int) -> bool:
    return OVERLAY_OPAQUE in tree.layers[layer].xattrs.get(row, ())


def _odd_inodes(tree: Tree) -> set[int]:
    """Global rows whose mode, owner, time or attributes an engine shows otherwise."""
    odd: set[int] = set()
    for layer, columns in enumerate(tree.layers):
        start = tree.starts[layer]
        if columns.mtimes_ns and min(columns.mtimes_ns) < 0:
            odd.update(
                start + row
                for row, mtime in enumerate(columns.mtimes_ns)
                if mtime < 0 and columns.kinds[row] not in {DIR, HARDLINK}
            )
        odd.update(
            start + row
            for row, attributes in columns.xattrs.items()
            if any(name.startswith(_USER_ATTRIBUTE) for name, _ in attributes)
            and columns.kinds[row] != HARDLINK
        )
    odd.update(
        inode
        for link, inode in tree.inodes.items()
        if tree.kinds[inode] != SYMLINK and not _same_fields(tree, link, inode)
    )
    return odd


def _same_fields(tree: Tree, link: int, inode: int) -> bool:
    (layer, row), (other_layer, other) = tree.place(link), tree.place(inode)
    ours, theirs = tree.layers[layer], tree.layers[other_layer]
    return (
        ours.modes[row] == theirs.modes[other]
        and ours.uids[row] == theirs.uids[other]
        and ours.gids[row] == theirs.gids[other]
        and ours.mtimes_ns[row] == theirs.mtimes_ns[other]
    )
