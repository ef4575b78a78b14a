"""A Dockerfile's lines as nodes: keyword, flags, words and here-documents, not yet typed.

Source: BuildKit, `frontend/dockerfile/parser/parser.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from layerscope.dockerfile.characters import (
    decode,
    encode,
    is_comment,
    without_leading_spaces,
    without_mark,
)
from layerscope.dockerfile.directives import DEFAULT_ESCAPE, DirectiveBlock, checked_escape
from layerscope.dockerfile.heredoc import announced
from layerscope.dockerfile.instructions import Finding
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.lines import (
    LONGEST_LINE,
    LineReader,
    split_continuation,
    without_newline,
)
from layerscope.dockerfile.location import Location
from layerscope.dockerfile.node import Node
from layerscope.dockerfile.word_lists import Arguments, Command, arguments, split_command
from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from layerscope.dockerfile.directives import Directive
    from layerscope.dockerfile.node import Heredoc

DEEPEST_ONBUILD: Final = 16
"""The most `ONBUILD`s in front of one instruction.

BuildKit's parser knows no limit, and refuses the second one when it gives types. Each level holds
its own copy of the text, so without a limit a long line of them would fill the memory.
"""

NO_LOCATION: Final = Location(0, 0)

_WITH_HEREDOCS = frozenset({"add", "copy", "run"})


@dataclass(frozen=True, slots=True)
class Parsed:
    """The instructions of a Dockerfile, in file order.

    Attributes:
        nodes: One for each instruction; there is at least one.
        escape: The escape character in force.
        directives: The parser directives, as the parser took them.
        warnings: Empty lines inside of continuations, by the last line of their instruction.
    """

    nodes: tuple[Node, ...]
    escape: str
    directives: tuple[Directive, ...]
    warnings: tuple[Finding, ...]


def parse(data: bytes) -> Parsed:
    r"""The nodes of a Dockerfile, with lines counted from 1.

    Takes time in proportion to the data, whatever it holds. Keywords are not judged.

    Raises:
        DockerfileError: There is no instruction, a line is too long, a directive, JSON form or
            pair is wrong, or a here-document has no end. The lines are those that BuildKit names:
            for a directive the line above it.

    >>> [(node.keyword, node.args) for node in parse(b"FROM a\nRUN b \\\n c\n").nodes]
    [('FROM', ('a',)), ('RUN', ('b  c',))]
    """
    return _Parser(data).parse()


class _Parser:
    """What is known of one file while its lines are read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines = LineReader(data)
        self._block = DirectiveBlock()
        self._escape = DEFAULT_ESCAPE
        self._comments: list[str] = []
        self._nodes: list[Node] = []
        self._warnings: list[Finding] = []

    def parse(self) -> Parsed:
        while (line := self._lines.next_line()) is not None:
            if self._lines.number == 1:
                line = without_mark(line)
            start = self._start(line)
            if start:
                self._instruction(start)
        if not self._nodes:
            raise DockerfileError("file with no instructions").at(self._lines.number)
        if self._lines.too_long:
            problem = f"dockerfile line greater than max allowed size of {LONGEST_LINE}"
            raise DockerfileError(problem).at(self._lines.number)
        return Parsed(
            nodes=tuple(self._nodes),
            escape=self._escape,
            directives=tuple(self._block.found),
            warnings=tuple(self._warnings),
        )

    def _start(self, line: bytes) -> bytes:
        """The first line of an instruction; empty for comments, directives and blank lines."""
        text = without_leading_spaces(without_newline(line))
        if text.startswith(b"#"):
            # Only the first byte is cut off, so the comment of an indented line keeps its `#`.
            self._comment(decode(line[1:]).strip(SPACES))
        try:
            directive = self._block.take(text)
            if directive is not None:
                self._comments.pop()
                if directive.name == "escape":
                    self._escape = checked_escape(directive.value)
        except DockerfileError as error:
            raise error.at(self._lines.number - 1) from None
        return b"" if text.startswith(b"#") else text

    def _comment(self, comment: str) -> None:
        if comment:
            self._comments.append(comment)
        else:
            self._comments.clear()

    def _instruction(self, start: bytes) -> None:
        first_line = self._lines.number
        line = self._joined(start)
        try:
            levels = _levels(line, self._escape)
            innermost = levels[-1][1]
            words = arguments(innermost.keyword, innermost.rest, self._escape)
            heredocs: list[Heredoc] = []
            if "<<" in line and _can_hold_heredocs(levels, words):
                heredocs = [self._with_body(heredoc) for heredoc in announced(line)]
        except DockerfileError as error:
            raise error.at(first_line, self._lines.number) from None
        inner: Node | None = None
        for original, command in reversed(levels[1:]):
            inner = _node(command, words, NO_LOCATION, original, inner=inner)
        self._nodes.append(
            _node(
                levels[0][1],
                words,
                Location(first_line, self._lines.number),
                line,
                inner=inner,
                heredocs=tuple(heredocs),
                comments=tuple(self._comments),
            )
        )
        self._comments.clear()

    def _joined(self, start: bytes) -> str:
        """The text of an instruction: its first line and those that continue it."""
        escape = encode(self._escape)
        text, continued = split_continuation(start, escape)
        parts = [text]
        blank_line = False
        while continued and (line := self._lines.next_line()) is not None:
            if is_comment(line):
                continue
            line = without_newline(line)
            if not without_leading_spaces(line):
                blank_line = True
                continue
            text, continued = split_continuation(line, escape)
            parts.append(text)
        joined = decode(b"".join(parts))
        if blank_line:
            number = self._lines.number
            message = f"Empty continuation line found in: {joined}"
            self._warnings.append(Finding("NoEmptyContinuation", message, Location(number, number)))
        return joined

    def _with_body(self, heredoc: Heredoc) -> Heredoc:
        """The here-document with the lines up to its name.

        Raises:
            DockerfileError: No line is its name.
        """
        name = encode(heredoc.name)
        start = self._lines.position
        end = start
        while (line := self._lines.next_line()) is not None:
            text = without_newline(line)
            if (text.lstrip(b"\t") if heredoc.chomp else text) == name:
                return replace(heredoc, content=decode(self._data[start:end]))
            end = self._lines.position
        raise DockerfileError("unterminated heredoc")


def _levels(line: str, escape: str) -> list[tuple[str, Command]]:
    """The line and, for each `ONBUILD`, the instruction inside of it; each with its text."""
    levels: list[tuple[str, Command]] = []
    text = line
    while True:
        command = split_command(text, escape)
        levels.append((text, command))
        if lower(command.keyword) != "onbuild" or not command.rest:
            return levels
        if len(levels) > DEEPEST_ONBUILD:
            raise DockerfileError(f"more than {DEEPEST_ONBUILD} times ONBUILD in one instruction")
        text = command.rest


def _node(
    command: Command,
    words: Arguments,
    location: Location,
    original: str,
    *,
    inner: Node | None,
    heredocs: tuple[Heredoc, ...] = (),
    comments: tuple[str, ...] = (),
) -> Node:
    """One instruction; the words are those of the innermost one."""
    if inner is not None:
        words = Arguments(())
    return Node(
        command.keyword,
        command.flags,
        words.words,
        words.json_form,
        location,
        original,
        heredocs,
        comments,
        inner,
    )


def _can_hold_heredocs(levels: list[tuple[str, Command]], words: Arguments) -> bool:
    # Inside of a second ONBUILD the reference looks for none.
    keyword = lower(levels[-1][1].keyword)
    return len(levels) <= 2 and keyword in _WITH_HEREDOCS and not words.json_form
