"""A list of lines in the terminal that draws only what is seen, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from layerscope.tui.keys import LIST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual import events
    from textual.binding import BindingType

    from layerscope.tui.keys import Key

Draw = tuple[str, Style]
"""The text of a line, printable and on one line, and its look."""

PLAIN = Style()


def bindings(keys: Iterable[Key]) -> list[BindingType]:
    """What a widget binds for these keys."""
    return [Binding(key.keys, key.action, key.meaning, show=False) for key in keys]


class Lines(ScrollView, can_focus=True):
    """A list with a cursor. Texts are shown letter for letter: nothing in them is markup.

    Attributes:
        cursor: The line that keys act on.
    """

    BINDINGS: ClassVar[list[BindingType]] = bindings(LIST)

    class Moved(Message):
        """The cursor is on another line."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

    class Clicked(Moved):
        """The line of the cursor was clicked once more."""

    def __init__(self, *, id: str) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self.cursor = 0
        self._count = 0
        self._draw: Callable[[int], Draw] = lambda _: ("", PLAIN)

    def show(self, count: int, draw: Callable[[int], Draw], cursor: int = 0) -> None:
        """Show other lines.

        Args:
            count: How many.
            draw: Gives one of them; called for those that are seen.
            cursor: Where the cursor goes; the nearest line there is.
        """
        self._count, self._draw = count, draw
        self.virtual_size = Size(self.scrollable_content_region.width, count)
        self.cursor = max(0, min(cursor, count - 1))
        self.refresh()
        self.call_after_refresh(self._follow)

    def go(self, line: int) -> None:
        """Put the cursor on a line, the nearest there is, and tell of it."""
        line = max(0, min(line, self._count - 1))
        if line != self.cursor:
            self.cursor = line
            self.refresh()
            self._follow()
            self.post_message(self.Moved(self))

    def action_move(self, by: int) -> None:
        """Up or down by some lines."""
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Up or down by some pages; one line of the last page stays in sight."""
        self.go(self.cursor + by * max(1, self.size.height - 1))

    def action_edge(self, last: int) -> None:
        """To the first or the last line."""
        self.go(last * self._count)

    def render_line(self, y: int) -> Strip:
        """One row of the widget."""
        width = self.scrollable_content_region.width
        base = self.rich_style
        line = y + round(self.scroll_offset.y)
        if line >= self._count:
            return Strip.blank(width, base)
        text, look = self._draw(line)
        mark, style = " ", base + look
        if line == self.cursor:
            mark = ">"
            style += Style(reverse=True) if self.has_focus else Style(bold=True)
        return Strip([Segment(mark + text, style)]).adjust_cell_length(width, style)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; one on the cursor acts."""
        line = event.y + round(self.scroll_offset.y)
        if line >= self._count:
            return
        if line == self.cursor:
            self.post_message(self.Clicked(self))
        self.go(line)

    def _follow(self) -> None:
        """Scroll so that the cursor is in sight."""
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
