"""A report as lines of JSON: an image a line, or a row of one of its tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from layerscope.render.report_columns import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.report.document import Report


def report_ndjson(report: Report, *, table: str | None = None) -> Iterator[bytes]:
    r"""ASCII lines, each a JSON object with sorted keys, as they are in the whole document.

    A line is an image as in `images`, so it tells its `input` and `index` there; bytes of names
    that are not UTF-8 are `\udc80` to `\udcff`. Skipped parts and faults are in the whole document.

    Args:
        report: The report.
        table: See `report_columns.columns_of`, and for what it raises; None means images.
    """
    if table is None:
        return _lines(msgspec.to_builtins(image) for image in report.images)
    columns = columns_of(report, table)
    return _lines(
        dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
    )


def _lines(values: Iterator[object]) -> Iterator[bytes]:
    encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True).encode
    for value in values:
        yield f"{encode(value)}\n".encode("ascii")
