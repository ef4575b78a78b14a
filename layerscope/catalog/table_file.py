"""A layer's file table as one Parquet file: everything in it, and the numbers of its scan.

One row for each row of `FileColumns`, in tar order, in one row group. `name` is missing where it is
the path without its first slash, which it nearly always is. Any program that reads Parquet can ask
these files; the seal of `catalog.seal` is a value in the footer.

Neither writing nor reading loads pyarrow: a block before the footer says where each column lies.
"""

from __future__ import annotations

import sys
from array import array
from contextlib import suppress
from itertools import compress
from operator import itemgetter, ne
from typing import TYPE_CHECKING

import msgspec

from layerscope.catalog.parquet_writer import (
    BYTE_ARRAY,
    FIXED_LEN_BYTE_ARRAY,
    INT32,
    INT64,
    Chunk,
    Column,
    ParquetWriter,
    block_of,
    levels_of,
    plain_bytes,
)
from layerscope.catalog.seal import is_whole, set_seal, unset
from layerscope.catalog.table_reader import TableReader
from layerscope.files.columns import DIGEST_BYTES, KINDS, FileColumns
from layerscope.files.schema import xattrs_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

KIND = "table"
NUMBERS = b"layerscope.numbers"
SEAL = b"layerscope.seal"

MOST_ROWS = 20_000_000
MOST_NAME_BYTES = 1024**3
"""A page holds 2 GiB; a layer with more names than this is read again each time."""

_NO_DIGEST = bytes(DIGEST_BYTES)
_THERE, _MISSING = b"10"

COLUMNS = {
    "path": "clean absolute path; of a whiteout, what it hides",
    "name": "as stored, without a trailing slash; missing where it is the path without its slash",
    "kind": "file dir symlink hardlink char block fifo whiteout opaque other",
    "size_bytes": "bytes of content of regular files (logical size if sparse), else 0",
    "mode": "permission bits as stored",
    "uid": "owner as stored",
    "gid": "group as stored",
    "mtime_ns": "nanoseconds since the epoch",
    "offset": "where in the uncompressed tar the content starts, -1 if it is sparse",
    "link_target": "as stored, missing unless a link",
    "content": "BLAKE3 of the content, 32 bytes, of whatever was hashed, whiteout markers too",
    "xattrs": "sha256 of the sorted extended attributes, missing if there are none",
    "attributes": "those attributes: a msgpack list of (name, value), sorted by name",
    "device_major": "of devices",
    "device_minor": "of devices",
    "kept": "the whole content, of the few files of `files.columns.KEPT_NAMES`",
}


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan counted, as in `LayerScan`."""

    uncompressed_bytes: int
    content_bytes: int
    snapshot_bytes: int
    entries: int
    files: int
    notes: tuple[str, ...] = ()


class Layout(msgspec.Struct, frozen=True):
    """What the block before the footer says: all that reading the file again takes.

    `chunks` has the columns in which anything is.
    """

    rows: int
    numbers: Numbers
    chunks: dict[str, Chunk]


class Unstorable(Exception):  # noqa: N818 - no error of a user: the table is only not kept
    """A table that this format does not hold; it has to be read from its layer each time."""


def encode(diff_id: str, numbers: Numbers, columns: FileColumns) -> bytes:
    """The sealed Parquet file. Raises: `Unstorable` for a table that it could not give back."""
    rows = len(columns)
    if columns.hashed != "blake3" or rows > MOST_ROWS or len(columns.names) > MOST_NAME_BYTES:
        raise Unstorable
    if columns.kinds.translate(None, bytes(range(len(KINDS)))):
        raise Unstorable
    paths, odd = _paths_and_odd_names(columns)
    kept, links = columns.kept, columns.links
    packed = {row: msgspec.msgpack.encode(each) for row, each in columns.xattrs.items()}
    digests = {row: xattrs_digest(each) for row, each in columns.xattrs.items()}
    majors = {row: major for row, (major, _) in columns.devices.items()}
    minors = {row: minor for row, (_, minor) in columns.devices.items()}
    writer = ParquetWriter(rows)
    chunks = {
        "path": writer.add(Column("path", BYTE_ARRAY, paths)),
        "name": _rare_bytes(writer, "name", odd, rows),
        "kind": writer.add(Column("kind", BYTE_ARRAY, bytes(columns.kinds), dictionary=KINDS)),
        "size_bytes": _numbers(writer, "size_bytes", columns.size_bytes, rows),
        "mode": _numbers(writer, "mode", columns.modes, rows),
        "uid": _numbers(writer, "uid", columns.uids, rows),
        "gid": _numbers(writer, "gid", columns.gids, rows),
        "mtime_ns": _numbers(writer, "mtime_ns", columns.mtimes_ns, rows),
        "offset": _numbers(writer, "offset", columns.offsets, rows),
        "link_target": _rare_bytes(writer, "link_target", links, rows),
        "content": _contents(writer, columns.contents, rows),
        "xattrs": _rare_digests(writer, "xattrs", digests, rows),
        "attributes": _rare_bytes(writer, "attributes", packed, rows),
        "device_major": _rare_numbers(writer, "device_major", majors, rows),
        "device_minor": _rare_numbers(writer, "device_minor", minors, rows),
        "kept": _rare_bytes(writer, "kept", kept, rows),
    }
    there = {name: chunk for name, chunk in chunks.items() if chunk is not None}
    block = msgspec.json.encode(Layout(rows, numbers, there))
    about = {NUMBERS: msgspec.json.encode(numbers), SEAL: unset(KIND, diff_id)}
    return set_seal(writer.finish(block, about), KIND, diff_id)


def is_table(data: bytes, diff_id: str) -> bool:
    """Whether these bytes are the table of that layer, undamaged."""
    return is_whole(data, KIND, diff_id)


def decode(data: bytes) -> tuple[Numbers, FileColumns] | None:
    """What `encode` was given, of bytes for which `is_table` holds.

    None if they are not as expected: then they are as good as not there.
    """
    try:
        layout = msgspec.json.decode(block_of(data), type=Layout)
        return layout.numbers, _columns(TableReader(data, layout.rows, layout.chunks))
    except (msgspec.MsgspecError, KeyError, ValueError):
        return None


def to_arrow(data: bytes) -> pa.Table:
    """The table as Arrow has it, columns as in `COLUMNS`, of bytes for which `is_table` holds."""
    import pyarrow as pa  # noqa: PLC0415 - scanning does without
    from pyarrow import parquet  # noqa: PLC0415 - the same

    return parquet.read_table(pa.BufferReader(data), read_dictionary=["kind"])


def _paths_and_odd_names(columns: FileColumns) -> tuple[bytes, dict[int, bytes]]:
    """All paths as PLAIN has them; and by row the names that are not one without its slash."""
    paths = columns.paths()
    rows = len(columns)
    if len(paths) != rows or columns.names.count(0) != rows:
        raise Unstorable
    odd: dict[int, bytes] = {}
    if b"/" + bytes(columns.names[:-1]).replace(b"\0", b"\0/") != b"\0".join(paths):
        names = columns.stored_names()
        differ = map(ne, names, map(itemgetter(slice(1, None)), paths))
        odd = dict(compress(enumerate(names), differ))
    return plain_bytes(paths), odd


def _little(numbers: array[int]) -> bytes:
    """The numbers as Parquet has them, lowest byte first."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


