"""The words of an expanded text, split at the white space that no quote protects."""

from __future__ import annotations

import re

from layerscope.dockerfile.words_text import SPACES

_BLANK_OR_NOT = re.compile(f"([{re.escape(SPACES)}]+)|[^{re.escape(SPACES)}]+")


class Unsplit:
    """Takes a text that comes in pieces and makes no words of it."""

    __slots__ = ()

    def bare(self, text: str) -> None:
        """Take text in which white space ends a word."""

    def raw(self, text: str) -> None:
        """Take text that is part of the current word as it is."""

    def end(self) -> None:
        """End the current word, if there is one."""

    def operand(self) -> Unsplit:
        """What takes the text of an operand inside `${…}`."""
        return self


class Splitter(Unsplit):
    """The words of a text that comes in pieces, split at white space."""

    __slots__ = ("_current", "words")

    def __init__(self) -> None:
        self._current: list[str] = []
        self.words: list[str] = []

    def bare(self, text: str) -> None:
        """Take text in which white space ends a word."""
        for found in _BLANK_OR_NOT.finditer(text):
            if found.lastindex:
                self.end()
            else:
                self._current.append(found.group())

    def raw(self, text: str) -> None:
        """Take text that is part of the current word as it is."""
        if text:
            self._current.append(text)

    def end(self) -> None:
        """End the current word, if there is one."""
        if self._current:
            self.words.append("".join(self._current))
            self._current.clear()

    def operand(self) -> Unsplit:
        """What takes the text of an operand; the current word is lost, as in the reference."""
        self._current.clear()
        return Unsplit()
