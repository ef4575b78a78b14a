"""The simple commands of a RUN, in the order in which they stand.

Lists, pipes, groups, conditions and loops are taken apart: whether a command really runs is not
asked. Functions stand where they are called; `trap` lines at the end; `sh -c '…'` and the body that
a shell reads from a here-document are read too. Words such as `sudo` and `env A=B` are taken off.

Rules that ask for commands say nothing where this gives None: another shell, a text with a quote
that does not end, a command too long.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis.command import SHELL_NAMES
from layerscope.cache.lint.shell_prefixes import without_prefixes
from layerscope.cache.lint.shell_words import Operator, Word, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.dockerfile.instructions import Run

MOST_COMMANDS = 20_000
DEEPEST = 4

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_RESERVED = frozenset(
    {"!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done", "esac"}
)
_REDIRECTS = frozenset({"<", ">", ">>", ">|", "<>", "<&", ">&", "&>", "&>>", "<<<", "<<", "<<-"})
_WRITES = frozenset({">", ">>", ">|", "&>", "&>>"})
_DESCRIPTOR = re.compile(r"[0-9]{1,3}")
_WITH_LINE = re.compile(r"-[A-Za-z]{0,8}c")
_ONLY_HEREDOC = re.compile(r"[0-9]{0,3}<<-?\s{0,10}[^<\s]{1,200}")
_INTERPRETER = re.compile(r"#!\s{0,20}(\S{1,200})(?:[ \t]{1,20}(\S{1,200}))?")


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command.

    Attributes:
        words: The program first; never empty.
        assignments: `NAME=value` words before it.
        outputs: Files that its output goes to.
        body: What a here-document gives it to read; None if there is none.
    """

    words: tuple[Word, ...]
    assignments: tuple[Word, ...] = ()
    outputs: tuple[Word, ...] = ()
    body: str | None = None

    @property
    def program(self) -> str:
        """The base name of the first word."""
        return self.words[0].text.rpartition("/")[2]

    @property
    def arguments(self) -> tuple[Word, ...]:
        """The words behind the program."""
        return self.words[1:]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts of the arguments."""
        return tuple(word.text for word in self.words[1:])


def commands_of_run(run: Run, shell: Sequence[str] = ("/bin/sh", "-c")) -> list[Command] | None:
    """The commands of a RUN; None where they cannot be read.

    Args:
        run: In shell form, exec form or with here-documents.
        shell: The SHELL in force for shell forms.
    """
    if not run.prepend_shell:
        line = _line_of_exec(run.words)
        if line is not None:
            return commands(line)
        return _finished([Command(tuple(Word(text) for text in run.words))]) if run.words else []
    if not is_posix_shell(shell):
        return None
    text = run.words[0] if run.words else ""
    if not run.files:
        return commands(text)
    if len(run.files) == 1 and _ONLY_HEREDOC.fullmatch(text.strip()):
        return _script(run.files[0].content)
    bodies = "".join(f"{file.content}{file.name}\n" for file in run.files)
    return commands(f"{text}\n{bodies}")


def is_posix_shell(shell: Sequence[str]) -> bool:
    """Is this SHELL one whose language is read here?"""
    return bool(shell) and shell[0].rpartition("/")[2] in SHELL_NAMES


def commands(text: str) -> list[Command] | None:
    """The commands of a shell text; None where it cannot be read."""
    found = _simple(text)
    return None if found is None else _finished(found)


def _script(content: str) -> list[Command] | None:
    """The commands of a here-document that is run as a script, by its first line or as sh."""
    interpreter = _INTERPRETER.match(content)
    if interpreter:
        names = [name.rpartition("/")[2] for name in interpreter.groups() if name]
        name = names[1] if names[0] == "env" and len(names) > 1 else names[0]
        if name not in SHELL_NAMES:
            return None
    return commands(content)


def _line_of_exec(words: Sequence[str]) -> str | None:
    """The line that the words `sh -c LINE` have a shell read; None if they are something else."""
    if len(words) < 3 or words[0].rpartition("/")[2] not in SHELL_NAMES:
        return None
    for place, word in enumerate(words[1:-1], 1):
        if _WITH_LINE.fullmatch(word):
            return words[place + 1]
    return None


def _finished(found: list[Command]) -> list[Command] | None:
    """The commands with prefixes taken off and inner texts read; None if one cannot be read.

    A stack, since what an inner text holds stands in the place of its command.
    """
    done: list[Command] = []
    at_exit: list[Command] = []
    queue = deque((command, 0) for command in found)
    while queue:
        if len(done) > MOST_COMMANDS:
            return None
        command, depth = queue.popleft()
        command = without_prefixes_of(command)
        inner = _inner(command) if depth < DEEPEST else None
        if inner is None:
            done.append(command)
            continue
        read = _simple(inner)
        if read is None:
            return None
        if command.program == "trap":
            # It runs when all else has run.
            at_exit.extend(without_prefixes_of(each) for each in read)
        else:
            queue.extendleft((each, depth + 1) for each in reversed(read))
    return done + at_exit


def without_prefixes_of(command: Command) -> Command:
    """The command that `sudo`, `env` and the like start."""
    words = without_prefixes(command.words)
    if len(words) == len(command.words):
        return command
    return Command(words, command.assignments, command.outputs, command.body)


def _inner(command: Command) -> str | None:
    """The text that a shell reads because of this command; None if there is none."""
    program, texts = command.program, command.texts
    if program == "trap":
        return texts[0] if len(texts) > 1 and not texts[0].startswith("-") else None
    if program in SHELL_NAMES or program == "su":
        for place, text in enumerate(texts[:-1]):
            if _WITH_LINE.fullmatch(text):
                return texts[place + 1]
        # A shell without a file reads what the here-document gives it.
        if program != "su" and all(text.startswith(("-", "+")) for text in texts):
            return command.body
    return None


def _simple(text: str) -> list[Command] | None:
    """The simple commands of a text as they stand; None if it cannot be read."""
    read = tokens(text)
    if read is None:
        return None
    return _Parser(read.items, read.bodies).all()


class _Parser:
    """Takes lists, groups and conditions apart; functions are put where they are called."""

    def __init__(self, items: Sequence[Word | Operator], bodies: Sequence[str]) -> None:
        self.items = items
        self.bodies = iter(bodies)
        self.out: list[Command] = []
        self.functions: dict[str, list[Command]] = {}
        # For each open function: its name and how many braces are open in it.
        self.open: list[tuple[str, int]] = []
        self.words: list[Word] = []
        self.assignments: list[Word] = []
        self.outputs: list[Word] = []
        self.body: str | None = None

    def all(self) -> list[Command] | None:
        at = 0
        while at < len(self.items):
            item = self.items[at]
            at += 1
            if isinstance(item, Word):
                self._word(item, at)
            elif item.text in _REDIRECTS:
                at = self._redirect(item.text, at)
            elif item.text == "(" and self._begins_function(at):
                at += 1
                self.open.append((self.words[0].text, 0))
                self.functions[self.words[0].text] = []
                self.words = []
            else:
                self._end()
                if len(self.out) > MOST_COMMANDS:
                    return None
        self._end()
        return self.out

    def _word(self, word: Word, after: int) -> None:
        if not self.words:
            if word.text in _RESERVED and not word.quoted:
                self._brace(word.text)
                return
            if _ASSIGNMENT.match(word.text):
                self.assignments.append(word)
                return
        following = self.items[after] if after < len(self.items) else None
        if (
            isinstance(following, Operator)
            and following.text[0] in "<>"
            and _DESCRIPTOR.fullmatch(word.text)
            and not word.quoted
        ):
            # The number of a descriptor: `2>&1`. A number before a blank is rare enough.
            return
        self.words.append(word)

    def _brace(self, text: str) -> None:
        if not self.open:
            return
        name, depth = self.open[-1]
        if text == "{":
            self.open[-1] = (name, depth + 1)
        elif text == "}":
            self.open.pop()
            if depth > 1:
                self.open.append((name, depth - 1))

    def _begins_function(self, at: int) -> bool:
        """Do `name ( ) {` stand here? A body in other brackets is left as it is."""
        if len(self.words) != 1 or self.words[0].quoted:
            return False
        following = (item for item in self.items[at : at + 4] if item != Operator("\n"))
        return next(following, None) == Operator(")") and next(following, None) == Word("{")

    def _redirect(self, text: str, at: int) -> int:
        target = self.items[at] if at < len(self.items) else None
        if not isinstance(target, Word):
            return at
        if text in _WRITES:
            self.outputs.append(target)
        elif text in ("<<", "<<-"):
            self.body = next(self.bodies, None)
        return at + 1

    def _end(self) -> None:
        if self.words:
            for command in self._called():
                (self.functions[self.open[-1][0]] if self.open else self.out).append(command)
        self.words, self.assignments, self.outputs, self.body = [], [], [], None

    def _called(self) -> Iterator[Command]:
        name = self.words[0].text
        # What a function does is written out once: calls within calls could grow without end.
        if name in self.functions and not any(name == own for own, _ in self.open):
            yield from self.functions.pop(name) if self.open else self.functions[name]
            return
        yield Command(tuple(self.words), tuple(self.assignments), tuple(self.outputs), self.body)
