"""Does a path match a row of items? In time that no pattern can make explode.

A row with at most two stars runs as a Python regular expression, which then goes back over a short
path no more than once for each character. Any other row, and any long path, is run on sets of
positions: one bit for each place of the path, one operation on a whole number for each item.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_items import NOT_LINE_END, SLASH, WORD, CharClass, Item, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_STARS = 2
MAX_ITEMS = 1_000
MAX_PATH = 1_024
"""Up to here a Python regular expression is used."""

_VARIABLE = (Kind.MANY, Kind.FOLDERS)
_ZERO_WIDTH = {Kind.START: r"\A", Kind.END: r"\Z"}


def expression(items: Sequence[Item]) -> str | None:
    """The row as a Python regular expression; None where that could take long or does not exist."""
    stars = sum(item.kind in _VARIABLE for item in items)
    if stars > MAX_STARS or len(items) > MAX_ITEMS:
        return None
    if any(item.kind in (Kind.EDGE, Kind.NO_EDGE) or item.chars.categories for item in items):
        return None
    return "".join(map(_part, items))


def _part(item: Item) -> str:
    if item.kind is Kind.FOLDERS:
        return r"(?:[^\n]*/)?"
    if item.kind in _ZERO_WIDTH:
        return _ZERO_WIDTH[item.kind]
    return item.chars.expression() + ("*" if item.kind is Kind.MANY else "")


class Matcher:
    """One row of items, ready to be matched against many paths.

    Attributes:
        expression: The row as a Python regular expression, or None.
    """

    __slots__ = ("_compiled", "_items", "_least", "expression")

    def __init__(self, items: Iterable[Item]) -> None:
        """Nothing is compiled yet: most patterns are only ever asked together with others."""
        self._items = list(items)
        self._least = sum(item.kind is Kind.ONE for item in self._items)
        self.expression = expression(self._items)
        self._compiled: re.Pattern[str] | None = None

    def matches(self, path: str) -> bool:
        """Does the row match from the start of `path` (runes)? To its end, if `END` is in it."""
        if self.expression is not None and len(path) <= MAX_PATH:
            if self._compiled is None:
                self._compiled = re.compile(self.expression)
            return self._compiled.match(path) is not None
        return len(path) >= self._least and self.matches_by_positions(path)

    def matches_by_positions(self, path: str) -> bool:
        """The same answer, by sets of positions; time grows with items times length."""
        positions = _Positions(path)
        reached = 1
        for item in self._items:
            reached = positions.after(item, reached)
            if not reached:
                return False
        return True


class _Positions:
    """Sets of places between the characters of a path: bit N is the place before character N."""

    __slots__ = ("_characters", "_end", "_path", "_places")

    def __init__(self, path: str) -> None:
        self._path = path
        self._characters = set(path)
        self._end = 1 << len(path)
        self._places: dict[CharClass, int] = {}

    def after(self, item: Item, reached: int) -> int:
        """The places where `item` can end if it starts at one of those in `reached`."""
        match item.kind:
            case Kind.ONE:
                return (reached & self._of(item.chars)) << 1
            case Kind.MANY:
                return self._run(item.chars, reached)
            case Kind.FOLDERS:
                return reached | (self._run(NOT_LINE_END, reached) & self._of(SLASH)) << 1
            case Kind.START:
                return reached & 1
            case Kind.END:
                return reached & self._end
        # The edge of a word is where a word character stands on one side only.
        words = self._of(WORD)
        edges = words ^ (words << 1)
        return reached & (edges if item.kind is Kind.EDGE else ~edges)

    def _of(self, chars: CharClass) -> int:
        """The places before a character of the class."""
        places = self._places.get(chars)
        if places is None:
            digits = {ord(char): "01"[chars.holds(char)] for char in self._characters}
            places = int(self._path.translate(digits)[::-1] or "0", 2)
            self._places[chars] = places
        return places

    def _run(self, chars: CharClass, reached: int) -> int:
        """All places that can be reached over characters of the class alone.

        The sum carries from the first place of a run of such characters to the end of the run.
        """
        places = self._of(chars)
        return reached | ((places + (reached & places)) ^ places)
