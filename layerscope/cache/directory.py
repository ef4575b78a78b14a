"""One directory as it lies on disk, and what the index kept of it."""

from __future__ import annotations

import stat
from array import array
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING

from layerscope.cache.context_index import (
    COLUMNS,
    DIGEST,
    GID,
    MODE,
    UID,
    Record,
    frames,
    latest,
    racy,
    unframed,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

INODES = (1 << 63) - 1
"""Inode numbers are cut to what fits: those of overlay file systems use the highest bit."""

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
        same: Is all that counts as it was when the index was written?
    """

    names: list[str]
    stats: array[int]
    digests: bytearray
    links: dict[int, str] = field(default_factory=dict)
    devices: dict[int, tuple[int, int]] = field(default_factory=dict)
    xattrs: dict[int, tuple[tuple[str, bytes], ...]] | None = None
    same: bool = False
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


_KIND = 0o170000


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
    same = len(names) == len(found.names)
    rows = [-1] * len(names)
    for row, name in enumerate(found.names):
        before = there.get(name, -1)
        if before < 0:
            same = False
            continue
        now = found.stats[row * COLUMNS : (row + 1) * COLUMNS]
        then = old[before * COLUMNS : (before + 1) * COLUMNS]
        if now == then:
            rows[before] = row
            kept = record.digests[before * DIGEST : (before + 1) * DIGEST]
            found.digests[row * DIGEST : (row + 1) * DIGEST] = kept
        elif not _same_directory(now, then):
            same = False
    found.same = same
    if record.extras and all(row >= 0 for row in rows):
        _read_extras(found, record.extras, rows)


def _same_directory(now: array[int], then: array[int]) -> bool:
    """Of a directory in the directory only these numbers are its own; the rest is its content's."""
    return stat.S_ISDIR(now[MODE]) and all(now[at] == then[at] for at in (MODE, UID, GID))


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
