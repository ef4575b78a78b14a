"""Cells of CSV that no spreadsheet computes, and lines of them.

RFC 4180: commas, quotes where they are needed, CRLF. A spreadsheet computes what begins like a
formula: such texts get an apostrophe in front, as OWASP advises ("CSV Injection"). Texts are on
one line, with what cannot be printed escaped.
"""

from __future__ import annotations

import csv
import re
from io import StringIO
from typing import TYPE_CHECKING

from layerscope.render.escape import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    Cell = int | float | str | None

CELL_CHARACTERS = 4096
"""How long a text is at most: a path may be as long."""

PIECE_ROWS = 5000

# Full-width signs too: some spreadsheets read them as the plain ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - those are meant

_PARTED = re.compile(f"(; *)([{re.escape(''.join(_FORMULA))}])")
_PLAIN = re.compile(r"[A-Za-z0-9/._][ -:<-~]*", re.ASCII)
"""What needs no second look: it begins harmlessly, is printable, and holds no semicolon."""


def safe_cell(text: str) -> str:
    r"""A text that no spreadsheet computes, on one line.

    >>> safe_cell("=1+1"), safe_cell("a=1"), safe_cell("\t=1")
    ("'=1+1", 'a=1', "'\\x09=1")
    """
    if len(text) <= CELL_CHARACTERS and _PLAIN.fullmatch(text):
        return text
    guarded = text.lstrip().startswith(_FORMULA) or text.startswith(_FORMULA)
    # Where the comma is the decimal point, spreadsheets part cells at semicolons.
    parted = _PARTED.sub(r"\1'\2", line(text, CELL_CHARACTERS))
    return f"'{parted}" if guarded else parted


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A header and rows as UTF-8, some thousand rows at a time; cells of None are empty.

    Texts are made safe here; numbers are written as they are.
    """
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    for count, row in enumerate(rows, 1):
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in row])
        if count % PIECE_ROWS == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: StringIO) -> bytes:
    data = text.getvalue().encode("utf-8", "backslashreplace")
    text.seek(0)
    text.truncate()
    return data
