r"""A report as CSV, NDJSON and Parquet: the same rows in all three, read by other programs."""

from __future__ import annotations

import csv
import json
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest

from layerscope.errors import BadDocumentError, UsageError
from layerscope.journeys import package_table, tables
from layerscope.render.report_columns import LAYERS, TYPES, columns_of
from layerscope.render.report_csv import report_csv
from layerscope.render.report_ndjson import report_ndjson
from layerscope.render.report_parquet import NAMES, report_parquet
from layerscope.report import file_table
from tests.render import verdicts
from tests.render.reports import APP, BASE, hostile, report_on

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.document import Report

ALL = (None, *tables.TABLES)


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return report_on(tmp_path, BASE, APP, tables=tables.TABLES)


def csv_rows(report: Report, table: str | None) -> list[dict[str, str]]:
    text = b"".join(report_csv(report, table=table)).decode()
    return list(csv.DictReader(StringIO(text, newline="")))


def ndjson_rows(report: Report, table: str | None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in report_ndjson(report, table=table)]


def parquet_rows(report: Report, table: str | None) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = pq.read_table(
        BytesIO(report_parquet(report, table=table))
    ).to_pylist()
    return read


def test_columns_are_those_that_the_tables_of_a_report_have(report: Report) -> None:
    assert list(TYPES["files"]) == list(file_table.COLUMNS)
    assert list(TYPES["growth"]) == list(file_table.GROWTH_COLUMNS)
    assert list(TYPES["packages"]) == list(package_table.COLUMNS)
    assert TYPES.keys() == {LAYERS, *tables.TABLES}
    for table in tables.TABLES:
        assert columns_of(report, table) == report.tables[table]


def test_layers_are_rows_with_the_image_that_they_are_of(report: Report) -> None:
    rows = csv_rows(report, None)

    assert [(row["image"], row["name"], row["layer"]) for row in rows] == [
        ("0", "base:1", "0"),
        *(("1", "app:1", str(layer)) for layer in range(3)),
    ]
    assert [row["content_bytes"] for row in rows] == ["100500", "100500", "0", "2001"]
    assert [row["hidden_bytes"] for row in rows] == ["0", "100000", "0", "0"]
    assert rows[0]["diff_id"] == rows[1]["diff_id"] == report.images[0].layers[0].diff_id
    assert rows[3]["created_by"] == "COPY srv /srv"
    assert {row["manifest_digest"] for row in rows} == {""}


@pytest.mark.parametrize("table", tables.TABLES)
def test_all_three_formats_have_the_same_rows(report: Report, table: str) -> None:
    whole = ndjson_rows(report, table)

    assert whole
    assert [list(row) for row in whole] == [sorted(TYPES[table])] * len(whole)
    spelled = csv_rows(report, table)
    typed = parquet_rows(report, table)
    assert len(whole) == len(spelled) == len(typed)
    for exact, row, cells in zip(whole, spelled, typed, strict=True):
        for name, value in exact.items():
            if isinstance(value, str) and not value.isascii():
                assert (value, row[name], cells[name]) == (
                    "/srv/caf\udce9",
                    "/srv/caf\\xe9",
                    "/srv/caf\\xe9",
                )
                assert cells[f"{name}_bytes"] == b"/srv/caf\xe9"
                continue
            assert row[name] == ("" if value is None else str(value))
            assert cells[name] == value
            if name in NAMES.get(table, ()):
                assert cells[f"{name}_bytes"] is None


def test_ndjson_without_a_table_has_an_image_a_line_as_in_the_document(report: Report) -> None:
    lines = list(report_ndjson(report))

    assert [json.loads(line) for line in lines] == msgspec.to_builtins(report)["images"]
    assert [(row["input"], row["index"]) for row in map(json.loads, lines)] == [
        (report.images[0].input, 0),
        (report.images[0].input, 1),
    ]
    assert all(line.isascii() and line.count(b"\n") == 1 for line in lines)