def _numbers(writer: ParquetWriter, name: str, numbers: array[int], rows: int) -> Chunk:
    if len(numbers) != rows:
        raise Unstorable
    unsigned = numbers.typecode == "I"
    physical = INT32 if unsigned else INT64
    return writer.add(Column(name, physical, _little(numbers), unsigned=unsigned))


def _rare_bytes(
    writer: ParquetWriter, name: str, cells: Mapping[int, bytes], rows: int
) -> Chunk | None:
    values = plain_bytes([cells[row] for row in sorted(cells)])
    chunk = writer.add(Column(name, BYTE_ARRAY, values, _levels(cells, rows)))
    return chunk if cells else None


def _rare_numbers(
    writer: ParquetWriter, name: str, cells: Mapping[int, int], rows: int
) -> Chunk | None:
    try:
        numbers = array("q", [cells[row] for row in sorted(cells)])
    except OverflowError as error:
        raise Unstorable from error
    chunk = writer.add(Column(name, INT64, _little(numbers), _levels(cells, rows)))
    return chunk if cells else None


def _rare_digests(
    writer: ParquetWriter, name: str, cells: Mapping[int, bytes], rows: int
) -> Chunk | None:
    values = b"".join(cells[row] for row in sorted(cells))
    levels = _levels(cells, rows)
    chunk = writer.add(Column(name, FIXED_LEN_BYTE_ARRAY, values, levels, width=DIGEST_BYTES))
    return chunk if cells else None


def _levels(cells: Mapping[int, object], rows: int) -> bytes:
    there = bytearray(b"0") * rows
    for row in cells:
        there[row] = _THERE
    return levels_of(there)


def _contents(writer: ParquetWriter, contents: bytearray, rows: int) -> Chunk:
    """The digests, missing where there are only zeros. They do not get smaller by compression."""
    if len(contents) != rows * DIGEST_BYTES:
        raise Unstorable
    there = bytearray(b"1") * rows
    pieces = []
    start = 0
    # Hardly a digest begins with eight zero bytes, so these are nearly all that are missing.
    heads = memoryview(contents).cast("Q")[:: DIGEST_BYTES // 8].tolist() if rows else []
    for row in _where_zero(heads):
        at = row * DIGEST_BYTES
        if contents[at : at + DIGEST_BYTES] == _NO_DIGEST:
            there[row] = _MISSING
            pieces.append(contents[start:at])
            start = at + DIGEST_BYTES
    pieces.append(contents[start:])
    values = b"".join(pieces)
    return writer.add(
        Column(
            "content",
            FIXED_LEN_BYTE_ARRAY,
            values,
            levels_of(there),
            width=DIGEST_BYTES,
            squeeze=False,
        )
    )


def _where_zero(numbers: list[int]) -> Iterator[int]:
    at = -1
    with suppress(ValueError):
        while True:
            at = numbers.index(0, at + 1)
            yield at


def _columns(reader: TableReader) -> FileColumns:
    columns = FileColumns()
    if not reader.rows:
        return columns
    columns.names = reader.names()
    columns.kinds = reader.kinds()
    columns.size_bytes = reader.numbers("size_bytes", "q")
    columns.modes = reader.numbers("mode", "I")
    columns.uids = reader.numbers("uid", "q")
    columns.gids = reader.numbers("gid", "q")
    columns.mtimes_ns = reader.numbers("mtime_ns", "q")
    columns.offsets = reader.numbers("offset", "q")
    columns.contents, missing = reader.contents()
    columns.unhashed = {row for row in missing if columns.kinds[row] == 0}
    columns.links = reader.cells("link_target")
    columns.kept = reader.cells("kept")
    columns.xattrs = {
        row: msgspec.msgpack.decode(value, type=tuple[tuple[bytes, bytes], ...])
        for row, value in reader.cells("attributes").items()
    }
    majors, minors = reader.rare_numbers("device_major"), reader.rare_numbers("device_minor")
    columns.devices = {row: (major, minors[row]) for row, major in majors.items()}
    return columns
