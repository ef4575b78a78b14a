"""Sparse maps of GNU tar: the old header form and PAX 0.0, 0.1 and 1.0.

A map lists the data fragments of a file, `(offset, length)` in bytes; all else is zeros.
Source: GNU tar manual, "Storing Sparse Files"; checks as in Go's archive/tar. Functions that need
more of the stream are generators: they yield how many bytes they want next and are sent those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import TarError
from layerscope.tar.header import BLOCK, FORMAT_GNU, format_of
from layerscope.tar.numbers import INT64_MAX, decimal, numeric

if TYPE_CHECKING:
    from collections.abc import Generator

    from layerscope.tar.header import Header

Fragments = list[tuple[int, int]]

MAX_MAP_BYTES = 1 << 20
"""What Go's archive/tar reads of one map at the most."""


def old_map(header: Header, block: bytes) -> Generator[int, bytes, Fragments]:
    """The map of an old GNU sparse header, with its extension blocks; sets the real size.

    Raises: `TarError` if the header is not GNU's, a number is none, or the map is too long.
    """
    if format_of(block) != FORMAT_GNU:
        raise TarError("a sparse header is not in GNU format")
    header.size = numeric(block[483:495])
    fragments: Fragments = []
    entries, table = 4, block[386:483]
    read = len(table)
    while True:
        if read >= MAX_MAP_BYTES:
            raise TarError("a sparse map is too long")
        for start in range(0, entries * 24, 24):
            if not table[start]:
                # GNU and BSD tar end here too, and still read extension blocks.
                break
            fragments.append(
                (numeric(table[start : start + 12]), numeric(table[start + 12 : start + 24]))
            )
        if not table[entries * 24]:
            return fragments
        table = yield BLOCK
        if len(table) < BLOCK:
            raise TarError("the tar ends inside a sparse map", truncated=True)
        entries = 21
        read += BLOCK


def pax_map(
    header: Header, found: dict[bytes, bytes], data_size: int
) -> Generator[int, bytes, tuple[Fragments | None, int]]:
    """The map that PAX records announce, or None, and how much of the data the map itself took.

    Sets the real name and size in `header`. Raises: `TarError` if the map is damaged.
    """
    major, minor = found.get(b"GNU.sparse.major", b""), found.get(b"GNU.sparse.minor", b"")
    inside = False
    if (major, minor) == (b"1", b"0"):
        inside = True
    elif (major or minor) and (major, minor) not in ((b"0", b"0"), (b"0", b"1")):
        # An unknown version: the file is read as it is stored.
        return None, 0
    elif not (major or minor) and not found.get(b"GNU.sparse.map"):
        return None, 0
    if name := found.get(b"GNU.sparse.name"):
        header.name = name
    if size := found.get(b"GNU.sparse.size") or found.get(b"GNU.sparse.realsize"):
        header.size = decimal(size)
    if inside:
        return (yield from _inside_map(data_size))
    return _record_map(found), 0


def _record_map(found: dict[bytes, bytes]) -> Fragments:
    """The map of formats 0.0 and 0.1, which is in the records."""
    blocks = _count(found.get(b"GNU.sparse.numblocks", b""))
    text = found.get(b"GNU.sparse.map", b"")
    numbers = text.split(b",") if text else []
    if len(numbers) != 2 * blocks:
        raise TarError(f"a sparse map has {len(numbers)} numbers for {blocks} fragments")
    values = [decimal(number) for number in numbers]
    return list(zip(values[0::2], values[1::2], strict=True))


def _inside_map(data_size: int) -> Generator[int, bytes, tuple[Fragments, int]]:
    """The map of format 1.0, which stands in whole blocks before the data: lines of numbers."""
    text = bytearray()
    lines = 0
    wanted = 1
    blocks: int | None = None
    while True:
        while lines < wanted:
            if len(text) + BLOCK > MAX_MAP_BYTES:
                raise TarError("a sparse map is too long")
            if len(text) + BLOCK > data_size:
                raise TarError("a sparse map is longer than its file", truncated=True)
            piece = yield BLOCK
            if len(piece) < BLOCK:
                raise TarError("the tar ends inside a sparse map", truncated=True)
            text += piece
            lines += piece.count(b"\n")
        if blocks is None:
            blocks = _count(bytes(text[: text.index(b"\n")]))
            wanted = 1 + 2 * blocks
            continue
        values = [decimal(bytes(line)) for line in text.split(b"\n", wanted)[1:wanted]]
        return list(zip(values[0::2], values[1::2], strict=True)), len(text)


def _count(text: bytes) -> int:
    count = decimal(text)
    if count < 0 or 2 * count > INT64_MAX:
        raise TarError(f"a sparse map says that it has {count} fragments")
    return count


def check(fragments: Fragments, size: int) -> None:
    """Raises `TarError` unless the fragments are in order, apart, and inside `size` bytes."""
    end = 0
    for offset, length in fragments:
        if offset < end or length < 0 or offset + length > size:
            raise TarError(f"a sparse map has a fragment of {length} bytes at {offset} of {size}")
        end = offset + length
    if size < 0:
        raise TarError(f"a sparse file has {size} bytes")