@pytest.mark.parametrize("table", ALL)
def test_parquet_has_the_same_types_whatever_is_in_it(report: Report, table: str | None) -> None:
    name = table or LAYERS
    empty: dict[str, dict[str, list[int]]] = {
        each: {column: [] for column in columns} for each, columns in report.tables.items()
    }
    nothing: Report = msgspec.convert(
        {**msgspec.to_builtins(report), "images": [], "tables": empty}, type(report)
    )

    whole = pq.read_schema(BytesIO(report_parquet(report, table=table)))
    bare = pq.read_schema(BytesIO(report_parquet(nothing, table=table)))

    assert whole.equals(bare)
    kinds = {"int64": int, "string": str, "binary": bytes}
    found = {field.name: kinds[str(field.type)] for field in whole}
    extra = {f"{column}_bytes": bytes for column in NAMES.get(name, ())}
    assert found == {**TYPES[name], **extra}
    assert whole.metadata[b"layerscope.table"] == name.encode()
    assert whole.metadata[b"layerscope.schema"] == b"layerscope.report/1"


def test_parquet_is_read_by_pandas_and_duckdb(report: Report, tmp_path: Path) -> None:
    import pandas as pd  # noqa: PLC0415 - one test needs it

    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "files.parquet"
    path.write_bytes(report_parquet(report, table="files"))

    frame = pd.read_parquet(path)
    found = duckdb.sql(
        f"select sum(size_bytes) from '{path}' where image = 1 and kind = 'file'"
    ).fetchall()

    assert frame.loc[frame["image"] == 1, "size_bytes"].sum() == 2501
    assert found == [(2501,)]


def test_same_report_gives_the_same_bytes(report: Report) -> None:
    for table in ALL:
        assert report_parquet(report, table=table) == report_parquet(report, table=table)


@pytest.mark.parametrize("table", ALL)
@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_hostile_texts_compute_nothing_and_every_format_holds_them(
    report: Report, text: str, table: str | None
) -> None:
    named = hostile(report, text)

    rows = csv_rows(named, table)

    assert len(rows) == len(columns_of(report, table)["image"])
    for row in rows:
        assert list(row) == list(TYPES[table or LAYERS])
        for name, cell in row.items():
            assert cell.isprintable()
            if TYPES[table or LAYERS][name] is str:
                parts = cell.split(";")
                assert not any(part.lstrip().startswith(("=", "+", "-", "@")) for part in parts)
    assert len(parquet_rows(named, table)) == len(rows)
    if table == "files":
        assert {row["path"] for row in ndjson_rows(named, table)} == {text}


@pytest.mark.parametrize(
    ("column", "cells", "says"),
    [
        ("effect_bytes", ["1", 2, 3, 4], "tables.growth.effect_bytes: expected whole numbers"),
        ("effect_bytes", [1.5, 2, 3, 4], "tables.growth.effect_bytes: expected whole numbers"),
        ("effect_bytes", [1, 2, 3], "tables.growth: its columns are not of one length"),
        ("effect_bytes", [2**63, 2, 3, 4], "a number has no room in 64 bits"),
        ("effect_bytes", [-(2**70), 2, 3, 4], "a number has no room in 64 bits"),
    ],
)
def test_damaged_table_is_a_bad_document(
    report: Report, column: str, cells: list[int | float | str | None], says: str
) -> None:
    growth = {**report.tables["growth"], column: cells}
    damaged = msgspec.structs.replace(report, tables={"growth": growth})

    with pytest.raises(BadDocumentError, match=says):
        report_parquet(damaged, table="growth")


def test_table_without_a_column_is_a_bad_document_and_absent_tables_are_wrong_usage(
    report: Report,
) -> None:
    growth = {name: cells for name, cells in report.tables["growth"].items() if name != "layer"}
    damaged = msgspec.structs.replace(report, tables={"growth": growth})

    with pytest.raises(BadDocumentError, match="expected a column layer, found none"):
        report_csv(damaged, table="growth")
    with pytest.raises(UsageError, match="no table 'files'"):
        report_ndjson(damaged, table="files")


def test_long_tables_come_in_pieces(report: Report) -> None:
    columns: dict[str, list[int | float | str | None]] = {
        "image": [0] * 12_000,
        "layer": [*range(12_000)],
        "effect_bytes": [-1] * 12_000,
    }
    long = msgspec.structs.replace(report, tables={"growth": columns})

    pieces = list(report_csv(long, table="growth"))

    assert len(pieces) == 3
    rows = b"".join(pieces).split(b"\r\n")
    assert (rows[0], rows[1], rows[12_000], rows[12_001:]) == (
        b"image,layer,effect_bytes",
        b"0,0,-1",
        b"0,11999,-1",
        [b""],
    )
