"""The JSON form of arguments, read as strictly and as loosely as Go's `encoding/json` does.

Python's own reader takes `NaN` and infinity, refuses a lone surrogate's bytes, and recurses. Go's
puts U+FFFD for each byte that is not UTF-8 and for a lone surrogate, stops at 10,000 open brackets,
and refuses a number that no 64-bit float holds, but only after it has checked the whole text.
"""

from __future__ import annotations

import math
import re
from enum import Enum, auto
from typing import Final

from layerscope.dockerfile.characters import decode
from layerscope.dockerfile.words_text import SPACES, runes
from layerscope.errors import DockerfileError

DEEPEST: Final = 10_000

_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_WORD = re.compile(r"true|false|null")
_SHORT: Final = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class _NotJsonError(Exception):
    """The text is not JSON, or holds a number that Go cannot store."""


class _Expected(Enum):
    VALUE = auto()
    VALUE_OR_END = auto()
    KEY = auto()
    KEY_OR_END = auto()
    COMMA_OR_END = auto()


def array_words(text: str) -> tuple[str, ...] | None:
    r"""The strings of a JSON array, or None if the text is no JSON array.

    Raises:
        DockerfileError: It is an array, and holds something else than strings.

    >>> array_words('["sh", "-c", "\\ud800"]')
    ('sh', '-c', '\ufffd')
    """
    text = text.lstrip(SPACES)
    if not text.startswith("["):
        return None
    try:
        items = _Reader(text).read()
    except _NotJsonError:
        return None
    words = tuple(value for _, value in items if value is not None)
    if len(words) != len(items):
        raise DockerfileError(
            "when using JSON array syntax, arrays must be comprised of strings only"
        )
    return words


def object_member(data: bytes, key: str) -> str | None:
    """The string that the JSON object `data` has under `key`, or None."""
    data = data.lstrip(b" \t\r\n")
    if not data.startswith(b"{"):
        return None
    try:
        items = _Reader(decode(data)).read()
    except _NotJsonError:
        return None
    return dict(items).get(key)


class _Reader:
    """Checks a whole text and keeps the values of its outermost array or object.

    Strings are kept as they are, every other value as None; the key of an array's value is empty.
    """

    def __init__(self, text: str) -> None:
        self._text = runes(text)
        self._position = 0
        self._open: list[str] = []
        self._items: list[tuple[str, str | None]] = []
        self._key = ""
        self._expected = _Expected.VALUE

    def read(self) -> list[tuple[str, str | None]]:
        """The outermost values.

        Raises:
            _NotJsonError: See there.
        """
        self._value(self._next())
        while self._open:
            self._step(self._next())
        self._skip_space()
        if self._position != len(self._text):
            raise _NotJsonError
        return self._items

    def _step(self, char: str) -> None:
        expected = self._expected
        if expected is _Expected.COMMA_OR_END:
            if char == ",":
                self._position += 1
                in_array = self._open[-1] == "]"
                self._expected = _Expected.VALUE if in_array else _Expected.KEY
            else:
                self._close(char)
        elif expected in (_Expected.VALUE_OR_END, _Expected.KEY_OR_END) and char == self._open[-1]:
            self._close(char)
        elif expected in (_Expected.KEY, _Expected.KEY_OR_END):
            self._member(char)
        else:
            self._value(char)

    def _member(self, char: str) -> None:
        if char != '"':
            raise _NotJsonError
        key = self._string()
        if len(self._open) == 1:
            self._key = key
        if self._next() != ":":
            raise _NotJsonError
        self._position += 1
        self._value(self._next())

    def _value(self, char: str) -> None:
        if char in {"[", "{"}:
            self._enter(char)
            return
        value: str | None = None
        if char == '"':
            value = self._string()
        elif match := _NUMBER.match(self._text, self._position):
            if math.isinf(float(match[0])):
                raise _NotJsonError
            self._position = match.end()
        elif match := _WORD.match(self._text, self._position):
            self._position = match.end()
        else:
            raise _NotJsonError
        self._keep(value)

    def _enter(self, char: str) -> None:
        self._position += 1
        self._open.append("]" if char == "[" else "}")
        if len(self._open) > DEEPEST:
            raise _NotJsonError
        self._expected = _Expected.VALUE_OR_END if char == "[" else _Expected.KEY_OR_END

    def _close(self, char: str) -> None:
        if char != self._open.pop():
            raise _NotJsonError
        self._position += 1
        self._keep(None)

    def _keep(self, value: str | None) -> None:
        if len(self._open) == 1:
            self._items.append((self._key, value))
        self._expected = _Expected.COMMA_OR_END

    def _next(self) -> str:
        self._skip_space()
        return self._text[self._position : self._position + 1]

    def _skip_space(self) -> None:
        match = _SPACE.match(self._text, self._position)
        self._position = match.end() if match else self._position

    def _string(self) -> str:
        parts: list[str] = []
        position = self._position + 1
        while True:
            end = _end(_PLAIN, self._text, position)
            parts.append(self._text[position:end])
            if self._text[end : end + 1] == '"':
                self._position = end + 1
                return "".join(parts)
            char, position = self._escaped(end)
            parts.append(char)

    def _escaped(self, position: int) -> tuple[str, int]:
        match = _ESCAPE.match(self._text, position)
        if match is None:
            raise _NotJsonError
        if match[1] is not None:
            return _SHORT.get(match[1], match[1]), match.end()
        unit = int(match[2], 16)
        if not 0xD800 <= unit < 0xE000:
            return chr(unit), match.end()
        following = _ESCAPE.match(self._text, match.end())
        if unit < 0xDC00 and following is not None and following[2] is not None:
            low = int(following[2], 16)
            if 0xDC00 <= low < 0xE000:
                code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00)
                return chr(code), following.end()
        return "\ufffd", match.end()


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
