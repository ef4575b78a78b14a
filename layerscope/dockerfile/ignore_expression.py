r"""The regular expression that moby's matcher builds for a pattern, read as Go reads it.

The matcher of moby translates a pattern to a regular expression character by character and does
not look where it is. So `?` and `*` inside `[…]` end the class early, `\d` is a digit, `\Q` quotes
the rest with the end of the pattern, and an unknown escape is an error, found when a path is
matched. To give the same answers the expression is written in the same way and then read by the
rules of Go's `regexp/syntax`, of which only a part can occur: parentheses, `|`, `+` and braces are
always escaped, but for the one group that `**` becomes.
"""

from __future__ import annotations

from layerscope.dockerfile.ignore_items import (
    LAST_CHARACTER,
    NOT_LINE_END,
    WORD,
    CharClass,
    Item,
    Kind,
)

FOLDERS = "(.*/)?"
NOT_SLASH = "[^/]"

_PERL = {
    "d": CharClass(((0x30, 0x39),)),
    "s": CharClass(((0x09, 0x0A), (0x0C, 0x0D), (0x20, 0x20))),
    "w": WORD,
}
_POSIX = {
    "alnum": ((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    "alpha": ((0x41, 0x5A), (0x61, 0x7A)),
    "ascii": ((0x00, 0x7F),),
    "blank": ((0x09, 0x09), (0x20, 0x20)),
    "cntrl": ((0x00, 0x1F), (0x7F, 0x7F)),
    "digit": ((0x30, 0x39),),
    "graph": ((0x21, 0x7E),),
    "lower": ((0x61, 0x7A),),
    "print": ((0x20, 0x7E),),
    "punct": ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E)),
    "space": ((0x09, 0x0D), (0x20, 0x20)),
    "upper": ((0x41, 0x5A),),
    "word": WORD.ranges,
    "xdigit": ((0x30, 0x39), (0x41, 0x46), (0x61, 0x66)),
}
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_PLACES = {"A": Kind.START, "z": Kind.END, "b": Kind.EDGE, "B": Kind.NO_EDGE}
_ANCHORS = {"^": Kind.START, "$": Kind.END}
_CATEGORIES = frozenset("CLMNPSZ")
_OCTAL = frozenset("01234567")
_HEXADECIMAL = "0123456789abcdefABCDEF"


class BadExpressionError(ValueError):
    """Go would not compile the expression."""


def read(expression: str) -> list[Item]:
    """The items of a regular expression.

    Raises:
        BadExpressionError: Go refuses it.
    """
    return _Reader(expression).items()


