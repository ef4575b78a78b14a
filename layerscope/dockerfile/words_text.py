"""Text as Go's runes see it: its white space, its invalid bytes, and how it is quoted.

Text of a Dockerfile is a `str` in which a byte that is not UTF-8 is a lone surrogate (Python's
`surrogateescape`). BuildKit's lexers read runes: such a byte becomes U+FFFD there. One lone
surrogate is one byte is one rune, so positions agree.
"""

from __future__ import annotations

import re

from layerscope.errors import SHOWN_CHARACTERS, DockerfileError

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's `unicode.IsSpace` calls white space; Python's `str.isspace` adds U+001C to U+001F."""

_BYTE_ORDER_MARK = "\ufeff"
_REPLACEMENT = "\ufffd"
_SURROGATE = re.compile("[\ud800-\udfff]")
_BY_NAME = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    '"': '\\"',
    "\\": "\\\\",
}


def runes(text: str) -> str:
    r"""`text` with every byte that is not UTF-8 as U+FFFD, character for character.

    >>> runes("a\udcff")
    'a�'
    """
    return text if text.isascii() else _SURROGATE.sub(_REPLACEMENT, text)


def scanned(text: str) -> str:
    r"""What Go's `text/scanner` reads from `text`: its runes, without a byte order mark in front.

    >>> scanned("\ufeff$A")
    '$A'
    """
    return runes(text).removeprefix(_BYTE_ORDER_MARK)


def canonical(text: str) -> str:
    """`text` as its bytes decode: two halves of a character that met are one character.

    Raises:
        DockerfileError: A surrogate stands for no byte, so this is no text of a file.
    """
    if text.isascii() or _SURROGATE.search(text) is None:
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise DockerfileError("a lone surrogate that stands for no byte is no text") from None


def quoted(text: str) -> str:
    r"""`text` in double quotes as Go's `%q` prints it, cut where it is long.

    >>> quoted('${A:?"\x07\udcff}')
    '"${A:?\\"\\a\\xff}"'
    """
    cut = len(text) > SHOWN_CHARACTERS
    inside = "".join(map(escaped, text[:SHOWN_CHARACTERS]))
    return f'"{inside}…"' if cut else f'"{inside}"'


def escaped(char: str) -> str:
    """One character as Go's `%q` writes it inside of double quotes."""
    if char in _BY_NAME:
        return _BY_NAME[char]
    if char.isprintable():
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
