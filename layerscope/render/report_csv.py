"""A report as a table for spreadsheets: its layers, or one of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.csv_cells import csv_pieces
from layerscope.render.report_columns import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.report.document import Report


def report_csv(report: Report, *, table: str | None = None) -> Iterator[bytes]:
    """UTF-8 CSV with a header and CRLF: a row for each layer of each image, or those of a table.

    `image` is the position of the image in the report; cells of what is not known are empty. Texts
    are made safe for people and spreadsheets (`csv_cells`): JSON has them to the byte.

    Args:
        report: The report.
        table: See `report_columns.columns_of`, and for what it raises.
    """
    columns = columns_of(report, table)
    return csv_pieces(list(columns), zip(*columns.values(), strict=True))
