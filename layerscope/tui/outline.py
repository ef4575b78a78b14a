"""The lines of a view that are seen: what is open, filtered, searched for, and in which order."""

from __future__ import annotations

from enum import StrEnum
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from layerscope.tui.view import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.tui.index import Index
    from layerscope.tui.view import View

ALL_STATES = frozenset(State)


class Order(StrEnum):
    """What the entries of a directory are sorted by."""

    NAME = "name"
    SIZE = "size"


class Line(NamedTuple):
    """One line: a node, how deep it lies, whether it can be opened, and whether it is."""

    node: int
    depth: int
    folder: bool
    opened: bool


class Outline:
    """What is shown of a view; the choices outlive it, so that another layer is shown alike.

    Attributes:
        states: Which states are shown; a directory is if anything below it is.
        hidden_only: Whether only paths with hidden bytes are shown.
        order: By name, or the biggest first.
        query: Only paths that hold this text are shown, upper and lower case of ASCII letters
            alike; empty for all. What is found is open.
    """

    def __init__(self) -> None:
        self.states = ALL_STATES
        self.hidden_only = False
        self.order = Order.NAME
        self.query = ""
        self._all_open = False
        self._toggled: set[bytes] = set()
        self._closed: set[bytes] = set()
        self._lowered: tuple[Index, list[bytes]] | None = None

    def lines(self, view: View) -> list[Line]:
        """The lines of a view from the top, without the root itself."""
        below = self._kept(view)
        ends, paths = view.index.ends, view.index.paths
        found: list[Line] = []
        # Directories that are open and not yet written out; a stack, since trees may be deep.
        todo = [(child, 0) for child in reversed(self._children(view, 0, below))]
        while todo:
            node, depth = todo.pop()
            folder = below[ends[node]] > below[node + 1]
            opened = folder and self._is_open(paths[node])
            found.append(Line(node, depth, folder, opened))
            if opened:
                inside = self._children(view, node, below)
                todo += [(child, depth + 1) for child in reversed(inside)]
        return found

    def matches(self, view: View) -> int:
        """How many paths pass all filters; directories that are shown only for others are not."""
        return self._kept(view)[-1]

    def toggle(self, path: bytes) -> None:
        """Opens a directory that is closed, closes one that is open."""
        places = self._closed if self.query else self._toggled
        places.symmetric_difference_update((path,))

    def open_to(self, path: bytes) -> None:
        """Opens all directories that a path is in."""
        parent = path.rpartition(b"/")[0]
        while parent:
            if not self._is_open(parent):
                self.toggle(parent)
            parent = parent.rpartition(b"/")[0]

    def toggle_all(self) -> None:
        """Opens all directories, or closes them if all were opened before."""
        self._all_open = not self._all_open
        self._toggled.clear()
        self._closed.clear()

    def toggle_state(self, state: State) -> None:
        """Shows a state, or no longer."""
        self.states = self.states ^ {state}

    def toggle_hidden(self) -> None:
        """Shows only paths with hidden bytes, or all again."""
        self.hidden_only = not self.hidden_only

    def toggle_order(self) -> None:
        """Sorts by size instead of name, or the other way round."""
        self.order = Order.SIZE if self.order is Order.NAME else Order.NAME

    def search(self, query: str) -> None:
        """Shows only paths that hold the text; an empty text shows all again."""
        if bool(query) != bool(self.query):
            self._closed.clear()
        self.query = query

    def show_all(self) -> None:
        """Takes all filters away, the order stays."""
        self.states, self.hidden_only = ALL_STATES, False
        self.search("")

    def _is_open(self, path: bytes) -> bool:
        if self.query:
            return path not in self._closed
        return self._all_open != (path in self._toggled)

    def _children(self, view: View, node: int, below: list[int]) -> list[int]:
        ends = view.index.ends
        shown = [child for child in view.index.children(node) if below[ends[child]] > below[child]]
        if self.order is Order.SIZE:
            # Python's sort is stable: what is equal stays in the order of names.
            shown.sort(key=view.total, reverse=True)
        return shown

    def _kept(self, view: View) -> list[int]:
        """How many nodes before each one pass all filters, and how many do in all."""
        table = bytes(code in self.states for code in range(256))
        kept: Iterable[int] = view.states.translate(table)
        if self.hidden_only:
            kept = [one and amount > 0 for one, amount in zip(kept, view.hidden, strict=True)]
        if self.query:
            wanted = self.query.encode("utf-8", "surrogateescape").lower()
            kept = [
                one and wanted in path for one, path in zip(kept, self._lower(view), strict=True)
            ]
        return list(accumulate(kept, initial=0))

    def _lower(self, view: View) -> list[bytes]:
        if self._lowered is None or self._lowered[0] is not view.index:
            self._lowered = (view.index, [path.lower() for path in view.index.paths])
        return self._lowered[1]
