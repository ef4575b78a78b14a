"""A page of text: titles, lines and tables laid out by rich for a width, with or without styles.

Cells are `rich.text.Text` and never markup; what they hold has gone through `render.escape`.
"""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from rich.box import Box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Sequence

UNKNOWN = "?"
SIZES = ("compressed", "uncompressed", "content")
NARROW_SIZES = ("com-\npressed", "uncom-\npressed", "content")
"""Headers of the three sizes, the second time broken to leave room for more columns."""

# A line of dashes below the header and between sections, in ASCII, which every terminal has.
_RULE = Box("    \n    \n -- \n    \n -- \n    \n    \n    \n", ascii=True)


class Page:
    """Text that grows from top to bottom.

    Args:
        width: Columns that lines may take.
        styled: Whether to write the escape sequences of bold and colour. No meaning is in them.
    """

    def __init__(self, width: int, *, styled: bool) -> None:
        self._text = StringIO()
        self._console = Console(
            file=self._text,
            width=width,
            force_terminal=styled,
            color_system="standard" if styled else None,
            no_color=False,
            legacy_windows=False,
            force_interactive=False,
            markup=False,
            highlight=False,
            emoji=False,
        )

    def title(self, text: str, about: str = "") -> None:
        """A heading on its own line, after an empty line, with words beside it."""
        if self._text.tell():
            self._console.print()
        heading = Text(text, style="bold")
        if about:
            heading.append(f"  {about}", style="not bold")
        self._console.print(heading, soft_wrap=True)

    def line(self, text: str, style: str = "") -> None:
        """One line, which may be longer than the page is wide."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def table(self, table: Table) -> None:
        """A table; wider than the page where that has no room for it, rather than cut."""
        self._console.print(table, crop=False)

    def encoded(self) -> bytes:
        """The page so far, each line without blanks at its end."""
        lines = self._text.getvalue().splitlines()
        return "".join(f"{line.rstrip()}\n" for line in lines).encode("utf-8", "backslashreplace")


def table_of(*columns: tuple[str, str]) -> Table:
    """An empty table; each column is its header and `left`, `right` or `text`.

    A `text` column gives way when the page is narrow: its cells are cut, the others never are.
    """
    table = Table(
        box=_RULE, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", show_edge=False
    )
    for header, kind in columns:
        table.add_column(
            Text(header),
            justify="right" if kind == "right" else "left",
            no_wrap=kind != "text",
            min_width=12 if kind == "text" else None,
            vertical="bottom",
        )
    return table


def add_row(table: Table, cells: Sequence[str], style: str = "") -> None:
    """Put a row of safe texts at the end of the table."""
    table.add_row(*(Text(cell, no_wrap=True, overflow="ellipsis") for cell in cells), style=style)


def sizes(*counts: int | None) -> list[str]:
    """Cells for numbers of bytes, `?` for what was not measured."""
    return [UNKNOWN if count is None else bytes_text(count) for count in counts]
