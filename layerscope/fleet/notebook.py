"""How the values of a fleet look in a notebook: a line that sums up, and the head of a table.

Everything that comes from an image is escaped: no name can become markup, an image that is fetched,
or a control character. Long texts are cut.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from layerscope.errors import shown
from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

HEAD_ROWS = 8
"""Rows that are shown of a table."""
CELL_CHARACTERS = 48
"""Of a text in a cell."""
SHORT_DIGEST = 12
"""Hexadecimal digits that are shown of a digest."""


def page(title: str, *parts: str) -> str:
    """A title and what is below it, as one piece of HTML."""
    return f"<div><strong>{escape(title)}</strong>{''.join(parts)}</div>"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], more: int = 0) -> str:
    """Rows as an HTML table.

    Args:
        heads: Names of the columns; the cells of one whose name ends in `bytes` are sizes.
        rows: Cells; None is shown as `?`.
        more: How many rows are left out, which a line below says.
    """
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    body = "".join(
        f"<tr>{''.join(_cell(name, cell) for name, cell in zip(heads, row, strict=True))}</tr>"
        for row in rows
    )
    rest = f"<p>and {more:,} more</p>" if more else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"


def digest_text(text: str | None) -> str | None:
    """A digest without its algorithm, cut to `SHORT_DIGEST` digits."""
    return None if text is None else text.partition(":")[2][:SHORT_DIGEST]


def _cell(head: str, value: object) -> str:
    if value is None:
        return "<td>?</td>"
    if isinstance(value, int):
        text = bytes_text(value) if head.endswith("bytes") else f"{value:,}"
        return f'<td style="text-align: right">{text}</td>'
    return f"<td>{escape(shown(value, CELL_CHARACTERS))}</td>"
