"""Lines of text that keep to a width, counted in the columns of a terminal, not in characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "  "
"""Between what stands side by side on a line."""


def fitted(text: str, columns: int) -> str:
    """A text of exactly so many columns: cut with `…` at its end, or with blanks behind it.

    >>> fitted("abcdef", 4), fitted("ab", 4)
    ('abc…', 'ab  ')
    """
    if cell_len(text) <= columns:
        return set_cell_size(text, columns)
    return f"{set_cell_size(text, columns - 1)}…"


def aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """A row of a table: the first cell on the left and cut to its width, the others on the right.

    >>> aligned(["a long name", "1 B", "20 B"], [6, 5, 5])
    'a lon…    1 B   20 B'
    """
    numbers = [text.rjust(width) for text, width in zip(cells[1:], widths[1:], strict=True)]
    return GAP.join([fitted(cells[0], widths[0]), *numbers])


def laid_out(pieces: Sequence[str], width: int, indent: int) -> list[str]:
    """The pieces side by side in lines of at most `width` columns; all but the first indented.

    A piece that has no room beside the others begins a line. One longer than a line is broken
    between words, a longer word within.

    >>> laid_out(["FAIL", "a title", "more"], 14, 6)
    ['FAIL  a title', '      more']
    """
    lines: list[str] = []
    for piece in pieces:
        if lines and cell_len(lines[-1]) + len(GAP) + cell_len(piece) <= width:
            lines[-1] += GAP + piece
            continue
        # The title stays beside its outcome, however long it is.
        start = lines.pop() + GAP if len(lines) == 1 and cell_len(lines[0]) <= indent else ""
        lines += _broken(piece, width, start or " " * (indent if lines else 0), indent)
    return lines


def _broken(text: str, width: int, start: str, indent: int) -> list[str]:
    lines = [start]
    empty = True
    for word in text.split(" "):
        rest = word
        if not empty and cell_len(lines[-1]) + 1 + cell_len(rest) <= width:
            lines[-1] += f" {rest}"
            continue
        if not empty:
            lines.append(" " * indent)
        while cell_len(lines[-1]) + cell_len(rest) > width:
            room = width - cell_len(lines[-1])
            head = _head(rest, room)
            lines[-1] += head
            rest = rest[len(head) :]
            lines.append(" " * indent)
        lines[-1] += rest
        empty = False
    return lines


def _head(text: str, columns: int) -> str:
    """As many characters as have room; at least one, so that there is an end."""
    used = 0
    for index, char in enumerate(text):
        used += cell_len(char)
        if used > columns:
            return text[: max(index, 1)]
    return text
