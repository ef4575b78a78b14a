"""The headers in a Berkeley DB hash database, `Packages` (rpm before 4.16; CentOS up to 8).

Page 0 describes the database. A bucket is a chain of pages with keys and values in turn; a value
that does not fit lies in a chain of overflow pages. Numbers are in the byte order of the machine
that wrote it. Source: Berkeley DB, dbinc/db_page.h; how rpm walks it: lib/backend/bdb_ro.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC_AT = 12

_MAGIC = 0x00061561
_VERSIONS = (8, 9, 10)
_META_BYTES, _PAGE_HEAD_BYTES = 512, 26
_PAGE_BYTES = (512, 65536)
_HASH_PAGES, _OVERFLOW_PAGE = (2, 8, 13), 7
_ON_PAGE, _OFF_PAGE = 1, 3
_OFF_PAGE_BYTES = 12
_COUNTER_KEY = bytes(4)


def byte_order(content: bytes) -> str | None:
    """The `struct` mark of the byte order of a hash database; None if it is none."""
    for order in ("<", ">"):
        if content[MAGIC_AT : MAGIC_AT + 4] == struct.pack(order + "I", _MAGIC):
            return order
    return None


def headers(content: bytes) -> Iterator[bytes]:
    """The header of every package, in the order of the database.

    Raises: `BadDocumentError` at the first place that is damaged.
    """
    database = _Database(content)
    for bucket in range(database.last_bucket + 1):
        number = database.bucket_page(bucket)
        while number:
            page = database.page(number, _HASH_PAGES)
            yield from database.values(page)
            number = database.next_of(page)


class _Database:
    """The pages of one database; it gives out no more of them than there are."""

    def __init__(self, content: bytes) -> None:
        order = byte_order(content)
        if order is None or len(content) < _META_BYTES:
            raise BadDocumentError("not a Berkeley DB hash database")
        self._content = content
        self._order = order
        version, self._page_bytes = struct.unpack_from(order + "II", content, 16)
        smallest, largest = _PAGE_BYTES
        if version not in _VERSIONS or not smallest <= self._page_bytes <= largest:
            raise BadDocumentError(f"unknown database: Berkeley DB hash of version {version}")
        (self._last_page,) = struct.unpack_from(order + "I", content, 32)
        (self.last_bucket,) = struct.unpack_from(order + "I", content, 72)
        self._spares = struct.unpack_from(order + "32I", content, 96)
        self._pages_left = len(content) // self._page_bytes
        if self.last_bucket > self._pages_left:
            raise BadDocumentError("more buckets than pages")

    def bucket_page(self, bucket: int) -> int:
        """The number of the first page of a bucket: pages are added for twice the buckets."""
        doublings = bucket.bit_length()
        if doublings >= len(self._spares):
            raise BadDocumentError("a bucket beyond all pages")
        return bucket + int(self._spares[doublings])

    def page(self, number: int, kinds: tuple[int, ...]) -> bytes:
        """A page of one of `kinds`."""
        # In a sound database every page is reached once, so that a loop runs out of pages.
        self._pages_left -= 1
        start = number * self._page_bytes
        page = self._content[start : start + self._page_bytes]
        if not 0 < number <= self._last_page or self._pages_left < 0:
            raise BadDocumentError("a chain of pages leads nowhere")
        if len(page) < self._page_bytes:
            raise BadDocumentError("the database ends early")
        if self._u32(page, 8) != number or page[25] not in kinds:
            raise BadDocumentError(f"page {number} is not what it should be")
        return page

    def next_of(self, page: bytes) -> int:
        """The number of the next page of the chain; 0 after the last."""
        return self._u32(page, 16)

    def values(self, page: bytes) -> Iterator[bytes]:
        """The values of a page of a bucket, without the counter that rpm keeps at key 0."""
        count = self._u16(page, 20)
        if _PAGE_HEAD_BYTES + 2 * count > len(page):
            raise BadDocumentError("a page with more items than fit")
        starts = struct.unpack_from(f"{self._order}{count}H", page, _PAGE_HEAD_BYTES)
        # Items fill a page from its end, so that each ends where the one before it begins.
        ends = (len(page), *starts[:-1])
        for at in range(0, count - 1, 2):
            key = page[starts[at] : ends[at]]
            value = page[starts[at + 1] : ends[at + 1]]
            if key[:1] == bytes([_ON_PAGE]) and key[1:] == _COUNTER_KEY:
                continue
            if value[:1] == bytes([_ON_PAGE]):
                yield value[1:]
            elif value[:1] == bytes([_OFF_PAGE]) and len(value) == _OFF_PAGE_BYTES:
                yield self._overflow(self._u32(value, 4), self._u32(value, 8))
            else:
                raise BadDocumentError("an item of an unknown kind")

    def _overflow(self, number: int, length: int) -> bytes:
        pieces = []
        while length > 0:
            page = self.page(number, (_OVERFLOW_PAGE,))
            used = self._u16(page, 22)
            if not 0 < used <= min(length, len(page) - _PAGE_HEAD_BYTES):
                raise BadDocumentError(f"page {number} holds more than it can")
            pieces.append(page[_PAGE_HEAD_BYTES : _PAGE_HEAD_BYTES + used])
            length -= used
            number = self.next_of(page)
        return b"".join(pieces)

    def _u32(self, page: bytes, at: int) -> int:
        return int(struct.unpack_from(self._order + "I", page, at)[0])

    def _u16(self, page: bytes, at: int) -> int:
        return int(struct.unpack_from(self._order + "H", page, at)[0])
