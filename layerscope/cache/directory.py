"""One directory as it lies on disk, and what the index kept of it."""

from __future__ import annotations

import os
import stat
from array import array
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING

from layerscope.cache.context_index import (
    COLUMNS,
    DIGEST,
    MODE,
    Record,
    frames,
    latest,
    racy,
    unframed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

INODES = (1 << 63) - 1
"""Inode numbers are cut to what fits: those of overlay file systems use the highest bit."""

_KIND = 0o170000
_PLAIN = frozenset((stat.S_IFREG, stat.S_IFDIR, stat.S_IFIFO))

_LINK, _DEVICE, _XATTR, _XATTRS_READ = (bytes((number,)) for number in range(4))
_ROW = Struct("<I")
_NUMBERS = Struct("<II")


@dataclass(slots=True)
class Directory:
    """One directory; rows are in the order in which the system gave them.

    Attributes:
        names: The names, sockets left out.
        stats: Seven numbers for each: see `context_index.COLUMNS`.
        digests: 32 bytes for each; zeros where the content was not read.
        links: Target of each symlink, by row.
        devices: Major and minor number of each device, by row.
        xattrs: Extended attributes by row; None until somebody asks.
        same: Is everything in it as it was when the index was written?
        changed: If not: the names that are new or of which a number differs.
    """

    names: list[str]
    stats: array[int]
    digests: bytearray
    links: dict[int, str] = field(default_factory=dict)
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    xattrs: dict[int, tuple[tuple[str, bytes], ...]] | None = None
    same: bool = False
    changed: set[str] = field(default_factory=set)
    _rows: dict[str, int] = field(default_factory=dict)

    def row(self, name: str) -> int:
        """The row of a name; -1 if there is none."""
        if not self._rows:
            self._rows = {each: row for row, each in enumerate(self.names)}
        return self._rows.get(name, -1)

    def mode(self, row: int) -> int:
        """Kind and permissions, as `lstat` gave them."""
        return self.stats[row * COLUMNS + MODE]

    def directories(self) -> list[int]:
        """The rows of the directories in it."""
        modes = self.stats[MODE::COLUMNS]
        return [row for row, mode in enumerate(modes) if mode & _KIND == stat.S_IFDIR]

    def has_directory(self, name: bytes) -> bool:
        """Is a directory of this name in it?"""
        row = self.row(name.decode("utf-8", "surrogateescape"))
        return row >= 0 and stat.S_ISDIR(self.mode(row))


def listed(descriptor: int) -> tuple[list[str], array[int], list[int]]:
    """What is in an open directory: names, seven numbers for each, rows that need a closer look.

    Raises: `OSError`.
    """
    names: list[str] = []
    flat: list[int] = []
    special: list[int] = []
    add_name, add_row = names.append, flat.extend
    with os.scandir(descriptor) as entries:
        for entry in entries:
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                # It was deleted after its directory was read.
                continue
            kind = status.st_mode & _KIND
            if kind not in _PLAIN:
                if kind == stat.S_IFSOCK:
                    continue
                special.append(len(names))
            add_name(entry.name)
            # As `numbers`, which 100,000 calls would make the largest part of a walk.
            add_row(
                (
                    status.st_mode,
                    status.st_size,
                    status.st_mtime_ns,
                    status.st_ctime_ns,
                    status.st_ino & INODES,
                    status.st_uid,
                    status.st_gid,
                )
            )
    return names, array("q", flat), special


def look_closer(found: Directory, special: Sequence[int], descriptor: int) -> None:
    """Read the targets of links and the numbers of devices. Raises: `OSError`."""
    for row in special:
        name = found.names[row]
        if stat.S_ISLNK(found.mode(row)):
            found.links[row] = os.readlink(name, dir_fd=descriptor)
        else:
            device = os.lstat(name, dir_fd=descriptor).st_rdev
            found.devices[row] = (os.major(device), os.minor(device))


def numbers(status: os.stat_result) -> tuple[int, ...]:
    """The row of one file: see `context_index.COLUMNS`."""
    return (
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
        status.st_ino & INODES,
        status.st_uid,
        status.st_gid,
    )


def packed_names(names: Sequence[str]) -> bytes:
    """The names with a zero byte behind each."""
    return "".join([f"{name}\0" for name in names]).encode("utf-8", "surrogateescape")


def restored(record: Record) -> Directory:
    """A directory of which everything is as it was kept."""
    names = record.names.decode("utf-8", "surrogateescape").split("\0")[:-1]
    found = Directory(names, array("q", record.stats), bytearray(record.digests), same=True)
    if record.extras:
        _read_extras(found, record.extras, range(len(names)))
    return found


def take_over(found: Directory, record: Record) -> None:
    """Take from a record what still holds: digests of files of which every number is the same."""
    names = record.names.decode("utf-8", "surrogateescape").split("\0")[:-1]
    old = array("q", record.stats)
    there = {name: row for row, name in enumerate(names)}
    rows = [-1] * len(names)
    for row, name in enumerate(found.names):
        before = there.get(name, -1)
        now = found.stats[row * COLUMNS : (row + 1) * COLUMNS]
        if before < 0 or now != old[before * COLUMNS : (before + 1) * COLUMNS]:
            found.changed.add(name)
            continue
        rows[before] = row
        kept = record.digests[before * DIGEST : (before + 1) * DIGEST]
        found.digests[row * DIGEST : (row + 1) * DIGEST] = kept
    found.same = not found.changed and len(names) == len(found.names)
    if record.extras and -1 not in rows:
        _read_extras(found, record.extras, rows)


def record_of(directory: Directory, moment_ns: int) -> tuple[Record, bool]:
    """What is kept of a directory, and whether files in it are too new to be trusted.

    Args:
        directory: As it was read.
        moment_ns: When this run began to read.
    """
    digests = directory.digests
    latest_ns = latest(directory.stats)
    if latest_ns >= moment_ns:
        digests = bytearray(digests)
        for row in racy(directory.stats, moment_ns):
            digests[row * DIGEST : (row + 1) * DIGEST] = bytes(DIGEST)
    return Record(
        packed_names(directory.names),
        directory.stats.tobytes(),
        bytes(digests),
        _extras(directory),
        latest_ns,
    ), latest_ns >= moment_ns


def _extras(directory: Directory) -> bytes:
    parts: list[bytes] = []
    for row, link in directory.links.items():
        parts += _LINK, _ROW.pack(row), link.encode("utf-8", "surrogateescape")
    for row, device in directory.devices.items():
        parts += _DEVICE, _ROW.pack(row), _NUMBERS.pack(*device)
    if directory.xattrs is not None:
        parts += _XATTRS_READ, _ROW.pack(0), b""
        for row, pairs in directory.xattrs.items():
            for name, value in pairs:
                packed = frames((name.encode("utf-8", "surrogateescape"), value))
                parts += _XATTR, _ROW.pack(row), packed
    return frames(parts)


def _read_extras(found: Directory, extras: bytes, rows: Sequence[int]) -> None:
    parts = list(unframed(extras))
    for kind, packed, value in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        row = rows[_ROW.unpack(packed)[0]] if rows else 0
        if kind == _LINK:
            found.links[row] = value.decode("utf-8", "surrogateescape")
        elif kind == _DEVICE:
            major, minor = _NUMBERS.unpack(value)
            found.devices[row] = (major, minor)
        elif kind == _XATTRS_READ:
            found.xattrs = {}
        elif kind == _XATTR and found.xattrs is not None:
            name, attribute = unframed(value)
            pair = (name.decode("utf-8", "surrogateescape"), attribute)
            found.xattrs[row] = (*found.xattrs.get(row, ()), pair)
