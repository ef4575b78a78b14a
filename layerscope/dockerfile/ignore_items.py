"""What a pattern with wildcards is made of, once it is read: classes of characters and stars."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import Enum

LAST_CHARACTER = 0x10FFFF


@dataclass(frozen=True, slots=True)
class CharClass:
    """A set of characters.

    Attributes:
        ranges: First and last code point of each range.
        categories: General categories by their first letter, and whether all others are meant.
        negated: Is it every character that is not listed?
    """

    ranges: tuple[tuple[int, int], ...]
    categories: tuple[tuple[str, bool], ...] = ()
    negated: bool = False

    @classmethod
    def of(cls, chars: str, *, negated: bool = False) -> CharClass:
        """The class of these characters."""
        return cls(tuple((ord(char), ord(char)) for char in chars), negated=negated)

    @property
    def literal(self) -> str:
        """The only character of the class; empty if there are more or none."""
        if self.negated or self.categories or len(self.ranges) != 1:
            return ""
        (first, last) = self.ranges[0]
        return chr(first) if first == last else ""

    def holds(self, char: str) -> bool:
        """Is `char` one of them?"""
        code = ord(char)
        listed = any(first <= code <= last for first, last in self.ranges) or any(
            (unicodedata.category(char)[0] == letter) != others
            for letter, others in self.categories
        )
        return listed != self.negated

    def expression(self) -> str:
        """The same as a Python regular expression; a class with categories has none."""
        if self.literal:
            return re.escape(self.literal)
        if not self.ranges:
            return r"[\s\S]" if self.negated else "(?!)"
        inside = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in self.ranges)
        return f"[{'^' if self.negated else ''}{inside}]"


NOT_LINE_END = CharClass.of("\n", negated=True)
SLASH = CharClass.of("/")
WORD = CharClass(((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)))


class Kind(Enum):
    """What an item stands for."""

    ONE = "one character of the class"
    MANY = "any number of characters of the class"
    FOLDERS = "nothing, or anything on one line that ends in a slash: `(.*/)?`"
    START = "the start of the path"
    END = "the end of the path"
    EDGE = "the edge of a word"
    NO_EDGE = "no edge of a word"


@dataclass(frozen=True, slots=True)
class Item:
    """One step of a pattern; `chars` counts for `ONE` and `MANY` only."""

    kind: Kind
    chars: CharClass = NOT_LINE_END
