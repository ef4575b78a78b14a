"""What other programs read in a table's file: every cell, by pyarrow and by DuckDB."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pyarrow as pa
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from layerscope.catalog import table_file
from layerscope.catalog.parquet_writer import (
    BYTE_ARRAY,
    Column,
    ParquetWriter,
    block_of,
    cells_of,
    levels_of,
    names_of,
    plain_bytes,
    rows_there,
)
from layerscope.catalog.table_file import COLUMNS, Numbers, decode, encode, is_table
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.schema import xattrs_digest

DIFF_ID = "sha256:" + "ab" * 32
NUMBERS = Numbers(uncompressed_bytes=7, content_bytes=5, snapshot_bytes=6, entries=3, files=2)

Rows = dict[str, list[Any]]

INTEGERS = st.integers(-(2**63), 2**63 - 1)
NO_NUL = st.binary(min_size=1, max_size=12).filter(lambda name: b"\0" not in name)
# Lengths around those at which a length takes one byte more.
LONG = st.sampled_from([0, 240, 254, 255, 256, 511, 512, 65534, 65535, 65536]).map(
    lambda size: b"p" * size
)
NAMES = st.one_of(
    NO_NUL,
    NO_NUL.map(lambda name: b"./" + name),
    st.tuples(LONG, NO_NUL).map(b"".join),
    st.tuples(NO_NUL, NO_NUL).map(b"/".join),
)


@st.composite
def tables(draw: st.DrawFn) -> FileColumns:
    """A table in which anything may be missing, and every number is possible."""
    columns = FileColumns()
    for row, name in enumerate(draw(st.lists(NAMES, max_size=20))):
        columns.names += name.rstrip(b"/") + b"\0"
        columns.kinds.append(draw(st.integers(0, len(KINDS) - 1)))
        columns.modes.append(draw(st.integers(0, 2**32 - 1)))
        for numbers in (columns.size_bytes, columns.uids, columns.gids, columns.mtimes_ns):
            numbers.append(draw(INTEGERS))
        columns.offsets.append(draw(INTEGERS))
        digest = draw(st.sampled_from([bytes(32), bytes(31) + b"\1", blake3(name).digest()]))
        columns.contents += digest
        if not any(digest) and columns.kinds[row] == 0:
            columns.unhashed.add(row)
        if draw(st.booleans()):
            columns.links[row] = draw(st.binary(max_size=300))
        if draw(st.integers(0, 4)) == 0:
            columns.devices[row] = (draw(INTEGERS), draw(INTEGERS))
        if draw(st.integers(0, 4)) == 0:
            columns.xattrs[row] = ((b"user.\xff", draw(st.binary(max_size=5))),)
        if draw(st.integers(0, 4)) == 0:
            columns.kept[row] = draw(st.binary(max_size=5))
    return columns


def expected(columns: FileColumns) -> Rows:
    """Each column's cells, worked out cell by cell."""
    rows = range(len(columns))
    paths, names = columns.paths(), columns.stored_names()
    digests = [bytes(columns.contents[32 * row : 32 * row + 32]) for row in rows]
    packed = {row: msgspec.msgpack.encode(each) for row, each in columns.xattrs.items()}
    hashed = {row: xattrs_digest(each) for row, each in columns.xattrs.items()}
    return {
        "path": paths,
        "name": [
            name if path != b"/" + name else None for path, name in zip(paths, names, strict=True)
        ],
        "kind": [KINDS[kind] for kind in columns.kinds],
        "size_bytes": list(columns.size_bytes),
        "mode": list(columns.modes),
        "uid": list(columns.uids),
        "gid": list(columns.gids),
        "mtime_ns": list(columns.mtimes_ns),
        "offset": list(columns.offsets),
        "link_target": [columns.links.get(row) for row in rows],
        "content": [digest if any(digest) else None for digest in digests],
        "xattrs": [hashed.get(row) for row in rows],
        "attributes": [packed.get(row) for row in rows],
        "device_major": [columns.devices.get(row, (None, None))[0] for row in rows],
        "device_minor": [columns.devices.get(row, (None, None))[1] for row in rows],
        "kept": [columns.kept.get(row) for row in rows],
    }


