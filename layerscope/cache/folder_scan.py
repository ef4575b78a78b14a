"""The directories of a folder on disk, each read when somebody first asks for it.

What is there is read with `scandir` on a descriptor, and opened from its directory's descriptor
without following links, so a link that takes a directory's place leads nowhere. No file is read
twice: what an earlier run kept of it counts as long as `lstat` says the same of it.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from array import array
from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.cache import context_index
from layerscope.cache.context_index import COLUMNS, DIGEST, INODE, SIZE
from layerscope.cache.directory import (
    INODES,
    Directory,
    listed,
    look_closer,
    numbers,
    packed_names,
    record_of,
    restored,
    take_over,
)
from layerscope.cache.second_process import answers
from layerscope.errors import InputError, OverLimitError, UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from layerscope.cache.context_index import Record

MOST_PATH_BYTES = 4096
"""What the system takes for one path: no builder can send a longer one."""
NAME_BYTES = 256
MOST_OPEN = 32
PIECE = 1 << 20
MOST_READ = 1 << 30
NOTHING = bytes(DIGEST)
ATTEMPTS = 3
MOST_ALONE = 20_000 * COLUMNS * 8
"""Bytes of numbers that are compared without help: a second process costs some milliseconds."""

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe that took the file's place must not block the program.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class FolderScan:
    """A folder on disk.

    Args:
        root: The folder; links in its own path are followed.
        index: Where digests are kept between runs; None keeps none.

    Attributes:
        root: Where the folder is.
        status: What `stat` says of it.
        index: What an earlier run kept.
        values: What others derived from whole directories in this run, by whose and path.
        unsaved: Is there something that the index on disk does not have?

    Raises: `UnreadableInputError` if it is no folder that can be read.
    """

    def __init__(self, root: Path, index: Path | None = None) -> None:
        self.root = os.path.realpath(root)
        self._given = str(root)
        self._file = None if index is None else context_index.index_file(index, root)
        self.index = context_index.ContextIndex()
        if self._file is not None:
            self.index = context_index.load(self._file)
        self.values: dict[tuple[bytes, bytes], bytes] = {}
        self._directories: dict[str, Directory] = {}
        self._disturbed: set[str] = set()
        self._open: OrderedDict[str, int] = OrderedDict()
        self.unsaved = False
        self._has_attributes = True
        # What is changed from here on may be changed again without its times showing it.
        self._moment_ns = time.time_ns() - context_index.TICK_NS
        try:
            self.status = os.stat(self.root)
            self._open[""] = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (OSError, ValueError) as error:
            raise _unreadable(error, str(root)) from error

    def __del__(self) -> None:
        """Close what is open."""
        for descriptor in self.__dict__.get("_open", {}).values():
            with suppress(OSError):
                os.close(descriptor)

    def _named(self, *parts: str) -> str:
        """A path below the folder as its user would name it, for messages."""
        return os.path.join(self._given, *(part for part in parts if part))

    def directory(self, path: str) -> Directory:
        """The directory at `path`. Raises: `UnreadableInputError`, `OverLimitError`."""
        found = self._directories.get(path)
        if found is None:
            found = self._directories[path] = self._scan(path)
        return found

    def look_ahead(self, top: str) -> None:
        """Compare all that was kept of directories at and below `top` with what is there now.

        Where there is much to compare and a second processor to do it, a forked process takes one
        half. Directories that are as they were are then known; the others are read when somebody
        asks for them.
        """
        prefix = _encoded(f"{top}/" if top else "")
        records = self.index.records
        known = self._directories
        paths = [
            path
            for key in records
            if key.startswith(prefix) or key == prefix[:-1]
            if (path := key.decode("utf-8", "surrogateescape")) not in known
        ]
        if sum(len(records[_encoded(path)].stats) for path in paths) < MOST_ALONE:
            return
        half = len(paths) // 2
        others = answers(self._is_as_kept, paths[:half])
        mine = [self._is_as_kept(path) for path in paths[half:]]
        for path, is_same in zip(paths, [*others(), *mine], strict=True):
            if is_same and path not in known:
                known[path] = restored(records[_encoded(path)])

    def _is_as_kept(self, path: str) -> bool:
        record = self.index.records[_encoded(path)]
        try:
            names, stats, _ = self._listed(path)
        except InputError:
            return False
        return record.stats == stats.tobytes() and record.names == packed_names(names)

    def descriptor(self, path: str) -> int:
        """A descriptor of the directory; it stays open until some more were asked for."""
        known = self._open
        found = known.get(path)
        if found is not None:
            known.move_to_end(path)
            return found
        if len(self.root) + len(_encoded(path)) > MOST_PATH_BYTES - NAME_BYTES:
            raise OverLimitError(f"paths of more than {MOST_PATH_BYTES} bytes in the folder")
        missing = []
        above = path
        while above not in known:
            missing.append(above)
            above = above.rpartition("/")[0]
        found = known[above]
        for each in reversed(missing):
            try:
                found = os.open(each.rpartition("/")[2], _DIRECTORY, dir_fd=found)
            except OSError as error:
                raise _unreadable(error, self._named(each)) from error
            self._remember(each, found)
        return found

    def _remember(self, path: str, descriptor: int) -> None:
        known = self._open
        known[path] = descriptor
        known.move_to_end("")
        if len(known) > MOST_OPEN:
            _, oldest = known.popitem(last=False)
            os.close(oldest)

    def _scan(self, path: str) -> Directory:
        names, stats, special = self._listed(path)
        record = self.index.records.get(_encoded(path))
        if record is not None and (record.stats, record.names) == (
            stats.tobytes(),
            packed_names(names),
        ):
            return restored(record)
        self.unsaved = True
        found = Directory(names, stats, bytearray(DIGEST * len(names)))
        try:
            look_closer(found, special, self.descriptor(path))
        except OSError as error:
            raise _unreadable(error, self._named(path)) from error
        if record is None:
            found.changed.update(names)
        else:
            take_over(found, record)
        return found

    def _listed(self, path: str) -> tuple[list[str], array[int], list[int]]:
        try:
            return listed(self.descriptor(path))
        except OSError as error:
            raise _unreadable(error, self._named(path)) from error

    def digest(self, path: str, row: int) -> bytes:
        """Digest of the content of the regular file at a row of a directory.

        Raises: `UnreadableInputError` if it cannot be read, or changes each time it is read.
        """
        directory = self._directories.get(path) or self.directory(path)
        start = row * DIGEST
        known = bytes(directory.digests[start : start + DIGEST])
        if known != NOTHING:
            return known
        found = self._hash(path, directory, row)
        directory.digests[start : start + DIGEST] = found
        self.unsaved = True
        return found

    def _hash(self, path: str, directory: Directory, row: int) -> bytes:
        if directory.stats[row * COLUMNS + SIZE] < PIECE:
            content = self._small(path, directory, row)
            if content is not None:
                return blake3(content).digest()
        for _ in range(ATTEMPTS):
            hasher = blake3()
            if self._pass_through(path, row, hasher.update):
                return hasher.digest()
        raise _changing(self._named(path, directory.names[row]))

    def _small(self, path: str, directory: Directory, row: int) -> bytes | None:
        """The content of a small file; None unless it is the file of the walk, read at once."""
        name = directory.names[row]
        at = row * COLUMNS
        size, mtime_ns, ctime_ns, inode = directory.stats[at + SIZE : at + INODE + 1]
        above = self._open.get(path)
        try:
            descriptor = os.open(
                name, _FILE, dir_fd=self.descriptor(path) if above is None else above
            )
            try:
                # One byte more than there should be tells a file that grew.
                content = os.read(descriptor, size + 1)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            return None
        if (
            len(content) == size == status.st_size
            and status.st_mtime_ns == mtime_ns
            and status.st_ctime_ns == ctime_ns
            and status.st_ino & INODES == inode
        ):
            return content
        return None

    def read(self, path: str, row: int) -> bytes:
        """The content of the regular file at a row of a directory. Raises as `digest`."""
        directory = self.directory(path)
        if directory.stats[row * COLUMNS + SIZE] > MOST_READ:
            raise OverLimitError(
                f"a file of more than {MOST_READ} bytes", shown(directory.names[row])
            )
        for _ in range(ATTEMPTS):
            content = bytearray()
            if self._pass_through(path, row, content.extend):
                return bytes(content)
        raise _changing(self._named(path, directory.names[row]))

    def _pass_through(self, path: str, row: int, take: Callable[[bytes], object]) -> bool:
        """Give the bytes of a file to `take`; False if it is not the file of the walk any more.

        In that case the row is brought up to date.
        """
        directory = self.directory(path)
        name = directory.names[row]
        stats = directory.stats
        at = row * COLUMNS
        size = stats[at + SIZE]
        try:
            descriptor = os.open(name, _FILE, dir_fd=self.descriptor(path))
            try:
                taken = 0
                while taken <= size:
                    # One byte more than there should be tells a file that grew.
                    piece = os.read(descriptor, min(size - taken + 1, PIECE))
                    if not piece:
                        break
                    take(piece)
                    taken += len(piece)
                status = os.fstat(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _unreadable(error, self._named(path, name)) from error
        if not stat.S_ISREG(status.st_mode):
            raise _changing(self._named(path, name))
        now = numbers(status)
        if taken == size and tuple(stats[at : at + COLUMNS]) == now:
            return True
        stats[at : at + COLUMNS] = array("q", now)
        directory.same = False
        directory.changed.add(name)
        self._disturbed.add(path)
        return False

    def read_attributes(self, path: str) -> None:
        """Read the extended attributes of all files in a directory. Raises as `directory`."""
        directory = self.directory(path)
        directory.xattrs = {}
        self.unsaved = True
        if sys.platform != "linux" or not self._has_attributes:
            return
        prefix = f"{self.root}/{path}/" if path else f"{self.root}/"
        for row, name in enumerate(directory.names):
            try:
                found = os.listxattr(prefix + name, follow_symlinks=False)
                if found:
                    directory.xattrs[row] = tuple(
                        (each, os.getxattr(prefix + name, each, follow_symlinks=False))
                        for each in sorted(found)
                    )
            except OSError as error:
                if error.errno == errno.ENOTSUP:
                    self._has_attributes = False
                    return
                # What is gone by now has no attributes; who needs its content will be told.
                if error.errno not in {errno.ENODATA, errno.ENOENT}:
                    raise _unreadable(error, self._named(path, name)) from error

    def save(self) -> None:
        """Keep what is known for the next run. Raises: `OSError`."""
        if self._file is None or not self.unsaved:
            return
        records: dict[bytes, Record] = {}
        changed: set[bytes] = set()
        untrusted: set[bytes] = set()
        for path, directory in self._directories.items():
            key = _encoded(path)
            records[key], is_late = record_of(directory, self._moment_ns)
            if is_late or path in self._disturbed:
                untrusted.update(_upwards(key))
            if not directory.same and self.index.values:
                changed.update(_upwards(key))
                changed.update(
                    _encoded(f"{path}/{name}" if path else name) for name in directory.changed
                )
        self._keep_unread(records)
        values = {
            key: value
            for key, value in self.index.values.items()
            if key[1] in records and key[1] not in changed
        }
        values.update(self.values)
        context_index.save(
            self._file,
            records,
            {key: value for key, value in values.items() if key[1] not in untrusted},
        )
        self.unsaved = False

    def _keep_unread(self, records: dict[bytes, Record]) -> None:
        """Take over what was kept of directories that nobody asked for, if they may be there."""
        old = self.index.records
        for key in sorted(old.keys() - records.keys(), key=lambda key: key.split(b"/")):
            above, _, name = key.rpartition(b"/")
            parent = self._directories.get(above.decode("utf-8", "surrogateescape"))
            if above in records and (parent is None or parent.has_directory(name)):
                records[key] = old[key]


def _upwards(path: bytes) -> Iterator[bytes]:
    """A path and all above it."""
    yield path
    while path:
        path = path.rpartition(b"/")[0]
        yield path


def _changing(path: str) -> UnreadableInputError:
    return UnreadableInputError("the file changes while it is read", shown(path))


def _unreadable(error: Exception, path: str) -> UnreadableInputError:
    says = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnreadableInputError(f"{says[:1].lower()}{says[1:]}", shown(path))


def _encoded(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
