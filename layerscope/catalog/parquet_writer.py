"""An ordinary Parquet file made with nothing but bytes: the few parts of the format that we need.

One row group; for each column one data page of version 1, PLAIN, or indices into a dictionary of
fewer than 256 texts; cells may be missing; each column compressed with zstd or not at all. Loading
pyarrow for that takes longer than analysing many an image.

Source: apache/parquet-format 2.11, `parquet.thrift`, Encodings.md and README.md; the footer is in
thrift's compact protocol (thrift, doc/specs/thrift-compact-protocol.md).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAGIC = b"PAR1"
ZSTD_LEVEL = 1
LEAST_SQUEEZED_BYTES = 64
"""Fewer bytes are not worth compressing."""

LENGTH_BYTES = 4
"""Of the length that stands before each cell of bytes, and before the levels of a page."""

INT32, INT64, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY = 1, 2, 6, 7
"""Parquet's physical types."""

_PLAIN, _RLE, _RLE_DICTIONARY = 0, 3, 8
_UNCOMPRESSED, _ZSTD = 0, 6
_DATA_PAGE, _DICTIONARY_PAGE = 0, 2
_REQUIRED, _OPTIONAL = 0, 1
_UTF8, _UINT_32 = 0, 13
# Types of thrift's compact protocol.
_FALSE, _BYTE, _I32, _I64, _BINARY, _LIST, _STRUCT = 2, 3, 5, 6, 8, 9, 12
_LONGEST_SHORT_LIST = 14


class Column(msgspec.Struct, frozen=True):
    """One column and its cells.

    Attributes:
        name: Of the column.
        physical: One of the types above.
        values: The cells that are there, as PLAIN has them: little-endian, lengths before bytes.
        levels: Which cells are there (`levels_of`); None if no cell may be missing.
        width: Bytes of each cell, of a `FIXED_LEN_BYTE_ARRAY`.
        dictionary: The texts that `values`, one byte for each row, are positions in; such a column
            is of text.
        unsigned: Whether a number has no sign.
        squeeze: Whether it is worth compressing.
    """

    name: str
    physical: int
    values: bytes
    levels: bytes | None = None
    width: int | None = None
    dictionary: Sequence[str] = ()
    unsigned: bool = False
    squeeze: bool = True


class Chunk(msgspec.Struct, frozen=True, array_like=True):
    """Where the body of a column's data page is: offset and bytes in the file, bytes unpacked."""

    offset: int
    stored_bytes: int
    raw_bytes: int
    squeezed: bool


