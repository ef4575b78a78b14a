"""Parser directives at the top of a Dockerfile, and which frontend a file asks for.

Source: BuildKit, `frontend/dockerfile/parser/directives.go`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from layerscope.dockerfile.characters import (
    REGEX_SPACES,
    decode,
    without_leading_spaces,
    without_mark,
)
from layerscope.dockerfile.json_form import object_member
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.lines import LineReader
from layerscope.errors import DockerfileError, shown

KNOWN: Final = frozenset({"syntax", "escape", "check"})
DEFAULT_ESCAPE: Final = "\\"

_NAME = re.compile(rb"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=")


@dataclass(frozen=True, slots=True)
class Directive:
    """One parser directive; `name` is in lower case, `line` is counted from 1."""

    name: str
    value: str
    line: int


@dataclass(frozen=True, slots=True)
class Syntax:
    """The frontend that a file asks for.

    Attributes:
        ref: An image reference: the value up to its first blank.
        value: The whole value, with what is passed to that frontend.
        line: Its line; 0 if a JSON document names it in its first lines.
    """

    ref: str
    value: str
    line: int


class DirectiveBlock:
    """Takes lines from the top as long as they are directives; everything else ends the block.

    Args:
        mark: What a directive starts with.
        line: How many lines came before.

    Attributes:
        found: The directives taken so far.
        ended: Has a line ended the block?
    """

    __slots__ = ("_line", "_mark", "ended", "found")

    def __init__(self, mark: bytes = b"#", line: int = 0) -> None:
        self._mark = mark
        self._line = line
        self.found: list[Directive] = []
        self.ended = False

    def take(self, line: bytes) -> Directive | None:
        """The directive that this line is, or None.

        Raises:
            DockerfileError: The block already holds a directive of that name.
        """
        if self.ended:
            return None
        self._line += 1
        pair = self._pair(line)
        if pair is None:
            self.ended = True
            return None
        name, value = pair
        if any(directive.name == name for directive in self.found):
            raise DockerfileError(f"only one {name} parser directive can be used")
        directive = Directive(name, value, self._line)
        self.found.append(directive)
        return directive

    def _pair(self, line: bytes) -> tuple[str, str] | None:
        if not line.startswith(self._mark):
            return None
        line = without_leading_spaces(line.removeprefix(self._mark))
        match = _NAME.match(line)
        if match is None:
            return None
        name = lower(decode(match[1]))
        rest = decode(line[match.end() :])
        # A value of blanks alone is the last of them: the pattern wants one character at least.
        value = rest.strip(REGEX_SPACES) or rest[-1:]
        return (name, value) if name in KNOWN and value else None


def directives(data: bytes) -> tuple[Directive, ...]:
    """The directives at the top of a file, up to the first line that is none or repeats a name.

    A directive with blanks before its `#` is not among them, though `parser.parse` takes it: the
    reference has two readers.
    """
    return _block(without_mark(data), b"#", 0)


def detect_syntax(data: bytes) -> Syntax | None:
    r"""The frontend that a file asks for, or None.

    It is looked for in directives with `#`, then with `//`, then in a JSON document that is the
    whole file; a first line that starts with `#!` is passed over.

    >>> detect_syntax(b"#!/bin/sh\n# syntax = docker/dockerfile:1 x\n").ref
    'docker/dockerfile:1'
    """
    data = without_mark(data)
    line = 0
    if data.startswith(b"#!"):
        data = data.partition(b"\n")[2]
        line = 1
    for mark in (b"#", b"//"):
        for directive in _block(data, mark, line):
            if directive.name == "syntax":
                ref = directive.value.partition(" ")[0]
                return Syntax(ref, directive.value, directive.line)
    value = object_member(data, "syntax")
    return None if value is None else Syntax(value, value, line)


def checked_escape(value: str) -> str:
    r"""The escape character that an `escape` directive sets.

    Raises:
        DockerfileError: It is neither a backslash nor a backtick.
    """
    if value not in ("\\", "`"):
        problem = f"invalid escape token '{shown(value)}': it can be ` or \\"
        raise DockerfileError(problem)
    return value


def _block(data: bytes, mark: bytes, line: int) -> tuple[Directive, ...]:
    block = DirectiveBlock(mark, line)
    lines = LineReader(data)
    while not block.ended and (text := lines.next_line()) is not None:
        try:
            block.take(text.removesuffix(b"\n").removesuffix(b"\r"))
        except DockerfileError:
            # This reader only looks: parsing the file reports the repeated directive.
            break
    return tuple(block.found)
