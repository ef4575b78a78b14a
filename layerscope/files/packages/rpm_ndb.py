"""The headers in rpm's own database format, `Packages.db` (SUSE).

A header of 32 bytes, pages of 4096 bytes of slots, and blobs in blocks of 16 bytes; all numbers are
little-endian. Source: rpm, lib/backend/ndb, the layouts of header, slot and blob.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"RpmP"

_SLOT, _BLOB_HEAD, _BLOB_TAIL = b"Slot", b"BlbS", b"BlbE"
_HEADER_BYTES, _SLOT_BYTES, _BLOCK_BYTES, _PAGE_BYTES = 32, 16, 16, 4096
_SLOT_FORM = struct.Struct("<4sIII")
_BLOB_FORM = struct.Struct("<4sIII")
_TAIL_FORM = struct.Struct("<II4s")


def headers(content: bytes) -> Iterator[bytes]:
    """The header of every package, by the number rpm gave it.

    Raises: `BadDocumentError` at the first place that is damaged.
    """
    if len(content) < _HEADER_BYTES or not content.startswith(MAGIC):
        raise BadDocumentError("not an ndb database")
    version, _, pages = struct.unpack_from("<III", content, 4)
    if version != 0:
        raise BadDocumentError(f"unknown database: ndb of version {version}")
    end = pages * _PAGE_BYTES
    if end > len(content):
        raise BadDocumentError("the database ends before its slots do")
    slots = []
    for magic, package, block, blocks in _SLOT_FORM.iter_unpack(content[_HEADER_BYTES:end]):
        if magic != _SLOT:
            raise BadDocumentError("a slot without its mark")
        if block:
            slots.append((package, block * _BLOCK_BYTES, blocks * _BLOCK_BYTES))
    slots.sort()
    # A blob belongs to one slot, so together they cannot be longer than the database.
    if sum(length for _, _, length in slots) > len(content):
        raise BadDocumentError("blobs overlap")
    for package, start, length in slots:
        yield _blob(content, package, start, length)


def _blob(content: bytes, package: int, start: int, length: int) -> bytes:
    if length < _BLOB_FORM.size + _TAIL_FORM.size or start + length > len(content):
        raise BadDocumentError(f"the blob of package {package} is not there")
    magic, number, _, size = _BLOB_FORM.unpack_from(content, start)
    _, tail_size, tail = _TAIL_FORM.unpack_from(content, start + length - _TAIL_FORM.size)
    fits = size <= length - _BLOB_FORM.size - _TAIL_FORM.size
    if (magic, number, tail, tail_size) != (_BLOB_HEAD, package, _BLOB_TAIL, size) or not fits:
        raise BadDocumentError(f"the blob of package {package} is damaged")
    first = start + _BLOB_FORM.size
    return content[first : first + size]
