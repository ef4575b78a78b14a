"""Tables of reports that are not what they should be: one error that says where, never a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import BadDocumentError
from layerscope.gate.report_tables import ReportTables
from tests.gate.made import files_table, image_row, packages_table, report_of

if TYPE_CHECKING:
    from tests.gate.made import Cell, Table

ROW = image_row([("A", 1, 9, 2)])


def tables(name: str, table: Table) -> ReportTables:
    return ReportTables(report_of(ROW, tables={name: table}))


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("path", 7, "path: expected texts"),
        ("path", None, "path: expected texts"),
        ("size_bytes", "7", "size_bytes: expected whole numbers from 0"),
        ("size_bytes", 7.0, "size_bytes: expected whole numbers from 0"),
        ("size_bytes", -1, "size_bytes: expected whole numbers from 0"),
        ("size_bytes", 6, "expected 7 visible bytes, found 6"),
        ("layer", 1, "layer: expected indexes of layers"),
        ("layer", -1, "layer: expected indexes of layers"),
        ("layer", "0", "layer: expected indexes of layers"),
        ("content", 5, "content: expected digests or null"),
    ],
)
def test_file_that_no_image_holds_is_a_bad_document(column: str, cell: Cell, message: str) -> None:
    table = files_table({"path": "/a", "size_bytes": 7, column: cell})

    with pytest.raises(BadDocumentError) as caught:
        tables("files", table).files(0)

    assert caught.value.problem == f"tables.files: {message}"
    assert caught.value.reading == "report: app.tar:@0"


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("name", None, "name: expected texts"),
        ("purl", 1, "purl: expected texts"),
        ("files", None, "files: expected whole numbers from 0"),
        ("visible_bytes", -7, "visible_bytes: expected whole numbers from 0"),
        ("visible_bytes", 8, "expected 7 visible and 2 hidden bytes, found 8 and 2"),
        ("hidden_bytes", 0, "expected 7 visible and 2 hidden bytes, found 7 and 0"),
    ],
)
def test_package_that_no_image_holds_is_a_bad_document(
    column: str, cell: Cell, message: str
) -> None:
    table = packages_table({"name": "a", "visible_bytes": 7, "hidden_bytes": 2, column: cell})

    with pytest.raises(BadDocumentError) as caught:
        tables("packages", table).packages(0)

    assert caught.value.problem == f"tables.packages: {message}"


def test_column_that_is_not_there_is_named() -> None:
    table = files_table({"path": "/a", "size_bytes": 7})
    del table["linked_to"]

    with pytest.raises(BadDocumentError, match=r"tables\.files: expected a column linked_to"):
        tables("files", table).files(0)


def test_columns_of_several_lengths_are_a_bad_document() -> None:
    table = packages_table({"name": "a", "visible_bytes": 7, "hidden_bytes": 2})
    table["name"].append("b")

    with pytest.raises(BadDocumentError, match="columns of one length"):
        tables("packages", table).packages(0)


def test_rows_of_an_image_need_not_stand_together() -> None:
    rows = [ROW, image_row([("B", 1, 1, 0)], input="b.tar")]
    table = files_table(
        {"path": "/a", "size_bytes": 4},
        {"path": "/b", "size_bytes": 1, "image": 1},
        {"path": "/c", "size_bytes": 3},
    )

    found = ReportTables(report_of(*rows, tables={"files": table})).files(0)

    assert found is not None
    assert (found.paths, found.sizes) == (["/a", "/c"], [4, 3])


def test_path_that_cannot_be_bytes_is_a_bad_document() -> None:
    from layerscope.gate.report_paths import inside  # noqa: PLC0415 - its only test

    with pytest.raises(BadDocumentError, match="UTF-8"):
        inside("*", ["/\ud800"])
