"""Patterns on paths, made into matchers whose time grows with the path and nothing else.

A star is tried at the first place where what follows it fits, and nowhere else: parts between stars
have a fixed length, so whatever a later place could reach, the first one can. Atomic groups say
that to `re`, which would otherwise go back to try every place for every star.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PATTERN_CHARACTERS = 4096
"""The longest pattern, as long as the longest path that Linux takes."""

_Token = tuple[str, str]

_STAR: _Token = ("star", "[^/]*?")
_DEEP: _Token = ("deep", "")
_SLASH: _Token = ("literal", "/")
_FOLDERS = "(?:[^/]*+/)*?"
"""Whole parts of a path, as few as will do; each can be read in one way only."""


class Glob:
    r"""A pattern on absolute paths, compiled once.

    `*` and `?` stand for any characters and any one character but `/`; `**` stands for `/` too, and
    `/**/` also for no folder at all; `[a-z]` and `[!a-z]` for one character of a set, never `/`; a
    backslash takes the meaning from what follows. Without a `/` the pattern is one on the last part
    of a path. A pattern counts from the root, whether it begins with `/` or not. A byte that is
    no UTF-8 is one character.

    >>> Glob("/usr/**/*.so").matches([b"/usr/a.so", b"/usr/lib/b.so", b"/usr/lib/c.so.1"])
    [0, 1]
    >>> Glob("b*").matches([b"/b", b"/b/c", b"/c/bb"])
    [0, 2]

    Args:
        text: The pattern; bytes that are no UTF-8 stand as `surrogateescape` has them.

    Raises: `UsageError` if the pattern is empty or too long, or a range in it is the wrong way
        round.
    """

    def __init__(self, text: str) -> None:
        if not text or len(text) > PATTERN_CHARACTERS:
            found = f"{len(text)} characters" if text else "an empty one"
            raise UsageError(f"expected a pattern of 1 to {PATTERN_CHARACTERS} characters, {found}")
        self._tokens = _rooted(_tokens(text))
        self._compile()

    def _compile(self) -> None:
        self._match = re.compile(_regex(self._tokens), re.DOTALL).match
        self._needle = _longest_literal(self._tokens)

    def matches(self, paths: Sequence[bytes]) -> list[int]:
        """The positions of the paths that match, in order."""
        match, needle = self._match, self._needle
        return [
            position
            for position, path in enumerate(paths)
            if needle in path and match(path.decode("utf-8", "surrogateescape"))
        ]

    def within(self) -> Glob:
        """The pattern of all that lies, at any depth, in folders that this one matches."""
        made = object.__new__(Glob)
        made._tokens = _rooted([*self._tokens, _SLASH, _DEEP])
        made._compile()
        return made

    @property
    def folder(self) -> bytes:
        """The folder below which all matches lie, `/` if the pattern says none."""
        literal = self._literal_part()
        return _bytes(self._tokens[:literal]) or b"/"

    def moved(self, folder: bytes) -> Glob:
        """The pattern with another `folder`."""
        text = folder.rstrip(b"/").decode("utf-8", "surrogateescape")
        made = object.__new__(Glob)
        made._tokens = [
            *(("literal", char) for char in text),
            *self._tokens[self._literal_part() :],
        ]
        made._compile()
        return made

    def _literal_part(self) -> int:
        """The position of the last slash before anything that is not literal."""
        last = 0
        for position, (kind, text) in enumerate(self._tokens):
            if kind != "literal":
                break
            if text == "/":
                last = position
        return last


def _tokens(text: str) -> list[_Token]:
    """The pattern in pieces: `literal`, `one` (of a set), `star`, `deep`."""
    tokens: list[_Token] = []
    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "*":
            stars = position
            while text[position : position + 1] == "*":
                position += 1
            tokens.append(_STAR if position == stars else _DEEP)
        elif char == "?":
            tokens.append(("one", "[^/]"))
        elif char == "[" and (end := _end_of_set(text, position)):
            tokens.append(("one", _set(text[position : end - 1])))
            position = end
        elif char == "\\" and position < len(text):
            tokens.append(("literal", text[position]))
            position += 1
        else:
            tokens.append(("literal", char))
    return tokens


def _end_of_set(text: str, start: int) -> int:
    """The position behind the `]` of a set that begins at `start`; 0 if nothing closes it."""
    first = start + (text[start : start + 1] in {"!", "^"})
    # A bracket that comes first is a member.
    return text.find("]", first + 1) + 1


def _set(inside: str) -> str:
    negated = inside[0] in "!^"
    members = inside[negated:]
    parts: list[str] = []
    position = 0
    while position < len(members):
        low = members[position]
        if members[position + 1 : position + 2] == "-" and position + 2 < len(members):
            high = members[position + 2]
            if low > high:
                raise UsageError(f"expected a range such as a-z, found {shown(inside, 40)!r}")
            parts.append(f"{re.escape(low)}-{re.escape(high)}")
            position += 3
        else:
            parts.append(re.escape(low))
            position += 1
    joined = "".join(parts)
    return f"[^/{joined}]" if negated else f"(?!/)[{joined}]"


def _rooted(tokens: list[_Token]) -> list[_Token]:
    """The tokens of a pattern on whole paths: one slash in front, none doubled, none at the end."""
    if _SLASH not in tokens:
        tokens = [_DEEP, _SLASH, *(_STAR if token == _DEEP else token for token in tokens)]
    while len(tokens) > 1 and tokens[-1] == _SLASH:
        tokens = tokens[:-1]
    made = [_SLASH]
    for token in tokens:
        if token == _SLASH and made[-1] == _SLASH:
            continue
        if token in (_STAR, _DEEP) and made[-1] in (_STAR, _DEEP):
            made[-1] = _DEEP if _DEEP in (token, made[-1]) else _STAR
        elif token == _DEEP and made[-3:] == [_SLASH, _DEEP, _SLASH]:
            made.pop()
        else:
            made.append(token)
    return made


def _regex(tokens: Sequence[_Token]) -> str:
    """The expression for `re.match`; see the module for why it never goes back far."""
    chunks = _split(tokens, _DEEP)
    made = ""
    before: Sequence[_Token] = ()
    for number, chunk in enumerate(chunks):
        last = number == len(chunks) - 1
        if number == 0:
            made += _found(_chunk(chunk, "", last=last), last=last)
        elif last and not chunk:
            made += r".*\Z"
        elif before[-1:] == [_SLASH] and chunk[:1] == [_SLASH]:
            # "/**/": whole folders, or none, so that one slash is enough.
            made += _found(_FOLDERS + _chunk(chunk[1:], "", last=last), last=last)
        else:
            made += _found(_FOLDERS + _chunk(chunk, _STAR[1], last=last), last=last)
        before = chunk
    return made


def _found(expression: str, *, last: bool) -> str:
    return expression if last else f"(?>{expression})"


def _chunk(tokens: Sequence[_Token], lead: str, *, last: bool) -> str:
    """The expression for what stands between two `**`; `lead` is what may come before it."""
    first, *others = ["".join(map(_atom, part)) for part in _split(tokens, _STAR)]
    end = r"\Z" if last else ""
    if not others:
        return f"{lead}{first}{end}"
    made = f"(?>{lead}{first})"
    made += "".join(f"(?>{_STAR[1]}{part})" for part in others[:-1])
    return f"{made}{_STAR[1]}{others[-1]}{end}"


def _atom(token: _Token) -> str:
    kind, text = token
    return re.escape(text) if kind == "literal" else text


def _split(tokens: Sequence[_Token], separator: _Token) -> list[list[_Token]]:
    parts: list[list[_Token]] = [[]]
    for token in tokens:
        if token == separator:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _longest_literal(tokens: Sequence[_Token]) -> bytes:
    """Bytes that every match holds: looking for them is the quickest way to refuse a path."""
    runs: list[list[_Token]] = [[]]
    for token in tokens:
        if token[0] == "literal":
            runs[-1].append(token)
        else:
            runs.append([])
    return max(map(_bytes, runs), key=len)


def _bytes(tokens: Iterable[_Token]) -> bytes:
    return "".join(text for _, text in tokens).encode("utf-8", "surrogateescape")
