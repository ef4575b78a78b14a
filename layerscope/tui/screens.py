"""What opens over the two panes: the help, and the list of what is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from layerscope.tui import words
from layerscope.tui.keys import help_lines
from layerscope.tui.lines import PLAIN, Lines
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from layerscope.analysis.waste import Wasted

_FRAME = """
    align: center middle;
    & > Vertical { width: 92%; height: 90%; border: solid $primary; }
    & Lines { height: 1fr; }
    & .head { height: 1; text-style: bold; }
"""
_CLOSE = Binding("escape,q", "leave", "close", show=False)


class HelpScreen(ModalScreen[None]):
    """All keys, scrolled with the same keys as every list."""

    DEFAULT_CSS = f"HelpScreen {{ {_FRAME} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("question_mark", "leave", "close", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical():
            yield Static("Keys; Esc closes", classes="head", markup=False)
            yield Lines(id="help")

    def on_mount(self) -> None:
        """Fill it."""
        said = help_lines()
        self.query_one(Lines).show(len(said), lambda at: (said[at], PLAIN))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)


class WasteScreen(ModalScreen["Wasted | None"]):
    """Every hidden copy, the biggest first; gives back the one that was chosen.

    Args:
        wasted: In the order of the list.
    """

    DEFAULT_CSS = f"WasteScreen {{ {_FRAME} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        _CLOSE,
        Binding("w", "leave", "close", show=False),
        Binding("enter", "choose", "go there", show=False),
    ]

    def __init__(self, wasted: Sequence[Wasted]) -> None:
        super().__init__()
        self._wasted = wasted

    def compose(self) -> ComposeResult:
        """The list under its head."""
        total = bytes_text(sum(each.size_bytes for each in self._wasted))
        copies = counted(len(self._wasted), "hidden copy", "hidden copies")
        with Vertical():
            yield Static(f"{copies}, {total}; Enter goes there", classes="head", markup=False)
            yield Static(words.WASTE_HEAD, classes="head", markup=False)
            yield Lines(id="wasted")

    def on_mount(self) -> None:
        """Fill it."""
        wasted = self._wasted
        self.query_one(Lines).show(len(wasted), lambda at: (words.waste_line(wasted[at]), PLAIN))

    def on_lines_clicked(self) -> None:
        """A click on the cursor chooses."""
        self.action_choose()

    def action_choose(self) -> None:
        """Close, and go there."""
        at = self.query_one(Lines).cursor
        self.dismiss(self._wasted[at] if self._wasted else None)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)


def plain(lines: Sequence[str]) -> Text:
    """Lines for a widget that would read a `str` as markup."""
    return Text("\n".join(lines), no_wrap=False)
