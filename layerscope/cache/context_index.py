"""What is kept of a folder between runs: who has looked at a file once need not read it again.

One file for each folder: for every directory the names in it, what `lstat` said of them, and the
digests of the contents that were read; then values that others derived from whole directories.
The file begins with a digest of all that follows, so a damaged one is told from a whole one, and
is taken for none.

Like git's index it cannot tell a file that was changed in the very moment in which it was written:
see `racy`.
"""

from __future__ import annotations

import os
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

MAGIC = b"layerscope context index 1\n"
DIGEST = 32
COLUMNS = 7
"""Numbers of one row: mode, size, mtime_ns, ctime_ns, inode, uid, gid."""
MODE, SIZE, MTIME, CTIME, INODE, UID, GID = range(COLUMNS)
MOST_BYTES = 4 << 30
TICK_NS = 20_000_000
"""Longer than a file system's clock takes for one step (4 or 10 ms on Linux)."""

_LENGTH = Struct("<I")
_PARTS = 5
_VALUE = -(1 << 63)
"""Stands in place of a time where an entry is no directory but a derived value."""
_HEAD = Struct(f"<{_PARTS}Iq")


@dataclass(frozen=True, slots=True)
class Record:
    """What was known of one directory.

    Attributes:
        names: In the order in which the system gave them, each with a zero byte behind it.
        stats: Seven signed 64-bit numbers for each name.
        digests: 32 bytes for each name; zeros where the content was not read.
        extras: What only few files have, packed by `frames`.
        latest_ns: The latest of all times in it.
    """

    names: bytes
    stats: bytes
    digests: bytes
    extras: bytes
    latest_ns: int


@dataclass(slots=True)
class ContextIndex:
    """Records by path of the directory, and derived values by (whose, path of the directory)."""

    records: dict[bytes, Record] = field(default_factory=dict)
    values: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)


def frames(parts: Iterable[bytes]) -> bytes:
    """Any number of byte strings as one."""
    out = bytearray()
    for part in parts:
        out += _LENGTH.pack(len(part))
        out += part
    return bytes(out)


def unframed(data: bytes) -> Iterator[bytes]:
    """The byte strings that `frames` put together. Raises: `ValueError` if they are not whole."""
    at = 0
    while at < len(data):
        if at + _LENGTH.size > len(data):
            raise ValueError("a length is cut")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if at + length > len(data):
            raise ValueError("a part is cut")
        yield data[at : at + length]
        at += length


def latest(stats: array[int]) -> int:
    """The latest time of change in a directory."""
    return max(max(stats[MTIME::COLUMNS], default=0), max(stats[CTIME::COLUMNS], default=0))


def racy(stats: array[int], moment_ns: int) -> list[int]:
    """Rows that may have changed since they were read, without it being seen.

    A file that was changed at `moment_ns` or later could have been changed once more within one
    step of the file system's clock.
    """
    rows = zip(stats[MTIME::COLUMNS], stats[CTIME::COLUMNS], strict=True)
    return [row for row, times in enumerate(rows) if max(times) >= moment_ns]


def load(path: Path) -> ContextIndex:
    """What was kept; nothing where there is no such file, or one that is damaged or too large.

    Digests of files that were changed when the index was written, or later, are left out.
    """
    try:
        with open(path, "rb") as stream:
            status = os.fstat(stream.fileno())
            data = stream.read() if status.st_size <= MOST_BYTES else b""
    except OSError:
        return ContextIndex()
    start = len(MAGIC) + DIGEST
    payload = memoryview(data)[start:]
    if data[: len(MAGIC)] != MAGIC or data[len(MAGIC) : start] != blake3(payload).digest():
        return ContextIndex()
    try:
        return _read(data, start, status.st_mtime_ns)
    except ValueError:
        return ContextIndex()


def _read(data: bytes, at: int, written_ns: int) -> ContextIndex:
    index = ContextIndex()
    while at < len(data):
        if at + _HEAD.size > len(data):
            raise ValueError("the index is cut")
        *lengths, latest_ns = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        parts = []
        for length in lengths:
            parts.append(data[at : at + length])
            at += length
        key, names, stats, digests, extras = parts
        if latest_ns == _VALUE:
            # A value that somebody derived: whose, the directory, the value.
            index.values[key, names] = stats
            continue
        record = Record(names, stats, digests, extras, latest_ns)
        index.records[key] = record if latest_ns < written_ns else _trusted(record, written_ns)
    if at != len(data):
        raise ValueError("the index is cut")
    return index


def _trusted(record: Record, written_ns: int) -> Record:
    """A record without the digests of files that may have changed since."""
    stats = array("q", record.stats)
    digests = bytearray(record.digests)
    for row in racy(stats, written_ns):
        digests[row * DIGEST : (row + 1) * DIGEST] = bytes(DIGEST)
        # No file has this mode, so nobody takes the file for one that did not change.
        stats[row * COLUMNS + MODE] = -1
    return Record(record.names, stats.tobytes(), bytes(digests), record.extras, record.latest_ns)


def save(
    path: Path, records: Mapping[bytes, Record], values: Mapping[tuple[bytes, bytes], bytes]
) -> None:
    """Write the index in one step: who reads it sees the old one or the new one.

    Raises: `OSError`.
    """
    payload = bytearray()
    for folder, record in sorted(records.items()):
        parts = (folder, record.names, record.stats, record.digests, record.extras)
        _append(payload, parts, record.latest_ns)
    for (whose, folder), value in sorted(values.items()):
        _append(payload, (whose, folder, value, b"", b""), _VALUE)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with open(os.open(beside, flags, 0o600), "wb") as stream:
            stream.write(MAGIC)
            stream.write(blake3(payload).digest())
            stream.write(payload)
        os.replace(beside, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)


def _append(payload: bytearray, parts: tuple[bytes, ...], number: int) -> None:
    payload += _HEAD.pack(*map(len, parts), number)
    for part in parts:
        payload += part


def index_file(index: Path, root: Path) -> Path:
    """The index of the folder `root`, below the folder `index`."""
    name = os.fsencode(os.path.realpath(root))
    return index / f"{blake3(name).hexdigest(length=16)}.index"


def index_folder() -> Path:
    """Where this user's indexes are: below the folder that the system has for such things."""
    from platformdirs import user_cache_path  # noqa: PLC0415 - only who keeps an index pays

    return user_cache_path("layerscope", appauthor=False) / "contexts"
