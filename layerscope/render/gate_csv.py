"""A verdict as a table for spreadsheets: a row for each check, in the order of the document.

It has a header. Numbers are whole bytes or as the document has them; texts are as `csv_cells` makes
them safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.csv_cells import csv_pieces
from layerscope.render.gate_words import culprit, names_apart

if TYPE_CHECKING:
    from layerscope.gate.verdict import CheckRow, Verdict

COLUMNS = (
    "budget",
    "image",
    "platform",
    "scope",
    "pattern",
    "part",
    "layer",
    "metric",
    "unit",
    "value",
    "baseline",
    "delta",
    "outcome",
    "counts_as",
    "severity",
    "limits",
    "reason",
    "culprit",
)
"""The header."""


def gate_csv(verdict: Verdict) -> bytes:
    """The checks as UTF-8 CSV, with CRLF; cells of what is not known are empty."""
    names = names_apart(verdict.images)
    rows = []
    for check in verdict.checks:
        image = None if check.image is None else verdict.images[check.image]
        platform = str(image.name.platform) if image else ""
        rows.append(_row(check, "" if check.image is None else names[check.image], platform))
    return b"".join(csv_pieces(COLUMNS, rows))


def _row(check: CheckRow, name: str, platform: str) -> list[str | int | float | None]:
    limits = "; ".join(f"{row.kind} {row.limit}" for row in check.limits)
    return [
        check.budget,
        name,
        platform,
        check.scope.kind,
        check.scope.pattern,
        check.part,
        check.layer,
        check.metric,
        check.unit,
        check.value,
        check.baseline,
        check.delta,
        check.outcome,
        check.counts_as,
        check.severity,
        limits,
        check.reason,
        culprit(check),
    ]
