"""The tree that layers make when one is unpacked on the other: which member holds which path.

A member is a *global row*: the first global row of its layer, plus its row there. The rules are
those of `umoci unpack` (umoci, oci/layer/tar_extract.go), which is what the shared test images were
unpacked with; `EngineTree` (`files.engine`) has what docker's overlay does otherwise.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from layerscope.errors import OverLimitError
from layerscope.files.columns import KINDS, WHITEOUT_PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from layerscope.files.columns import FileColumns

FILE, DIR, SYMLINK, HARDLINK, CHAR, WHITEOUT, OPAQUE, OTHER = (
    KINDS.index(kind)
    for kind in ("file", "dir", "symlink", "hardlink", "char", "whiteout", "opaque", "other")
)
_LINKS = (SYMLINK, HARDLINK)

LINKS_FOLLOWED = 40
"""As many symbolic links as Linux follows in one path."""

PATH_BYTES = 4096
"""Linux takes no longer path: what has one cannot be unpacked, and no parents are made for it."""

IMPLIED_BYTES = 64 * 1024 * 1024
"""How long the paths of directories that nobody described may be, all together."""

STEPS = 10_000_000
"""How many parts of paths are looked at on the way through symbolic links, all together."""

ROOT = b"/"


def clean(path: bytes) -> bytes:
    """An absolute path without `.`, `..` and empty parts; `..` stops at the root.

    >>> clean(b"./usr//lib/../bin/"), clean(b"../..")
    (b'/usr/bin', b'/')
    """
    parts: list[bytes] = []
    for part in path.split(b"/"):
        if part == b"..":
            del parts[-1:]
        elif part not in (b"", b"."):
            parts.append(part)
    return b"/" + b"/".join(parts)


class Tree:
    """A tree that layers are put on, member by member in the order of their tars.

    Attributes:
        layers: File tables from the base up.
        starts: The first global row of each layer, then how many rows there are.
        kinds: The kind of every global row.
        paths: For each layer the clean path of each row; filled as layers are put on.
        folders: For each layer the folders that these paths are in, and perhaps more; the same.
        rows: Path to the global row that provides it; -1 - layer for a directory that no entry
            describes. "/" is there only if a layer has an entry for it.
        inodes: Global row of a hard link to that of what it is a name of; absent if it dangles.
        hidden: Global row that lost its name to that of the entry which took it.
        redirected: Global row to its real path, where a directory on the way is a symbolic link.
        refused: Paths of entries that an engine or umoci would refuse.
    """

    def __init__(self, layers: Sequence[FileColumns]) -> None:
        self.layers = tuple(layers)
        starts = [0]
        for columns in layers:
            starts.append(starts[-1] + len(columns))
        self.starts = tuple(starts)
        self.kinds = b"".join(columns.kinds for columns in layers)
        self.paths: list[list[bytes]] = []
        self.folders: list[set[bytes]] = []
        self.rows: dict[bytes, int] = {}
        self.inodes: dict[int, int] = {}
        self.hidden: dict[int, int] = {}
        self.redirected: dict[int, bytes] = {}
        self.refused: set[bytes] = set()
        self._children: dict[bytes, list[bytes]] | None = None
        self._unindexed: list[list[bytes]] = []
        self._resolved: dict[bytes, bytes] = {}
        self._upper: set[bytes] = set()
        self._marks = False
        self._implied_bytes = 0
        self._steps = 0

    def place(self, row: int) -> tuple[int, int]:
        """Layer and row in it of a global row; an implied directory has row -1."""
        if row < 0:
            return -1 - row, -1
        layer = bisect_right(self.starts, row) - 1
        return layer, row - self.starts[layer]

    def path_of(self, row: int) -> bytes:
        """The real path of a member; of a whiteout what it hides."""
        layer, at = self.place(row)
        return self.redirected.get(row) or self.paths[layer][at]

    def is_dir(self, row: int) -> bool:
        """Whether a row is a directory, implied ones included."""
        return row < 0 or self.kinds[row] == DIR

    def put(self, layer: int, rows: Sequence[int]) -> None:
        """Put members of a layer on the tree, one by one. `rows` are those of the layer."""
        self._upper = set()
        self._resolved = {}
        self._marks = self.layers[layer].has_marks()
        paths, start = self.paths[layer], self.starts[layer]
        for row in rows:
            self._put_one(layer, start + row, paths[row], row)

    def put_bulk(
        self, layer: int, rows: dict[bytes, int], implied: set[bytes], *, fresh: bool
    ) -> None:
        """Put members at once; the caller knows that their order makes no difference.

        `fresh` says that the tree has none of their paths.
        """
        if not fresh:
            old = list(map(self.rows.get, rows))
            self.hidden.update(
                (row, by)
                for row, by in zip(old, rows.values(), strict=True)
                if row is not None and row >= 0
            )
        self._imply(layer, implied)
        self.rows.update(rows)
        if self._children is not None:
            self._unindexed.append(list(rows))

    def _put_one(self, layer: int, row: int, path: bytes, at: int) -> None:
        kind = self.kinds[row]
        if kind == OPAQUE:
            self._opaque(layer, row, path)
            return
        if path == ROOT:
            self._put_root(row)
            return
        parent, _, base = path.rpartition(b"/")
        real_parent = self._real(layer, parent, row)
        real = path if real_parent is parent else real_parent + b"/" + base
        if kind == WHITEOUT:
            self._whiteout(layer, row, real, base)
            return
        if real != path:
            self.redirected[row] = real
        self._make_parents(layer, row, real_parent)
        old = self.rows.get(real)
        if old is not None:
            if kind == DIR and self.is_dir(old):
                self._hide(old, row)
            else:
                self.remove(real, row)
        if kind == HARDLINK:
            self._link(layer, row, self.layers[layer].links.get(at, b""), real)
        if kind in _LINKS:
            self._resolved.clear()
        self._set(real, row)
        if self._marks:
            self._mark_upper(real)

    def _put_root(self, row: int) -> None:
        if self.kinds[row] != DIR:
            self.refused.add(ROOT)
            return
        old = self.rows.get(ROOT)
        if old is not None:
            self._hide(old, row)
        self.rows[ROOT] = row

    def _set(self, path: bytes, row: int) -> None:
        if self._children is not None and path not in self.rows:
            self._unindexed.append([path])
        self.rows[path] = row

    def _imply(self, layer: int, paths: Collection[bytes]) -> None:
        """Directories that no entry describes. Raises: `OverLimitError`."""
        self._implied_bytes += sum(map(len, paths))
        if self._implied_bytes > IMPLIED_BYTES:
            raise OverLimitError(
                f"directories without entries have over {IMPLIED_BYTES} bytes of names"
            )
        for path in paths:
            self._set(path, -1 - layer)

    def _make_parents(self, layer: int, row: int, parent: bytes) -> None:
        """Makes directories that nobody described, and turns files on the way into directories.

        umoci and engines refuse an entry below a file; a reader has to say something of the rest.
        """
        missing: list[bytes] = []
        if len(parent) > PATH_BYTES:
            self.refused.add(self.path_of(row))
            return
        while parent:
            old = self.rows.get(parent)
            if old is not None:
                if self.is_dir(old):
                    break
                self.refused.add(parent)
                self.remove(parent, row)
            missing.append(parent)
            parent = parent.rpartition(b"/")[0]
        if missing:
            self._imply(layer, missing)

    def _mark_upper(self, path: bytes) -> None:
        """Remembers what this layer has brought: whiteouts hide only what is below it."""
        while path and path not in self._upper and len(path) <= PATH_BYTES:
            self._upper.add(path)
            path = path.rpartition(b"/")[0]

    def _whiteout(self, layer: int, row: int, real: bytes, base: bytes) -> None:
        if base == WHITEOUT_PREFIX:
            # A bare ".wh." names nothing that it could hide.
            self.refused.add(real)
            return
        del layer  # The base tree makes no directories for a whiteout.
        if real in self.rows:
            self.remove(real, row, lower_only=True)
        elif self._below_a_file(real):
            self.refused.add(real)

    def _opaque(self, layer: int, row: int, path: bytes) -> None:
        if path == ROOT:
            self._clear_root(row)
            return
        # The marker lies in the directory, so a link at its very end is followed as well.
        self.remove(self._real(layer, path, row), row, lower_only=True, keep_top=True)

    def _clear_root(self, row: int) -> None:
        self.remove(b"", row, lower_only=True, keep_top=True)

    def _below_a_file(self, path: bytes) -> bool:
        while path := path.rpartition(b"/")[0]:
            old = self.rows.get(path)
            if old is not None:
                return not self.is_dir(old)
        return False

    def remove(
        self, top: bytes, by: int, *, lower_only: bool = False, keep_top: bool = False
    ) -> None:
        """Take a path and all below it from the tree.

        Args:
            top: The path; empty for the root.
            by: The global row of the entry that hides it.
            lower_only: Whether what the layer itself has brought stays.
            keep_top: Whether the path itself stays.
        """
        rows, upper = self.rows, self._upper if lower_only else ()
        stack = [top]
        children: dict[bytes, list[bytes]] | None = None
        while stack:
            path = stack.pop()
            stays = path in upper or (keep_top and path == top)
            row = rows.get(path)
            if row is None and path != top:
                continue
            if not stays and row is not None:
                del rows[path]
                self._hide(row, by)
            if row is not None and not self.is_dir(row):
                if self.kinds[row] == SYMLINK:
                    self._resolved.clear()
                continue
            if children is None:
                children = self._indexed()
            below = children.get(path)
            if below:
                stack += below
                # What stays is put back by its own row; names that are gone would pile up.
                children[path] = [child for child in below if child in upper] if upper else []

    def _hide(self, row: int, by: int) -> None:
        if row >= 0:
            self.hidden[row] = by

    def _indexed(self) -> dict[bytes, list[bytes]]:
        """The children of each directory, some of them perhaps gone since."""
        children = self._children
        if children is None:
            children = self._children = {}
            fresh: Iterator[bytes] = iter(list(self.rows))
        else:
            fresh = (path for paths in self._unindexed for path in paths)
        for path in fresh:
            if path == ROOT:
                continue
            parent = path.rpartition(b"/")[0]
            known = children.get(parent)
            if known is None:
                children[parent] = [path]
            else:
                known.append(path)
        self._unindexed = []
        return children

    def _real(self, layer: int, parent: bytes, row: int) -> bytes:
        """The real path of a directory, its symbolic links followed inside the root.

        Gives back the very same object if there is nothing to follow. A part that is not there
        counts as no link. Source: filepath-securejoin, SecureJoin, which umoci uses.
        """
        if not parent or len(parent) > PATH_BYTES:
            # No engine makes a path as long as that one, and to follow its parts takes for ever.
            return parent
        known = self.rows.get(parent)
        if known is not None and self.is_dir(known):
            # Keys are real paths, so no part of this one is a link.
            return parent
        found = self._resolved.get(parent)
        if found is None:
            found = self._follow(layer, parent, row)
            self._resolved[parent] = found
        return parent if found == parent else found

    def _follow(self, layer: int, parent: bytes, row: int) -> bytes:
        real = b""
        todo = parent.split(b"/")[:0:-1]
        followed = 0
        while todo:
            part = todo.pop()
            self._steps += 1
            if self._steps > STEPS:
                raise OverLimitError(f"symbolic links lead through more than {STEPS} directories")
            if part in {b"", b"."}:
                continue
            if part == b"..":
                real = real.rpartition(b"/")[0]
                continue
            path = real + b"/" + part
            there = self.rows.get(path)
            if there is None or there < 0 or self.kinds[self.inodes.get(there, there)] != SYMLINK:
                real = path
                continue
            target = self._target(layer, there)
            if target is None or len(target) > PATH_BYTES:
                real = path
                continue
            followed += 1
            if followed > LINKS_FOLLOWED:
                self.refused.add(self.path_of(row))
                return parent
            if target.startswith(b"/"):
                real = b""
            todo += target.split(b"/")[::-1]
        return real

    def _target(self, layer: int, link: int) -> bytes | None:
        """What a symbolic link says, or None if a member of `layer` does not go through it."""
        del layer
        where, at = self.place(self.inodes.get(link, link))
        return self.layers[where].links.get(at)

    def _link(self, layer: int, row: int, target: bytes, real: bytes) -> None:
        """Finds what a hard link names: the last part is not followed, those before it are."""
        path = clean(target)
        parent, _, base = path.rpartition(b"/")
        parent = self._real(layer, parent, row)
        found = self.rows.get(parent + b"/" + base)
        if found is None or self.is_dir(found):
            self.refused.add(real)
            return
        inode = self.inodes.get(found, found)
        if self.kinds[inode] == HARDLINK:
            return
        self.inodes[row] = inode
        if inode < self.starts[layer]:
            # Engines unpack each layer on its own, where a lower layer's file is not there.
            self.refused.add(real)
