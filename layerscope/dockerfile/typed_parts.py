"""What all kinds of instructions need to become typed: the common fields, counts of arguments."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING

from layerscope.dockerfile.flags import read_flags
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.dockerfile.location import Location
    from layerscope.dockerfile.node import Node

Head = tuple[str, "Location", str, "Node"]


def head(node: Node) -> Head:
    """The fields of `Instruction`, in their order."""
    return lower(node.keyword), node.location, node.original.strip(SPACES), node


def refuse_flags(node: Node, keyword: str) -> None:
    """Let nothing pass that looks like a flag: the instruction has none."""
    read_flags(node.flags, {}, keyword)


def require_argument(node: Node, keyword: str) -> None:
    """Let an instruction without an argument not pass."""
    if not node.args:
        raise DockerfileError(f"{keyword} has no argument; it takes at least one")


def only_argument(node: Node, keyword: str) -> str:
    """The one argument that the instruction takes."""
    if len(node.args) != 1:
        raise DockerfileError(f"{keyword} has {len(node.args)} arguments; it takes exactly one")
    return node.args[0]


class Comments:
    """The comments above an instruction, ready to be asked for many names.

    They are sorted once: an `ARG` may hold thousands of names, and stand below as many comments.
    """

    def __init__(self, comments: Sequence[str]) -> None:
        self._lines = sorted((line, position) for position, line in enumerate(comments))
        self._known: dict[str, str] = {"": ""}

    def about(self, name: str) -> str:
        """The text of the first comment that starts with the name and a blank; else empty."""
        if name not in self._known:
            self._known[name] = self._find(f"{name} ")
        return self._known[name]

    def _find(self, start: str) -> str:
        matching = itertools.takewhile(
            lambda row: row[0].startswith(start),
            itertools.islice(self._lines, bisect_left(self._lines, (start, -1)), None),
        )
        first = min(matching, key=itemgetter(1), default=None)
        return first[0][len(start) :] if first is not None else ""
