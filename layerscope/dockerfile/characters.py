"""Bytes of a Dockerfile as text, and the blanks at the start of a line of bytes.

What Go's `unicode.IsSpace` calls white space in text is `words_text.SPACES`; this is about bytes.
"""

from __future__ import annotations

from typing import Final

from layerscope.dockerfile.words_text import SPACES

BYTE_SPACES: Final = b"\t\n\v\f\r \x85\xa0"
"""What Go calls white space where it takes each byte for a character of its own."""

ASCII_SPACES: Final = b"\t\n\v\f\r "
REGEX_SPACES: Final = "\t\n\f\r "
r"""What `\s` stands for in a Go regular expression; it lacks the vertical tab."""

BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def decode(data: bytes) -> str:
    """The text of `data`; a byte that is not UTF-8 becomes a lone surrogate."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """The bytes that `decode` made this text of."""
    return text.encode("utf-8", "surrogateescape")


def without_leading_spaces(line: bytes) -> bytes:
    """The line from its first character on that is not white space."""
    line = line.lstrip(ASCII_SPACES)
    if line[:1] < b"\x80":
        return line
    return encode(decode(line).lstrip(SPACES))


def without_mark(data: bytes) -> bytes:
    """The data without one byte order mark at its start; a second one would be text."""
    return data.removeprefix(BYTE_ORDER_MARK)


def is_comment(line: bytes) -> bool:
    """Is the first character that is not white space a `#`?"""
    return without_leading_spaces(line).startswith(b"#")
