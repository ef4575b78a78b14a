"""The lines of a Dockerfile, as far as BuildKit's reader gets, and what a line continues with.

Source: BuildKit, `frontend/dockerfile/parser`, and Go's `bufio.Scanner`, on which it is built.
"""

from __future__ import annotations

from typing import Final

LONGEST_LINE: Final = 65_535
"""The most bytes of a line, its line feed not counted."""


class LineReader:
    r"""Lines one by one, each with its line feed; the last one may lack it.

    A line that is too long ends the reading. Go's scanner still holds the first 65,536 bytes of it,
    and hands them out as a line if it is asked again; BuildKit asks again where a continuation ran
    into the long line, so those bytes can decide which error a file gets.

    >>> lines = LineReader(b"a\nb")
    >>> lines.next_line(), lines.next_line(), lines.next_line(), lines.number
    (b'a\n', b'b', None, 2)

    Attributes:
        number: How many lines were given.
        too_long: Was a line met that is too long?
    """

    __slots__ = ("_data", "_held", "_position", "number", "too_long")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0
        self._held = b""
        self.number = 0
        self.too_long = False

    @property
    def position(self) -> int:
        """Where the next line starts, in bytes from the start."""
        return self._position

    def next_line(self) -> bytes | None:
        """The next line, or None behind the last one and where a line is too long."""
        if self.too_long:
            line, self._held = self._held, b""
        else:
            line = self._read()
        if not line:
            return None
        self.number += 1
        return line

    def _read(self) -> bytes:
        start = self._position
        end = self._data.find(b"\n", start, start + LONGEST_LINE + 1) + 1
        if end:
            self._position = end
            return self._data[start:end]
        held = self._data[start : start + LONGEST_LINE + 1]
        self._position = start + len(held)
        if len(held) > LONGEST_LINE:
            self.too_long = True
            self._held = held
            return b""
        return held


def without_newline(line: bytes) -> bytes:
    """The line without the carriage returns and line feeds at its end."""
    return line.rstrip(b"\r\n")


def split_continuation(line: bytes, escape: bytes) -> tuple[bytes, bool]:
    r"""The line without the escape character that continues it, and whether it is continued.

    Blanks behind the escape character are taken off with it. Two escape characters in a row do not
    continue a line, and neither do three: the reference looks back one character only.

    >>> split_continuation(b"RUN a \\ ", b"\\")
    (b'RUN a ', True)
    """
    end = line.rstrip(b"\t ")
    if not end.endswith(escape) or end[-2:-1] == escape:
        return line, False
    return end[:-1], True
