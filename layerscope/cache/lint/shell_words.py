"""A shell text as words, operators and here-document bodies.

`shlex` does not fit: it cuts words at every `#`, knows neither `$( … )` with quotes inside nor
here-documents, and raises. This reads what POSIX shells and bash have in common, once from left to
right.

Source: POSIX.1-2017, Shell Command Language, 2.2 "Quoting", 2.3 "Token Recognition".
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MOST_CHARACTERS = 1_000_000
"""A longer text is not read."""

_DEEPEST = 50
_PLAIN = re.compile(r"[^\s'\"\\$`;|&<>()]+")
_IN_DOUBLE_QUOTES = re.compile(r"[^\"\\$`]+")
_BLANKS = re.compile(r"[^\S\n]+")
_COMMENT = re.compile(r"[^\n]*")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
# Longer ones before shorter ones that they begin with.
_OPERATOR = re.compile(
    r"&>>|;;&|<<<|<<-|&&|\|\||;;|;&|\|&|&>|<<|<&|>&|>>|>\||<>|[;|&<>()\n]",
)
_OPENERS = re.compile(r"[\\'\"`)}(]|\$[({]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    Attributes:
        text: With its quotes taken off; expansions (`$NAME`, `$(…)`) stand in it as written.
        literal: Is there no expansion in it, so that `text` is what the command is given? A
            pattern such as `*` that is not quoted counts as literal.
        quoted: Was a part of it quoted?
    """

    text: str
    literal: bool = True
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator, such as `&&` or a line end."""

    text: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a text is made of.

    Attributes:
        items: In order.
        bodies: Of the here-documents, in the order of their `<<`.
    """

    items: tuple[Word | Operator, ...]
    bodies: tuple[str, ...]


class _UnclosedError(Exception):
    """A quote or bracket has no end: the text is no complete command."""


