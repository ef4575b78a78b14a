"""Compressed bytes that are the same each time, with no clock and no file name in them."""

from __future__ import annotations

import sys
import zlib
from binascii import crc32

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

STORED_BYTES = 0xFFFF
"""The longest stored block that deflate has (RFC 1951, 3.2.4)."""

SUFFIXES = {"none": "", "gzip": "+gzip", "zstd": "+zstd"}
"""What a compression adds to the media type `application/vnd.oci.image.layer.v1.tar`."""


def compressed(content: bytes, how: str, level: int | None = None) -> bytes:
    """`content` as one gzip member (`gzip`), one zstd frame (`zstd`), or as it is (`none`).

    Level 0 of gzip is made of stored blocks by hand and gives the same bytes with every zlib; other
    levels depend on the version of zlib or zstd, so files that are compared byte by byte use
    `none` or level 0.
    """
    if how == "none":
        return content
    if how == "zstd":
        return zstd.compress(content, level if level is not None else 3)
    if how != "gzip":
        raise ValueError(f"expected none, gzip or zstd, found {how!r}")
    # The time is 0 and the operating system 255, unknown (RFC 1952, 2.3.1): `gzip.compress` writes
    # different ones in different versions of Python.
    head = b"\x1f\x8b\x08\0" + bytes(4) + b"\0\xff"
    tail = crc32(content).to_bytes(4, "little") + (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return head + (_stored(content) if level == 0 else _deflated(content, level)) + tail


def _deflated(content: bytes, level: int | None) -> bytes:
    packer = zlib.compressobj(level if level is not None else 6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(content) + packer.flush()


def _stored(content: bytes) -> bytes:
    pieces = []
    last = max(len(content) - 1, 0) // STORED_BYTES
    for number in range(last + 1):
        piece = content[number * STORED_BYTES : (number + 1) * STORED_BYTES]
        length = len(piece)
        pieces.append(bytes([number == last]))
        pieces.append(length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little"))
        pieces.append(piece)
    return b"".join(pieces)
