"""A `FileTree` of a folder on disk, as a build sends it: without what `.dockerignore` leaves out.

Directories are read when somebody asks for them, contents when somebody asks for their digests,
and both only if they changed since the last run: see `folder_scan`.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.cache.context_index import COLUMNS, GID, MTIME, SIZE, UID
from layerscope.cache.filetree import FileNode
from layerscope.cache.folder_scan import FolderScan
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from layerscope.cache.directory import Directory
    from layerscope.cache.filetree import FileKind
    from layerscope.dockerfile.dockerignore import Ignore, WalkState

_KINDS: dict[int, FileKind] = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFCHR: "char",
    stat.S_IFBLK: "block",
}


class FolderTree:
    """A folder on disk without what is ignored.

    Args:
        scan: The folder.
        ignore: What is left out; None leaves nothing out.

    Questions raise `UnreadableInputError` for a directory, or a file's content, that cannot be
    read, `OverLimitError` for a path that is too long, `DockerignoreError` for a broken pattern.
    """

    def __init__(self, scan: FolderScan, ignore: Ignore | None = None) -> None:
        self.scan = scan
        self._ignore = ignore
        self._rule = _name_of(ignore)
        # The state of every directory that is entered; None where there are no patterns.
        self._states: dict[str, WalkState | None] = {
            "": ignore.root_state() if ignore is not None else None
        }
        self._entered: dict[str, _Entered] = {}
        self._listings: dict[str, _Listing] = {}
        self._unchanged: dict[str, bool] = {}
        self._first_names: dict[str, str] | None = None

    @classmethod
    def open(
        cls, root: Path, ignore: Ignore | None = None, *, index: Path | None = None
    ) -> FolderTree:
        """The folder at `root`. Raises: `UnreadableInputError`.

        Args:
            root: The folder.
            ignore: What is left out.
            index: The folder in which digests are kept between runs.
        """
        return cls(FolderScan(root, index), ignore)

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path; no symlink is followed."""
        if not path:
            status = self.scan.status
            mode = stat.S_IMODE(status.st_mode)
            return FileNode("dir", mode, status.st_uid, status.st_gid, mtime_ns=status.st_mtime_ns)
        found = self._find(path)
        return None if found is None else self._node(*found)

    def _find(self, path: str) -> tuple[str, Directory, int] | None:
        """The directory that holds a shown file, and the file's row."""
        folder, _, name = path.rpartition("/")
        listing = self._listing(folder)
        if listing is None:
            return None
        directory = self.scan.directory(folder)
        row = directory.row(name)
        if row < 0 or name in listing.hidden:
            return None
        return folder, directory, row

    def _node(self, folder: str, directory: Directory, row: int) -> FileNode:
        stats = directory.stats
        at = row * COLUMNS
        mode = stats[at]
        kind = _KINDS[mode & 0o170000]
        if directory.xattrs is None:
            self.scan.read_attributes(folder)
        if kind == "file":
            return FileNode(
                kind,
                mode & 0o7777,
                stats[at + UID],
                stats[at + GID],
                stats[at + SIZE],
                "",
                directory.xattrs.get(row, ()) if directory.xattrs else (),
                stats[at + MTIME],
            )
        return FileNode(
            kind,
            mode & 0o7777,
            stats[at + UID],
            stats[at + GID],
            link=directory.links.get(row, ""),
            xattrs=directory.xattrs.get(row, ()) if directory.xattrs else (),
            mtime_ns=stats[at + MTIME],
            device=directory.devices.get(row, (0, 0)),
        )

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        listing = self._listing(path)
        return () if listing is None else listing.shown

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        waiting = [iter(self._rows(path))]
        while waiting:
            for place, node in waiting[-1]:
                yield place, node
                if node.kind == "dir":
                    waiting.append(iter(self._rows(place)))
                    break
            else:
                waiting.pop()

    def _rows(self, path: str) -> Iterator[tuple[str, FileNode]]:
        listing = self._listing(path)
        if listing is None:
            return
        directory = self.scan.directory(path)
        prefix = f"{path}/" if path else ""
        for name in listing.shown:
            yield prefix + name, self._node(path, directory, directory.row(name))

    def first_name(self, path: str) -> str:
        """The first path, in the order of a walk, that names the same file."""
        if self._first_names is None:
            self._first_names = self._named_twice()
        return self._first_names.get(path, path)

    def _named_twice(self) -> dict[str, str]:
        """Every shown path of a regular file with several, to the first of them.

        Names of one file have all numbers in common. Inode numbers alone would not do: parts of a
        folder may lie on different file systems.
        """
        first: dict[bytes, str] = {}
        others: dict[str, str] = {}
        for path, node in self.walk():
            if node.kind != "file":
                continue
            folder, _, name = path.rpartition("/")
            directory = self.scan.directory(folder)
            at = directory.row(name) * COLUMNS
            numbers = directory.stats[at : at + COLUMNS].tobytes()
            known = first.setdefault(numbers, path)
            if known != path:
                others[path] = others[known] = known
        return others

    def members(self, path: str) -> Iterator[tuple[str, FileNode, bytes]]:
        """Name, file and digest of all in a directory: see `filetree.ListsMembers`."""
        listing = self._listing(path)
        if listing is None:
            return
        directory = self.scan.directory(path)
        for name in listing.shown:
            row = directory.row(name)
            node = self._node(path, directory, row)
            yield name, node, self.scan.digest(path, row) if node.kind == "file" else b""

    def digest(self, path: str) -> bytes:
        """BLAKE3 of the file's bytes, as all trees of files give it."""
        folder, row = self._file(path)
        return self.scan.digest(folder, row)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        folder, row = self._file(path)
        return self.scan.read(folder, row)

    def _file(self, path: str) -> tuple[str, int]:
        found = self._find(path) if path else None
        if found is None or not stat.S_ISREG(found[1].mode(found[2])):
            problem = f"no regular file {shown(path)} in this folder"
            raise UnreadableInputError(problem)
        return found[0], found[2]

    def _enters(self, path: str) -> bool:
        """Does the walk enter this directory?"""
        if path in self._states:
            return True
        missing = []
        above = path
        while above not in self._states:
            missing.append(above)
            above = above.rpartition("/")[0]
        for each in reversed(missing):
            self._enter(above)
            if each not in self._states:
                return False
            above = each
        return True

    def _enter(self, path: str) -> _Entered:
        """Decide on the directories in an entered directory, not yet on the files."""
        found = self._entered.get(path)
        if found is not None:
            return found
        directory = self.scan.directory(path)
        prefix = f"{path}/" if path else ""
        state = self._states[path]
        found = self._entered[path] = _Entered([], set())
        for row in directory.directories():
            name = directory.names[row]
            place = prefix + name
            kept, child = True, None
            if self._ignore is not None and state is not None:
                kept, child = self._ignore.step(state, place, is_dir=True)
                if child is None and not kept:
                    continue
            self._states[place] = child
            found.places.append(place)
            if not kept:
                found.doubtful.add(name)
        return found

    def _listing(self, path: str) -> _Listing | None:
        """What is shown of a directory; None if it is none, or not entered."""
        found = self._listings.get(path)
        if found is None:
            if not self._enters(path):
                return None
            directory = self.scan.directory(path)
            hidden = self._hidden(path)
            names = directory.names
            if hidden:
                names = [name for name in names if name not in hidden]
            found = self._listings[path] = _Listing(tuple(_sorted(names)), hidden)
        return found

    def _hidden(self, path: str) -> frozenset[str]:
        """The names in an entered directory that are left out."""
        if self._ignore is None:
            return frozenset()
        left_out = self._left_out(path)
        prefix = f"{path}/" if path else ""
        empty = {
            name for name in self._enter(path).doubtful if not self._holds_something(prefix + name)
        }
        return frozenset(left_out | empty)

    def _left_out(self, path: str) -> set[str]:
        """The names in an entered directory that are left out, doubtful directories not counted."""
        state = self._states[path]
        if self._ignore is None or state is None:
            return set()
        directory = self.scan.directory(path)
        prefix = f"{path}/" if path else ""
        self._enter(path)
        step = self._ignore.step
        hidden = set()
        for name, mode in zip(directory.names, directory.stats[::COLUMNS], strict=True):
            if stat.S_ISDIR(mode):
                kept = prefix + name in self._states
            else:
                kept, _ = step(state, prefix + name, is_dir=False)
            if not kept:
                hidden.add(name)
        return hidden

    def _holds_something(self, top: str) -> bool:
        """Is anything below a directory kept that is not kept itself?"""
        waiting = [top]
        while waiting:
            path = waiting.pop()
            entered = self._enter(path)
            undecided = len(self._left_out(path)) + len(entered.doubtful)
            if undecided < len(self.scan.directory(path).names):
                return True
            prefix = f"{path}/" if path else ""
            waiting.extend(prefix + name for name in entered.doubtful)
        return False

    def kept(self, path: str, whose: str) -> bytes | None:
        """A value that was kept for this directory: see `filetree.KeepsValues`."""
        key = self._key(path, whose)
        value = self.scan.values.get(key)
        if value is not None:
            return value
        value = self.scan.index.values.get(key)
        return value if value is not None and self._is_unchanged(path) else None

    def keep(self, path: str, whose: str, value: bytes) -> None:
        """Keep a value for this directory: see `filetree.KeepsValues`."""
        self.scan.values[self._key(path, whose)] = value
        self.scan.unsaved = True

    def _key(self, path: str, whose: str) -> tuple[bytes, bytes]:
        return self._rule + whose.encode(), path.encode("utf-8", "surrogateescape")

    def _is_unchanged(self, top: str) -> bool:
        """Is everything at and below a directory as it was when the index was written?"""
        known = self._unchanged.get(top)
        if known is not None:
            return known
        if not self._enters(top):
            return False
        self.scan.look_ahead(top)
        order = [top]
        for path in order:
            order.extend(self._enter(path).places)
        for path in reversed(order):
            self._unchanged[path] = (
                self.scan.directory(path).same
                and not self._is_itself_changed(path)
                and all(self._unchanged[place] for place in self._enter(path).places)
            )
        return self._unchanged[top]

    def _is_itself_changed(self, path: str) -> bool:
        """Is a number of the directory itself another one? Those of the root do not count."""
        above, _, name = path.rpartition("/")
        return bool(path) and name in self.scan.directory(above).changed


@dataclass(frozen=True, slots=True)
class _Entered:
    """The directories of a directory that the walk enters, and those not kept for themselves."""

    places: list[str]
    doubtful: set[str]


@dataclass(frozen=True, slots=True)
class _Listing:
    """The names in a directory that are shown, sorted by their bytes, and those that are not."""

    shown: Sequence[str]
    hidden: frozenset[str]


def _sorted(names: list[str]) -> list[str]:
    if all(map(str.isascii, names)):
        return sorted(names)
    return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))


def _name_of(ignore: Ignore | None) -> bytes:
    """A name for what is left out: equal names, equal patterns."""
    if ignore is None:
        return bytes(16)
    texts = [f"{'!' if each.exclusion else ''}{each.text}" for each in ignore.patterns]
    return blake3("\0".join(texts).encode("utf-8", "surrogatepass")).digest(length=16)
