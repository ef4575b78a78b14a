"""Does a path match a row of items? In time that no pattern can make explode.

Three ways to the same answer. A row with at most two stars that could go back runs as a Python
regular expression, which on a short path goes back no more than once for each pair of characters.
Other rows run as an automaton that is made as paths need it (`ignore_automaton`). Rows with an odd
anchor run on sets of places: one bit for each place of the path, one operation on whole numbers
for each item.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_automaton import Automaton
from layerscope.dockerfile.ignore_items import NOT_LINE_END, SLASH, WORD, CharClass, Item, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_STARS = 2
MAX_ITEMS = 1_000
MAX_PATH = 1_024
"""Up to here a Python regular expression is used."""

_VARIABLE = (Kind.MANY, Kind.FOLDERS)
_EDGES = (Kind.EDGE, Kind.NO_EDGE)
_ZERO_WIDTH = {Kind.START: r"\A", Kind.END: r"\Z"}


class Matcher:
    """One row of items, ready to be matched against many paths.

    Attributes:
        expression: The row as a Python regular expression; None where that could take long, or
            cannot be written.
    """

    __slots__ = ("_automaton", "_compiled", "_items", "_least", "_tail", "expression")

    def __init__(self, items: Iterable[Item]) -> None:
        """Nothing is compiled yet: most patterns are only ever asked together with others."""
        self._items = simplified(items)
        self._least = sum(item.kind is Kind.ONE for item in self._items)
        self._tail = tail(self._items)
        self.expression = expression(self._items)
        self._compiled: re.Pattern[str] | None = None
        self._automaton: Automaton | None = None

    def matches(self, path: str) -> bool:
        """Does the row match from the start of `path` (runes)? To its end, if `END` is in it."""
        if not path.endswith(self._tail) or len(path) < self._least:
            return False
        if self.expression is not None and len(path) <= MAX_PATH:
            if self._compiled is None:
                self._compiled = re.compile(self.expression)
            return self._compiled.match(path) is not None
        if self._automaton is None:
            if len(self._items) > MAX_ITEMS or not Automaton.takes(self._items):
                return self.matches_by_places(path)
            self._automaton = Automaton(self._items)
        return self._automaton.matches(path)

    def matches_by_places(self, path: str) -> bool:
        """The same answer, by sets of places; time grows with items times length."""
        places = _Places(path)
        reached = 1
        for item in self._items:
            reached = places.after(item, reached)
            if not reached:
                return False
        return True


def simplified(items: Iterable[Item]) -> list[Item]:
    """The row without a star that follows the same star."""
    kept: list[Item] = []
    for item in items:
        if item.kind not in _VARIABLE or not kept or kept[-1] != item:
            kept.append(item)
    return kept


def tail(items: Sequence[Item]) -> str:
    """The text that every path that matches ends with."""
    if not items or items[-1].kind is not Kind.END:
        return ""
    chars: list[str] = []
    for item in reversed(items[:-1]):
        if item.kind is not Kind.ONE or not item.chars.literal:
            break
        chars.append(item.chars.literal)
    return "".join(reversed(chars))


def expression(items: Sequence[Item]) -> str | None:
    """The row as a Python regular expression, if it has few stars that could go back."""
    if len(items) > MAX_ITEMS:
        return None
    if any(item.kind in _EDGES or item.chars.categories for item in items):
        return None
    parts: list[str] = []
    stars = 0
    for item, following in pairwise([*items, Item(Kind.ONE)]):
        if item.kind is Kind.MANY:
            # Where what follows is no character of the star, giving one back cannot help.
            char = following.chars.literal
            settled = following.kind is Kind.END or (
                following.kind is Kind.ONE and char != "" and not item.chars.holds(char)
            )
            stars += not settled
            parts.append(item.chars.expression() + ("*+" if settled else "*"))
        elif item.kind is Kind.FOLDERS:
            stars += 1
            parts.append(r"(?:[^\n]*/)?")
        else:
            parts.append(_ZERO_WIDTH.get(item.kind) or item.chars.expression())
    return "".join(parts) if stars <= MAX_STARS else None


class _Places:
    """Sets of places between the characters of a path: bit N is the place before character N."""

    __slots__ = ("_characters", "_end", "_known", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._characters = set(path)
        self._end = 1 << len(path)
        self._known: dict[CharClass, int] = {}

    def after(self, item: Item, reached: int) -> int:
        """The places where `item` can end if it starts at one of those in `reached`."""
        match item.kind:
            case Kind.ONE:
                return (reached & self._before(item.chars)) << 1
            case Kind.MANY:
                return self._run(item.chars, reached)
            case Kind.FOLDERS:
                return reached | (self._run(NOT_LINE_END, reached) & self._before(SLASH)) << 1
            case Kind.START:
                return reached & 1
            case Kind.END:
                return reached & self._end
        # The edge of a word is where a word character stands on one side only.
        words = self._before(WORD)
        edges = words ^ (words << 1)
        return reached & (edges if item.kind is Kind.EDGE else ~edges)

    def _before(self, chars: CharClass) -> int:
        """The places before a character of the class."""
        places = self._known.get(chars)
        if places is None:
            digits = {ord(char): "01"[chars.holds(char)] for char in self._characters}
            places = int(self._path.translate(digits)[::-1] or "0", 2)
            self._known[chars] = places
        return places

    def _run(self, chars: CharClass, reached: int) -> int:
        """All places that can be reached over characters of the class alone.

        The sum carries from the first place of a run of such characters to the end of the run.
        """
        places = self._before(chars)
        return reached | ((places + (reached & places)) ^ places)
