"""The members of a zip archive that lies in memory, listed and unpacked within bounds.

Python's zipfile makes an object of every member before it gives out one; this one makes none that
nobody asks for. Source: PKWARE APPNOTE.TXT 4.3 and 4.5.3 (zip64).
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError, OverLimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_MEMBERS = 1_000_000

_END, _END64, _LOCATOR64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
_LOCAL, _ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_END_FORM = struct.Struct("<4s4H2IH")
_END64_FORM = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64_FORM = struct.Struct("<4sIQI")
_ENTRY_FORM = struct.Struct("<4s6H3I5H2I")
_LOCAL_FORM = struct.Struct("<4s5H3I2H")
_LONGEST_COMMENT = 0xFFFF
_FILLED16, _FILLED32 = 0xFFFF, 0xFFFFFFFF
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_EXTRA_64 = 1


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name, and where and how its content is stored."""

    name: bytes
    flags: int
    method: int
    stored_bytes: int
    size_bytes: int
    offset: int


def members(content: bytes) -> Iterator[Member]:
    """The members in the order of the directory.

    Raises: `BadDocumentError` if there is no directory or it is damaged; `OverLimitError` beyond
    `MOST_MEMBERS`.
    """
    start, end, shift, count = _directory(content)
    if count > MOST_MEMBERS:
        raise OverLimitError(f"over {MOST_MEMBERS} members")
    at = start
    for _ in range(count):
        if at + _ENTRY_FORM.size > end:
            raise BadDocumentError("the directory of the archive ends early")
        fields = _ENTRY_FORM.unpack_from(content, at)
        if fields[0] != _ENTRY:
            raise BadDocumentError("the directory of the archive is damaged")
        name_at = at + _ENTRY_FORM.size
        extra_at = name_at + fields[10]
        at = extra_at + fields[11] + fields[12]
        stored, size, offset = fields[8], fields[9], fields[16]
        if _FILLED32 in (stored, size, offset):
            extra = content[extra_at : extra_at + fields[11]]
            size, stored, offset = _wide(extra, [size, stored, offset])
        yield Member(
            name=content[name_at:extra_at],
            flags=fields[3],
            method=fields[4],
            stored_bytes=stored,
            size_bytes=size,
            offset=offset + shift,
        )


def unpacked(content: bytes, member: Member, most_bytes: int) -> bytes:
    """The content of `member`.

    Raises: `OverLimitError` if it is longer than `most_bytes`; `BadDocumentError` if it is damaged
    or stored in a way that is not read.
    """
    if member.size_bytes > most_bytes:
        raise OverLimitError(f"a member of over {most_bytes} bytes")
    if member.offset < 0 or member.offset + _LOCAL_FORM.size > len(content):
        raise BadDocumentError("a member outside of the archive")
    local = _LOCAL_FORM.unpack_from(content, member.offset)
    if local[0] != _LOCAL or member.flags & _ENCRYPTED:
        raise BadDocumentError("a member that is damaged or encrypted")
    start = member.offset + _LOCAL_FORM.size + local[9] + local[10]
    stored = content[start : start + member.stored_bytes]
    if member.method == _DEFLATED:
        try:
            stored = zlib.decompressobj(-zlib.MAX_WBITS).decompress(stored, most_bytes + 1)
        except zlib.error as error:
            raise BadDocumentError("a member that is damaged") from error
    elif member.method != _STORED:
        raise BadDocumentError(f"a member of compression method {member.method}")
    if len(stored) != member.size_bytes:
        raise BadDocumentError("a member that is not as long as it says")
    return stored


def _directory(content: bytes) -> tuple[int, int, int, int]:
    """Start and end of the directory, how far the archive was moved, and how many members."""
    at = content.rfind(_END, max(0, len(content) - _END_FORM.size - _LONGEST_COMMENT))
    if at < 0 or at + _END_FORM.size > len(content):
        raise BadDocumentError("not a zip archive")
    _, _, _, _, count, size, offset, _ = _END_FORM.unpack_from(content, at)
    end = at
    if count == _FILLED16 or _FILLED32 in (size, offset):
        place = at - _LOCATOR64_FORM.size
        if place >= 0 and content.startswith(_LOCATOR64, place):
            end = place - _END64_FORM.size
            if end < 0 or not content.startswith(_END64, end):
                raise BadDocumentError("the end of the archive is damaged")
            count, size, offset = _END64_FORM.unpack_from(content, end)[7:]
    start = end - size
    # A script before the archive makes a program of it, and moves what the offsets say.
    shift = start - offset
    if start < 0 or shift < 0:
        raise BadDocumentError("the directory of the archive is not there")
    return start, end, shift, count


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """`values` with the filled ones replaced, in order, by those of the zip64 field."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + length]
        if kind == _EXTRA_64:
            wide = [int(value[0]) for value in struct.iter_unpack("<Q", field[: length // 8 * 8])]
            return [wide.pop(0) if v == _FILLED32 and wide else v for v in values]
        at += 4 + length
    return values