def tokens(text: str) -> Tokens | None:
    """The words and operators of `text`; None if it is too long or a quote does not end."""
    if len(text) > MOST_CHARACTERS:
        return None
    try:
        return _Reader(text).all()
    except _UnclosedError:
        return None


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.items: list[Word | Operator] = []
        self.bodies: list[str] = []
        self.waiting: list[tuple[str, bool]] = []

    def all(self) -> Tokens:
        text = self.text
        while self.at < len(text):
            blanks = _BLANKS.match(text, self.at)
            if blanks:
                self.at = blanks.end()
            elif text.startswith("\\\n", self.at):
                self.at += 2
            elif text[self.at] == "#":
                found = _COMMENT.match(text, self.at)
                self.at = found.end() if found else len(text)
            elif operator := _OPERATOR.match(text, self.at):
                self._operator(operator)
            else:
                self.items.append(self._word())
        return Tokens(tuple(self.items), tuple(self.bodies))

    def _operator(self, found: re.Match[str]) -> None:
        if found[0] in "<>" and self.text.startswith("(", found.end()):
            # A process substitution stands where a word does.
            end = self._closing(found.end() + 1, ")")
            self.items.append(Word(self.text[self.at : end], literal=False))
            self.at = end
            return
        self.at = found.end()
        self.items.append(Operator(found[0]))
        if found[0] in ("<<", "<<-"):
            blanks = _BLANKS.match(self.text, self.at)
            self.at = blanks.end() if blanks else self.at
            if self.at < len(self.text) and not _OPERATOR.match(self.text, self.at):
                word = self._word()
                self.items.append(word)
                self.waiting.append((word.text, found[0] == "<<-"))
        elif found[0] == "\n":
            for name, chomp in self.waiting:
                self.bodies.append(self._body(name, chomp=chomp))
            self.waiting.clear()

    def _body(self, name: str, *, chomp: bool) -> str:
        lines: list[str] = []
        while self.at < len(self.text):
            end = self.text.find("\n", self.at)
            end = len(self.text) if end < 0 else end
            line = self.text[self.at : end]
            self.at = end + 1
            if (line.lstrip("\t") if chomp else line) == name:
                break
            lines.append(line.lstrip("\t") if chomp else line)
        self.at = min(self.at, len(self.text))
        return "".join(f"{line}\n" for line in lines)

    def _word(self) -> Word:
        parts: list[str] = []
        literal, quoted = True, False
        text = self.text
        while self.at < len(text):
            plain = _PLAIN.match(text, self.at)
            char = text[self.at]
            if plain:
                parts.append(plain[0])
                self.at = plain.end()
            elif char == "\\":
                # A backslash before a line end joins the lines; before all else it quotes.
                if not text.startswith("\\\n", self.at):
                    parts.append(text[self.at + 1 : self.at + 2])
                    quoted = True
                self.at += 2
            elif char == "'":
                parts.append(self._single(self.at + 1))
                quoted = True
            elif char == '"':
                part, known = self._double(self.at + 1)
                parts.append(part)
                literal, quoted = literal and known, True
            elif char in "$`":
                part, known = self._expansion(self.at)
                parts.append(part)
                literal = literal and known
            else:
                break
        return Word("".join(parts), literal, quoted)

    def _single(self, start: int) -> str:
        self.at = self._behind_quote(start)
        return self.text[start : self.at - 1]

    def _double(self, start: int) -> tuple[str, bool]:
        parts: list[str] = []
        known = True
        text, self.at = self.text, start
        while self.at < len(text):
            plain = _IN_DOUBLE_QUOTES.match(text, self.at)
            char = text[self.at]
            if plain:
                parts.append(plain[0])
                self.at = plain.end()
            elif char == '"':
                self.at += 1
                return "".join(parts), known
            elif char == "\\":
                following = text[self.at + 1 : self.at + 2]
                if following != "\n":
                    parts.append(following if following in '$`"\\' else char + following)
                self.at += 2
            else:
                part, whole = self._expansion(self.at, in_quotes=True)
                parts.append(part)
                known = known and whole
        raise _UnclosedError

    def _expansion(self, start: int, *, in_quotes: bool = False) -> tuple[str, bool]:
        """The text of what begins with `$` or a backquote, and whether it is literal after all."""
        text = self.text
        if text[start] == "`":
            self.at = self._closing(start + 1, "`")
        elif text.startswith("$(", start):
            self.at = self._closing(start + 2, ")")
        elif text.startswith("${", start):
            self.at = self._closing(start + 2, "}", in_quotes=in_quotes)
        elif text.startswith("$'", start) and not in_quotes:
            self._single(start + 2)
        elif name := _NAME.match(text, start + 1):
            self.at = name.end()
        else:
            self.at = start + 1
            return "$", True
        return text[start : self.at], False

    def _closing(self, start: int, closer: str, *, in_quotes: bool = False) -> int:
        """The position behind the `closer` that ends what was opened before `start`."""
        stack = [closer]
        at = start
        while found := _OPENERS.search(self.text, at):
            at = found.end()
            mark, top = found[0], stack[-1]
            if mark == "\\":
                at += 1
            elif mark == "'":
                # Inside double quotes, and in ${…} within them, it is a plain character.
                if top != '"' and not (top == "}" and (in_quotes or '"' in stack)):
                    at = self._behind_quote(at)
            elif mark == top:
                stack.pop()
                if not stack:
                    return at
            elif inner := _closer_of(mark, top):
                stack.append(inner)
                if len(stack) > _DEEPEST:
                    break
        raise _UnclosedError

    def _behind_quote(self, start: int) -> int:
        end = self.text.find("'", start)
        if end < 0:
            raise _UnclosedError
        return end + 1


def _closer_of(mark: str, top: str) -> str:
    """What closes what `mark` opens inside of what `top` closes; empty if it opens nothing."""
    if mark == "(":
        return ")" if top == ")" else ""
    return {"$(": ")", "${": "}", '"': '"', "`": "`"}.get(mark, "")
