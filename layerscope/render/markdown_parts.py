"""Parts of Markdown documents that have a bound on their length: what has room, and how it is put.

Texts of images stand in `<code>` as `diff_markdown.code` writes it; names have nowhere else to go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.render.diff_markdown import code

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMENT_BYTES = 65_536
"""How long a comment may be. GitHub says "65536 characters" and counts code points of a pull
request's text, bytes (four times as many) of a comment. Bytes of UTF-8 are never fewer than code
points or UTF-16 units, so this many are within the limit by every count."""

LISTED = 10
"""How many items a list has."""

_PROSE = frozenset(" ,.;:()%+-=/'…")
_ESCAPES = {"<": "&#60;", ">": "&#62;", "_": "&#95;"}
_PLAIN = _PROSE | frozenset(_ESCAPES)
# Not the beginning of a list: a sign stands before its number, a number is not one of an item.
_START = re.compile(r"(?![0-9]+[.)](?: |$))[+-]?\w|$")
_REFERENCES = ("www.", "//", "gh-")


def prose(text: str) -> str:
    """A sentence for Markdown; as code if anything is in it that sentences of ours have not.

    >>> prose("1.0 MB is > 5 B"), prose("see #12"), prose("- item")
    ('1.0 MB is &#62; 5 B', '<code>see &#35;12</code>', '<code>- item</code>')
    """
    strange = any(not char.isalnum() and char not in _PLAIN for char in text)
    if strange or not _START.match(text) or any(word in text.lower() for word in _REFERENCES):
        return code(text)
    return "".join(_ESCAPES.get(char, char) for char in text)


class Room:
    """What is left of a document's length."""

    def __init__(self, left: int) -> None:
        self.left = left

    def has(self, block: str) -> bool:
        """Whether a block, with the empty line behind it, still has room."""
        return _length(block) + 2 <= self.left

    def take(self, block: str) -> bool:
        """The same; if it has room, there is less of it from then on."""
        if not self.has(block):
            return False
        self.left -= _length(block) + 2
        return True


def _length(text: str) -> int:
    return len(text.encode("utf-8", "backslashreplace"))


def left_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns are all on the left."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def cut_list(lines: Sequence[str]) -> list[str]:
    """The first items of a list, and how many more there are."""
    more = len(lines) - LISTED
    return [*lines[:LISTED], *([f"- … {more:,} more"] if more > 0 else [])]