def inverse(ranges: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """The ranges of all other characters."""
    others: list[tuple[int, int]] = []
    low = 0
    for first, last in sorted(ranges):
        if first > low:
            others.append((low, first - 1))
        low = max(low, last + 1)
    if low <= LAST_CHARACTER:
        others.append((low, LAST_CHARACTER))
    return tuple(others)


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def items(self) -> list[Item]:
        items: list[Item] = []
        while self._at < len(self._text):
            char = self._text[self._at]
            if self._text.startswith(FOLDERS, self._at):
                self._at += len(FOLDERS)
                items.append(Item(Kind.FOLDERS))
            elif char == "\\":
                items.extend(self._escaped())
            elif char == "[":
                items.append(Item(Kind.ONE, self._class()))
            elif char == "*":
                self._at += 1
                if not items or items[-1].kind is not Kind.ONE:
                    raise BadExpressionError("nothing to repeat")
                items[-1] = Item(Kind.MANY, items[-1].chars)
            else:
                self._at += 1
                items.append(_plain(char))
        return items

    def _escaped(self) -> list[Item]:
        """What a backslash outside of a class stands for."""
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in _PLACES:
            self._at += 2
            return [Item(_PLACES[letter])]
        if letter == "Q":
            quoted, _, _ = self._text[self._at + 2 :].partition("\\E")
            self._at = min(len(self._text), self._at + 2 + len(quoted) + len("\\E"))
            return [Item(Kind.ONE, CharClass.of(char)) for char in quoted]
        found = self._named()
        if found is None:
            found = CharClass.of(self._character())
        return [Item(Kind.ONE, found)]

    def _named(self) -> CharClass | None:
        r"""The class of a `\d`, `\pL` or the like; None, with nothing read, for anything else."""
        text, at = self._text, self._at
        letter = text[at + 1 : at + 2]
        if letter in ("p", "P"):
            # A name in braces cannot occur: the matcher escapes the brace.
            category = text[at + 2 : at + 3]
            if not category.isascii() or category.upper() not in _CATEGORIES:
                raise BadExpressionError("an unknown category")
            self._at += 3
            return CharClass((), ((category.upper(), letter == "P"),))
        perl = _PERL.get(letter.lower())
        if perl is None:
            return None
        self._at += 2
        return CharClass(inverse(perl.ranges)) if letter.isupper() else perl

    def _character(self) -> str:
        """The character that an escape stands for."""
        text = self._text
        letter = text[self._at + 1 : self._at + 2]
        rest = self._at + 2
        if not letter or not letter.isascii():
            raise BadExpressionError("an unknown escape")
        if letter == "x":
            digits = text[rest : rest + 2]
            if len(digits) < 2 or digits.strip(_HEXADECIMAL):
                raise BadExpressionError("an unknown escape")
            self._at = rest + 2
            return chr(int(digits, 16))
        if letter == "0" or (letter in _OCTAL and text[rest : rest + 1] in _OCTAL):
            end = rest
            while end < rest + 2 and text[end : end + 1] in _OCTAL:
                end += 1
            self._at = end
            return chr(int(text[rest - 1 : end], 8))
        self._at = rest
        if letter in _CONTROLS:
            return _CONTROLS[letter]
        if letter.isalnum():
            raise BadExpressionError("an unknown escape")
        return letter

    def _class(self) -> CharClass:
        """A class in brackets; the text starts with `[`."""
        self._at += 1
        negated = self._text.startswith("^", self._at)
        self._at += negated
        ranges: list[tuple[int, int]] = []
        categories: list[tuple[str, bool]] = []
        first = True
        while first or not self._text.startswith("]", self._at):
            first = False
            named = self._class_member()
            if named is None:
                ranges.append(self._range())
            else:
                ranges.extend(named.ranges)
                categories.extend(named.categories)
        self._at += 1
        if negated and not categories:
            return CharClass(inverse(tuple(ranges)))
        return CharClass(tuple(ranges), tuple(categories), negated)

    def _class_member(self) -> CharClass | None:
        """A named class inside of a class; None, with nothing read, for anything else."""
        text, at = self._text, self._at
        if text.startswith("\\", at):
            return self._named()
        if not text.startswith("[:", at):
            return None
        end = text.find(":]", at + 2)
        if end < 0:
            return None
        name = text[at + 2 : end]
        ranges = _POSIX.get(name.removeprefix("^"))
        if ranges is None:
            raise BadExpressionError("an unknown class")
        self._at = end + 2
        return CharClass(inverse(ranges) if name.startswith("^") else ranges)

    def _range(self) -> tuple[int, int]:
        low = self._class_character()
        follows = self._text[self._at + 1 : self._at + 2]
        if not self._text.startswith("-", self._at) or follows in ("", "]"):
            return low, low
        self._at += 1
        high = self._class_character()
        if high < low:
            raise BadExpressionError("a range that runs backwards")
        return low, high

    def _class_character(self) -> int:
        char = self._text[self._at : self._at + 1]
        if not char:
            raise BadExpressionError("a class without an end")
        if char == "\\":
            return ord(self._character())
        self._at += 1
        return ord(char)


def _plain(char: str) -> Item:
    if char in _ANCHORS:
        return Item(_ANCHORS[char])
    return Item(Kind.ONE, NOT_LINE_END if char == "." else CharClass.of(char))
