"""The words with `--` that stand between a keyword and its arguments.

Source: BuildKit, `frontend/dockerfile/parser/split_command.go`. It takes a flag byte by byte and
writes each byte as a character of its own: text that is not ASCII comes out encoded twice, and the
bytes 0x85 and 0xA0 end a flag, even in the middle of a character. So does this module.
"""

from __future__ import annotations

import re
from typing import Final

from layerscope.dockerfile.characters import BYTE_SPACES, decode, encode

_SPACE = re.compile(rb"[\t\n\v\f\r \x85\xa0]*")
_BARE: Final = {
    b"\\": re.compile(rb"[^\t\n\v\f\r \x85\xa0'\"\\]*"),
    b"`": re.compile(rb"[^\t\n\v\f\r \x85\xa0'\"`]*"),
}
_QUOTED: Final = {
    (b"'", b"\\"): re.compile(rb"[^'\\]*"),
    (b'"', b"\\"): re.compile(rb'[^"\\]*'),
    (b"'", b"`"): re.compile(rb"[^'`]*"),
    (b'"', b"`"): re.compile(rb'[^"`]*'),
}


def split_flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    r"""The flags at the start of what follows a keyword, without quotes, and the rest.

    A bare `--` ends the flags and is neither a flag nor part of the rest, except that nothing
    follows it.

    >>> split_flags("--from=a --link b /c", "\\")
    (('--from=a', '--link'), 'b /c')
    """
    first = text[:1]
    if " " < first < "\x7f" and not text.startswith("--"):
        return (), text
    data = encode(text)
    flags: list[str] = []
    position = 0
    while True:
        position = _end(_SPACE, data, position)
        if position == len(data):
            return tuple(flags), ""
        if not data.startswith(b"--", position):
            return tuple(flags), decode(data[position:])
        flag, position = _flag(data, position, encode(escape))
        if flag != "--":
            flags.append(flag)
        elif position < len(data):
            return tuple(flags), decode(data[position:])


def _flag(data: bytes, position: int, escape: bytes) -> tuple[str, int]:
    """The flag that starts at `position`, and where it ends."""
    parts: list[bytes] = []
    quote = b""
    size = len(data)
    while position < size:
        end = _end(_QUOTED[quote, escape] if quote else _BARE[escape], data, position)
        parts.append(data[position:end])
        char = data[end : end + 1]
        if not quote and char and char in BYTE_SPACES:
            return _doubly_encoded(parts), end
        position = end + 1
        if char == escape:
            # An escape character at the very end is dropped.
            parts.append(data[position : position + 1])
            position += 1
        else:
            quote = b"" if quote else char
    return _doubly_encoded(parts), size


def _doubly_encoded(parts: list[bytes]) -> str:
    return b"".join(parts).decode("latin-1")


def _end(pattern: re.Pattern[bytes], data: bytes, position: int) -> int:
    match = pattern.match(data, position)
    return match.end() if match else position
