"""A verdict as a table for spreadsheets: a row for each check, in the order of the document.

RFC 4180: commas, quotes where they are needed, CRLF, a header. Numbers are whole bytes or as the
document has them. A spreadsheet computes what begins like a formula: such texts get an apostrophe
in front, as OWASP advises ("CSV Injection"). Texts are on one line, with what cannot be printed
escaped.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.render.gate_words import PATH_CHARACTERS, culprit, names_apart

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

# Full-width signs too: some spreadsheets read them as the plain ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - those are meant

_PARTED = re.compile(f"(; *)([{re.escape(''.join(_FORMULA))}])")


def gate_csv(verdict: Verdict) -> bytes:
    """The checks as UTF-8 CSV, with CRLF; cells of what is not known are empty."""
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    names = names_apart(verdict.images)
    for check in verdict.checks:
        image = None if check.image is None else verdict.images[check.image]
        platform = str(image.name.platform) if image else ""
        writer.writerow(_row(check, "" if check.image is None else names[check.image], platform))
    return text.getvalue().encode("utf-8", "backslashreplace")


def safe_cell(text: str) -> str:
    r"""A text that no spreadsheet computes, on one line.

    >>> safe_cell("=1+1"), safe_cell("a=1"), safe_cell("\t=1")
    ("'=1+1", 'a=1', "'\\x09=1")
    """
    guarded = text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA)
    # Where the comma is the decimal point, spreadsheets part cells at semicolons.
    parted = _PARTED.sub(r"\1'\2", line(text, PATH_CHARACTERS))
    return f"'{parted}" if guarded else parted


def _row(check: CheckRow, name: str, platform: str) -> list[str | int | float | None]:
    limits = "; ".join(f"{row.kind} {row.limit}" for row in check.limits)
    return [
        safe_cell(check.budget),
        safe_cell(name),
        safe_cell(platform),
        check.scope.kind,
        safe_cell(check.scope.pattern),
        check.part,
        check.layer,
        safe_cell(check.metric),
        check.unit,
        check.value,
        check.baseline,
        check.delta,
        check.outcome,
        check.counts_as,
        check.severity,
        limits,
        safe_cell(check.reason),
        safe_cell(culprit(check)),
    ]