class ParquetWriter:
    """A file in the making: columns are added one by one, so that one is unpacked at a time."""

    def __init__(self, rows: int) -> None:
        """Begin a file of so many rows."""
        self._rows = rows
        self._parts: list[bytes] = [MAGIC]
        self._position = len(MAGIC)
        self._elements: list[bytes] = []
        self._chunks: list[bytes] = []
        self._raw_bytes = 0

    def add(self, column: Column) -> Chunk:
        """Append a column; where its page lies."""
        self._elements.append(_element(column))
        if not self._rows:
            return Chunk(self._position, 0, 0, squeezed=False)
        start = self._position
        raw_bytes = 0
        body = column.values
        if column.dictionary:
            texts = [text.encode() for text in column.dictionary]
            page = b"".join(_length(len(text)) + text for text in texts)
            header = _page_header(_DICTIONARY_PAGE, len(page), len(page), len(texts))
            raw_bytes += self._put(header) + self._put(page)
            # One run of whole groups of eight indices, eight bits each: those are the bytes.
            groups = -(-self._rows // 8)
            ahead = b"\x08" + _varint(groups << 1 | 1)
            body = b"".join((ahead, body, bytes(8 * groups - self._rows)))
        if column.levels is not None:
            body = column.levels + body
        stored = body
        # A dictionary is too small to be compressed, and one codec holds for the whole column.
        squeeze = column.squeeze and not column.dictionary and len(body) >= LEAST_SQUEEZED_BYTES
        if squeeze:
            stored = zstd.compress(body, ZSTD_LEVEL)
        data_page = self._position
        encoding = _RLE_DICTIONARY if column.dictionary else _PLAIN
        header = _page_header(_DATA_PAGE, len(body), len(stored), self._rows, encoding)
        raw_bytes += self._put(header) + len(body)
        chunk = Chunk(self._position, len(stored), len(body), squeeze)
        self._put(stored)
        self._raw_bytes += raw_bytes
        fields = [
            (1, _I32, _integer(column.physical)),
            (2, _LIST, _list(_I32, map(_integer, sorted({_PLAIN, _RLE, encoding})))),
            (3, _LIST, _list(_BINARY, [_binary(column.name.encode())])),
            (4, _I32, _integer(_ZSTD if squeeze else _UNCOMPRESSED)),
            (5, _I64, _integer(self._rows)),
            (6, _I64, _integer(raw_bytes)),
            (7, _I64, _integer(self._position - start)),
            (9, _I64, _integer(data_page)),
        ]
        if column.dictionary:
            fields.append((11, _I64, _integer(start)))
        self._chunks.append(_struct((2, _I64, _integer(0)), (3, _STRUCT, _struct(*fields))))
        return chunk

    def finish(self, block: bytes, about: Mapping[bytes, bytes]) -> bytes:
        """The file, with a block of our own before its footer and values by key in the footer.

        Other readers go by the offsets in the footer and never see the block; `block_of` finds it.
        """
        stored = self._position - len(MAGIC)
        self._put(block + _length(len(block)))
        root = _struct(
            (3, _I32, _integer(_REQUIRED)),
            (4, _BINARY, _binary(b"schema")),
            (5, _I32, _integer(len(self._elements))),
        )
        group = _struct(
            (1, _LIST, _list(_STRUCT, self._chunks)),
            (2, _I64, _integer(self._raw_bytes)),
            (3, _I64, _integer(self._rows)),
            (6, _I64, _integer(stored)),
        )
        pairs = [
            _struct((1, _BINARY, _binary(key)), (2, _BINARY, _binary(value)))
            for key, value in about.items()
        ]
        footer = _struct(
            (1, _I32, _integer(2)),
            (2, _LIST, _list(_STRUCT, [root, *self._elements])),
            (3, _I64, _integer(self._rows)),
            (4, _LIST, _list(_STRUCT, [group] if self._rows else [])),
            (5, _LIST, _list(_STRUCT, pairs)),
            (6, _BINARY, _binary(b"layerscope")),
        )
        self._put(footer + _length(len(footer)) + MAGIC)
        return b"".join(self._parts)

    def _put(self, data: bytes) -> int:
        self._parts.append(data)
        self._position += len(data)
        return len(data)


def block_of(data: bytes) -> bytes:
    """The block that `ParquetWriter.finish` was given. Raises: `ValueError` if there is none."""
    tail = LENGTH_BYTES + len(MAGIC)
    stop = len(data) - tail - int.from_bytes(data[-tail : -len(MAGIC)], "little") - LENGTH_BYTES
    size = int.from_bytes(data[stop : stop + LENGTH_BYTES], "little") if stop > 0 else 0
    if not 0 < size <= stop:
        raise ValueError("no such block")
    return data[stop - size : stop]


def body_of(data: bytes, chunk: Chunk) -> bytes:
    """The body of a page, unpacked. Raises: `ValueError` if it is not of the size it should be."""
    body = data[chunk.offset : chunk.offset + chunk.stored_bytes]
    if chunk.squeezed:
        try:
            body = zstd.ZstdDecompressor().decompress(body, max_length=chunk.raw_bytes + 1)
        except zstd.ZstdError as error:
            raise ValueError("a page is damaged") from error
    if len(body) != chunk.raw_bytes:
        raise ValueError("a page is of another size")
    return body


def levels_of(there: bytearray) -> bytes:
    """The levels of a column with `1` for each row whose cell is there, else `0`.

    One run of the same level, or one of a bit for each row.
    """
    rows = len(there)
    ones = there.count(b"1")
    if ones in {0, rows}:
        return _framed(_varint(rows << 1) + (b"\1" if ones else b"\0"))
    # The first row is the lowest bit. Text in base 2 is turned into a number in one go.
    groups = -(-rows // 8)
    return _framed(_varint(groups << 1 | 1) + int(there[::-1], 2).to_bytes(groups, "little"))


def rows_there(body: bytes, rows: int) -> tuple[str, bytes]:
    """Of the body of a page with levels: `1` for each row that is there, else `0`; and the values.

    Raises: `ValueError` if the levels are not such as `levels_of` makes.
    """
    start = LENGTH_BYTES + int.from_bytes(body[:LENGTH_BYTES], "little")
    levels = body[LENGTH_BYTES:start]
    at = 0
    while levels[at : at + 1] >= b"\x80":
        at += 1
    value = levels[at + 1 :]
    if not value:
        raise ValueError("levels are missing")
    if not levels[0] & 1:
        return ("1" if value[0] else "0") * rows, body[start:]
    text = format(int.from_bytes(value, "little"), f"0{rows}b")
    if len(text) != rows:
        raise ValueError("levels of other rows")
    return text[::-1], body[start:]


def _framed(levels: bytes) -> bytes:
    return _length(len(levels)) + levels


_LENGTHS = tuple(size.to_bytes(LENGTH_BYTES, "little") for size in range(512))


def _length(size: int) -> bytes:
    return size.to_bytes(LENGTH_BYTES, "little")


def plain_bytes(cells: Sequence[bytes]) -> bytes:
    """Cells of bytes as PLAIN has them: each behind its length, four bytes."""
    try:
        lengths = list(map(_LENGTHS.__getitem__, map(len, cells)))
    except IndexError:
        lengths = [_length(len(cell)) for cell in cells]
    both: list[bytes] = [b""] * (2 * len(cells))
    both[::2] = lengths
    both[1::2] = cells
    return b"".join(both)


def cells_of(values: bytes, count: int) -> list[bytes]:
    """What `plain_bytes` was given. Raises: `ValueError` if those are not so many cells."""
    cells = []
    at = 0
    for _ in range(count):
        start = at + LENGTH_BYTES
        at = start + int.from_bytes(values[at:start], "little")
        cells.append(values[start:at])
    if at != len(values):
        raise ValueError("cells are missing")
    return cells


def names_of(values: bytes, count: int) -> list[bytes]:
    """As `cells_of`, quicker, for cells that hold no NUL byte, of 1 byte to less than 16 MiB.

    Three NUL bytes then are the upper ones of the length of a cell that is shorter than 256 bytes;
    if that is not so of all of them, they are gone through one by one.
    """
    pieces = values.split(b"\0\0\0")
    if len(pieces) != count + 1:
        return cells_of(values, count)
    # Each piece has the lowest byte of the next one's length at its end.
    last = pieces.pop()
    cells = [piece[:-1] for piece in pieces]
    cells.append(last)
    del cells[0]
    return cells


def _element(column: Column) -> bytes:
    """The column in the schema."""
    fields = [(1, _I32, _integer(column.physical))]
    if column.width is not None:
        fields.append((2, _I32, _integer(column.width)))
    optional = _REQUIRED if column.levels is None else _OPTIONAL
    fields += [(3, _I32, _integer(optional)), (4, _BINARY, _binary(column.name.encode()))]
    if column.dictionary:
        text = _struct((1, _STRUCT, _struct()))
        fields += [(6, _I32, _integer(_UTF8)), (10, _STRUCT, text)]
    elif column.unsigned:
        number = _struct((1, _BYTE, b"\x20"), (2, _FALSE, b""))
        fields += [(6, _I32, _integer(_UINT_32)), (10, _STRUCT, _struct((10, _STRUCT, number)))]
    return _struct(*fields)


def _page_header(
    kind: int, raw_bytes: int, stored_bytes: int, count: int, encoding: int = _PLAIN
) -> bytes:
    of_kind = [(1, _I32, _integer(count)), (2, _I32, _integer(encoding))]
    if kind == _DATA_PAGE:
        of_kind += [(3, _I32, _integer(_RLE)), (4, _I32, _integer(_RLE))]
    return _struct(
        (1, _I32, _integer(kind)),
        (2, _I32, _integer(raw_bytes)),
        (3, _I32, _integer(stored_bytes)),
        (5 if kind == _DATA_PAGE else 7, _STRUCT, _struct(*of_kind)),
    )


def _struct(*fields: tuple[int, int, bytes]) -> bytes:
    """Fields as number, type and value, by rising number, then the end."""
    parts = []
    before = 0
    for number, kind, value in fields:
        parts += [bytes(((number - before) << 4 | kind,)), value]
        before = number
    return b"".join((*parts, b"\0"))


def _list(kind: int, values: Iterable[bytes]) -> bytes:
    parts = list(values)
    if len(parts) <= _LONGEST_SHORT_LIST:
        head = bytes((len(parts) << 4 | kind,))
    else:
        head = bytes((0xF0 | kind,)) + _varint(len(parts))
    return head + b"".join(parts)


def _binary(value: bytes) -> bytes:
    return _varint(len(value)) + value


def _integer(value: int) -> bytes:
    """A number that is not negative, as thrift's zigzag has it."""
    return _varint(value << 1)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