def by_pyarrow(data: bytes) -> Rows:
    table = parquet.read_table(pa.BufferReader(data))
    return {name: table[name].to_pylist() for name in table.column_names}


def by_duckdb(data: bytes) -> Rows:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        path = os.path.join(folder, "table.parquet")
        Path(path).write_bytes(data)
        found = database.execute("select * from read_parquet(?)", [path])
        names = [column[0] for column in found.description]
        cells = found.fetchall()
    return {name: [row[at] for row in cells] for at, name in enumerate(names)}


@given(tables())
def test_every_cell_is_the_same_for_pyarrow_duckdb_and_us(columns: FileColumns) -> None:
    data = encode(DIFF_ID, NUMBERS, columns)

    wanted = expected(columns)
    assert list(wanted) == list(COLUMNS)
    assert by_pyarrow(data) == wanted
    assert by_duckdb(data) == wanted
    assert is_table(data, DIFF_ID)
    assert decode(data) == (NUMBERS, columns)


def test_types_are_those_that_a_program_expects() -> None:
    columns = FileColumns()

    schema = parquet.read_schema(pa.BufferReader(encode(DIFF_ID, NUMBERS, columns)))

    types = {name: str(schema.field(name).type) for name in schema.names}
    whole = [name for name in schema.names if not schema.field(name).nullable]
    assert types["path"] == types["name"] == types["link_target"] == types["kept"] == "binary"
    assert types["kind"] == "string"
    assert types["mode"] == "uint32"
    assert types["size_bytes"] == types["mtime_ns"] == types["device_major"] == "int64"
    assert types["content"] == types["xattrs"] == "fixed_size_binary[32]"
    assert whole == ["path", "kind", "size_bytes", "mode", "uid", "gid", "mtime_ns", "offset"]


def test_footer_holds_numbers_and_seal() -> None:
    data = encode(DIFF_ID, NUMBERS, FileColumns())

    about = parquet.read_metadata(pa.BufferReader(data)).metadata

    assert msgspec.json.decode(about[table_file.NUMBERS], type=Numbers) == NUMBERS
    assert about[table_file.SEAL].startswith(b"layerscope.catalog/")
    assert DIFF_ID.encode() in about[table_file.SEAL]


def test_table_of_many_rows_is_compressed_and_read_by_others() -> None:
    columns = FileColumns()
    for row in range(70_000):
        columns.names += b"srv/part-%d/file-%d\0" % (row // 50, row)
        columns.kinds.append(row % 2)
        columns.contents += bytes(32) if row % 2 else blake3(b"%d" % row).digest()
        columns.modes.append(0o644)
        for numbers in (columns.size_bytes, columns.uids, columns.gids, columns.mtimes_ns):
            numbers.append(row)
        columns.offsets.append(512 * row)
        if row % 3 == 0:
            columns.links[row] = b"to %d" % row

    data = encode(DIFF_ID, NUMBERS, columns)

    assert by_pyarrow(data) == by_duckdb(data) == expected(columns)
    assert decode(data) == (NUMBERS, columns)
    assert len(data) < 40 * len(columns)


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_levels_say_which_rows_are_there(there: list[bool]) -> None:
    flags = bytearray(b"01"[each] for each in there)

    text, values = rows_there(levels_of(flags) + b"values", len(there))

    assert [each == "1" for each in text] == there
    assert values == b"values"


@given(st.lists(NAMES, min_size=1, max_size=10))
def test_cells_without_nul_bytes_come_back_either_way(names: list[bytes]) -> None:
    values = plain_bytes(names)

    assert cells_of(values, len(names)) == names_of(values, len(names)) == names


def test_block_comes_back_and_a_file_without_one_is_refused() -> None:
    writer = ParquetWriter(1)
    writer.add(Column("a", BYTE_ARRAY, plain_bytes([b"x"])))

    data = writer.finish(b"a block", {b"key": b"value"})

    assert block_of(data) == b"a block"
    assert parquet.read_table(pa.BufferReader(data)).to_pylist() == [{"a": b"x"}]
    for broken in (b"", b"PAR1", b"PAR1" * 5, data[:-20]):
        try:
            assert block_of(broken) != b"a block"
        except ValueError:
            continue
