"""BuildKit's shell lexer: quotes, escapes and `$` in one word of a Dockerfile.

The rules are those of `frontend/dockerfile/shell` of BuildKit at commit 73ed6825, with their odd
corners: a `${…}` with a word in it drops what was gathered of the current word when words are
split, and a byte that is not UTF-8 becomes U+FFFD where it is read as a rune, but not inside the
value of a variable.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from layerscope.dockerfile.words_budget import MAX_DEPTH, Budget
from layerscope.dockerfile.words_patterns import WordPattern
from layerscope.dockerfile.words_template import replace_all
from layerscope.dockerfile.words_text import runes, scanned
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from layerscope.dockerfile.words import Options
    from layerscope.dockerfile.words_splitter import Unsplit

_SPECIAL_NAMES = frozenset("@*#?-$!0")
_HEREDOC_BLANKS = "\t\r "
_END = "\ufffd"  # How Go prints the end of its input where a character should be.


@lru_cache(maxsize=32)
def _plain_run(stops: str) -> re.Pattern[str]:
    return re.compile(f"[^{re.escape(stops)}]+")


_Part: TypeAlias = "Generator[_Part, str, str]"
"""A part of a word being read: it yields the parts inside it, and is sent what they became."""


def _run(whole: _Part) -> str:
    """What `whole` becomes. Parts inside parts are kept in a list, so none is too deep for Python.

    Raises:
        DockerfileError: A part is refused, or they are nested too deep.
    """
    stack = [whole]
    result = ""
    error: DockerfileError | None = None
    started = False
    while stack:
        part = stack[-1]
        try:
            if error is not None:
                inner = part.throw(error)
            else:
                inner = part.send(result) if started else next(part)
        except StopIteration as end:
            result, error, started = end.value, None, True
            stack.pop()
        except DockerfileError as raised:
            error = raised.with_traceback(None)
            error.__context__ = None
            stack.pop()
        else:
            error, started = None, False
            stack.append(inner)
            if len(stack) > MAX_DEPTH:
                raise DockerfileError("substitutions nested too deep")
    if error is not None:
        raise error
    return result


class Lexer:
    """One pass over one word; after `whole` the names it looked up are in `matched`/`unmatched`."""

    def __init__(
        self, word: str, env: Mapping[str, str], options: Options, splitter: Unsplit
    ) -> None:
        """Read `word`; what is expanded goes to `splitter` as well."""
        self.matched: set[str] = set()
        self.unmatched: set[str] = set()
        self._text = scanned(word)
        self._at = 0
        self._env = env
        self._options = options
        self._escape = options.escape
        self._raw_escapes = options.raw_escapes
        self._splitter = splitter
        self._budget = Budget()
        self._specials = "$<" if options.skip_process_quotes else "$<'\""

    def whole(self) -> str:
        """The word after expansion.

        Raises:
            DockerfileError: A quote or brace is not closed, a substitution is none, a variable is
                demanded and not there, or a limit is reached.
        """
        return _run(self._expanded("", raw_escapes=self._raw_escapes))

    def _peek(self) -> str:
        """The next character; empty at the end."""
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += len(char)
        return char

    def _expanded(self, stop: str, *, raw_escapes: bool) -> _Part:
        """What stands before `stop`, expanded; `stop` is passed. Empty: up to the end."""
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        # The reference has one buffer for the current word and clears it for every operand.
        splitter = self._splitter.operand() if stop else self._splitter
        parts: list[str] = []
        plain = _plain_run(self._specials + self._escape + stop)
        while self._at < len(self._text):
            char = self._peek()
            if char == stop:
                break
            if run := plain.match(self._text, self._at):
                self._at = run.end()
                part = run.group()
                splitter.bare(part)
            elif char == "$":
                simple = self._plain_dollar()
                part = (yield self._braced()) if simple is None else simple
                splitter.bare(runes(part))
            else:
                double = char == '"' and char in self._specials
                part = (yield self._double_quoted()) if double else self._quoted_or_escaped(char)
                splitter.raw(part)
            parts.append(part)
        self._raw_escapes = before
        if stop and not self._next():
            raise DockerfileError(f"unexpected end of statement while looking for matching {stop}")
        splitter.end()
        return "".join(parts)

    def _quoted_or_escaped(self, char: str) -> str:
        if char in self._specials:
            return self._heredoc() if char == "<" else self._single_quoted()
        # Nothing is left of an escape character at the end of the word.
        escape = self._next()
        return (escape if self._raw_escapes else "") + self._next()

    def _heredoc(self) -> str:
        """`<`, or `<<` with the blanks behind it, which do not end a word."""
        start = self._at
        self._at += 1
        if self._peek() == "<":
            self._at += 1
            while (char := self._peek()) and char in _HEREDOC_BLANKS:
                self._at += 1
        return self._text[start : self._at]

    def _single_quoted(self) -> str:
        start = self._at + 1
        end = self._text.find("'", start)
        if end < 0:
            # The reference has read all of it by then; what it says next depends on that.
            self._at = len(self._text)
            raise DockerfileError(
                "unexpected end of statement while looking for matching single-quote"
            )
        self._at = end + 1
        inside = self._text[start:end]
        return f"'{inside}'" if self._options.raw_quotes else inside

    def _double_quoted(self) -> _Part:
        self._at += 1
        parts: list[str] = []
        plain = _plain_run('"$' + self._escape)
        while char := self._peek():
            if run := plain.match(self._text, self._at):
                self._at = run.end()
                parts.append(run.group())
            elif char == '"':
                self._at += 1
                inside = "".join(parts)
                return f'"{inside}"' if self._options.raw_quotes else inside
            elif char == "$":
                part = self._plain_dollar()
                parts.append((yield self._braced()) if part is None else part)
            else:
                self._at += 1
                if self._raw_escapes:
                    parts.append(char)
                follows = self._peek()
                if follows and follows in ('"', "$", self._escape):
                    self._at += 1
                    parts.append(follows)
                elif follows:
                    # Before any other character the escape character stands for itself.
                    parts.append(char)
        raise DockerfileError("unexpected end of statement while looking for matching double-quote")

    def _plain_dollar(self) -> str | None:
        """What `$name` or a lone `$` becomes; None, with the `$` passed, where it is `${`."""
        self._at += 1
        if self._peek() == "{":
            return None
        name = self._name()
        if not name:
            return "$"
        value = self._value(name)
        if value is None:
            return f"${name}" if self._options.skip_unset_env else ""
        return value

    def _braced(self) -> _Part:
        """What `${…}` becomes, from the `{` on."""
        self._at += 1
        first = self._peek()
        if not first:
            raise DockerfileError("syntax error: missing '}'")
        if first in "{}:":
            raise DockerfileError("syntax error: bad substitution")
        name = self._name()
        operator = self._next()
        if operator == "}":
            value = self._value(name)
            if value is None:
                return f"${{{name}}}" if self._options.skip_unset_env else ""
            return value
        if operator == "/":
            return (yield self._replaced(name))
        if not operator or operator not in ":+-?#%":
            raise _unsupported(operator)
        empty_is_unset = operator == ":"
        if empty_is_unset:
            operator = self._next()
        return (yield self._modified(name, operator, empty_is_unset=empty_is_unset))

    def _modified(self, name: str, operator: str, *, empty_is_unset: bool) -> _Part:
        """`${name:-word}` and its kin, from the word on."""
        spelled = f":{operator}" if empty_is_unset else operator
        trims = operator in ("#", "%")
        if empty_is_unset and trims:
            raise _unsupported(spelled)
        word = yield self._operand("}", "syntax error: missing '}'", raw_escapes=trims)
        value = self._value(name)
        if value is None and self._options.skip_unset_env:
            return f"${{{name}{spelled or _END}{word}}}"
        missing = value is None or (empty_is_unset and not value)
        if operator == "-":
            return word if value is None or missing else value
        if operator == "+":
            return "" if missing else word
        if operator == "?":
            if value is None or missing:
                state = "unset" if value is None else "empty"
                message = word or f"is not allowed to be {state}"
                raise DockerfileError(f"{name}: {shown(message)}")
            return value
        if trims:
            return self._trimmed(operator, word, value or "")
        raise _unsupported(spelled)

    def _operand(self, stop: str, unclosed: str, *, raw_escapes: bool) -> _Part:
        """The expanded text up to `stop`; any error that has read to the end is `unclosed`."""
        try:
            return (yield self._expanded(stop, raw_escapes=raw_escapes))
        except DockerfileError:
            if self._peek():
                raise
            raise DockerfileError(unclosed) from None

    def _trimmed(self, operator: str, word: str, value: str) -> str:
        """`value` without the part at its start (`#`) or end (`%`) that `word` matches."""
        greedy = word.startswith(operator)
        if greedy:
            word = word[1:]
        if operator == "#":
            return _without_start(word, value, self._budget, greedy=greedy)
        # An end is found as the start of the mirrored value; runes are what Go turns around.
        mirrored = runes(value)[::-1]
        return _without_start(_mirrored(word), mirrored, self._budget, greedy=greedy)[::-1]

    def _replaced(self, name: str) -> _Part:
        """`${name/pattern/replacement}` and `${name//pattern/replacement}`, from the `/` on."""
        every = self._peek() == "/"
        if every:
            self._at += 1
        spelled = yield self._operand("/", "syntax error: missing '/' in ${}", raw_escapes=True)
        replacement = yield self._operand("}", "syntax error: missing '}'", raw_escapes=True)
        value = self._value(name)
        if value is None and self._options.skip_unset_env:
            return f"${{{name}/{spelled}/{replacement}}}"
        value = value or ""
        pattern = WordPattern.of(spelled)
        if every:
            return replace_all(value, pattern, replacement, self._budget)
        found = pattern.search(runes(value), 0, self._budget)
        if found is None:
            return value
        return value[: found[0]] + replacement + value[found[1] :]

    def _name(self) -> str:
        """A name, a number, or one special character; empty where none of them stands."""
        text, start = self._text, self._at
        end = start
        first = self._peek()
        if first.isdecimal():
            while end < len(text) and text[end].isdecimal():
                end += 1
        elif first in _SPECIAL_NAMES:
            end += 1
        else:
            while end < len(text) and (
                text[end] == "_" or text[end].isalpha() or text[end].isdecimal()
            ):
                end += 1
        self._at = end
        return text[start:end]

    def _value(self, name: str) -> str | None:
        value = self._env.get(name)
        if value is None:
            self.unmatched.add(name)
            return None
        self.matched.add(name)
        self._budget.grow(len(value))
        return value


def _unsupported(operator: str) -> DockerfileError:
    operator = {"": _END, ":": f":{_END}"}.get(operator, operator)
    return DockerfileError(f"unsupported modifier ({shown(operator)}) in substitution")


def _without_start(word: str, value: str, budget: Budget, *, greedy: bool) -> str:
    end = WordPattern.of(word).end_at(runes(value), 0, budget, greedy=greedy)
    return value if end is None else value[end:]


def _mirrored(pattern: str) -> str:
    """A pattern turned around, each escape still before the character that it escapes."""
    source = runes(pattern)
    units: list[str] = []
    at = 0
    while at < len(source):
        size = 2 if source[at] == "\\" and at + 1 < len(source) else 1
        units.append(source[at : at + size])
        at += size
    return "".join(reversed(units))
