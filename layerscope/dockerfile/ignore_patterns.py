"""One pattern of a `.dockerignore`, checked, cleaned and ready to be matched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_expression import FOLDERS, NOT_SLASH, BadExpressionError, read
from layerscope.dockerfile.ignore_matcher import Matcher
from layerscope.dockerfile.ignore_reader import clean
from layerscope.dockerfile.ignore_syntax import SYNTAX_ERROR, check
from layerscope.dockerfile.words_text import SPACES, canonical, runes, scanned
from layerscope.errors import DockerfileError, DockerignoreError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ESCAPED = ".+()|{}$"


class How(Enum):
    """How a path is compared."""

    EXACT = "the path is the text"
    PREFIX = "the path starts with the text"
    SUFFIX = "the path ends with the text"
    ITEMS = "the path matches a row of items"
    BROKEN = "Go's regexp refuses what the matcher makes of the pattern"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern.

    Attributes:
        text: The pattern after cleaning, without `!`.
        exclusion: Does it take paths back (`!`)?
        how: How paths are compared.
        literal: The text for `EXACT`, `PREFIX` and `SUFFIX`.
        matcher: The row of items for `ITEMS`.
    """

    text: str
    exclusion: bool
    how: How
    literal: str = ""
    matcher: Matcher | None = None

    @classmethod
    def of(cls, text: str, *, exclusion: bool) -> Pattern:
        """The pattern that a cleaned text stands for.

        Raises:
            DockerignoreError: `filepath.Match` refuses it.
        """
        check(text)
        how, spelled = _translated(text)
        if how is How.PREFIX:
            return cls(text, exclusion, how, text[:-2])
        if how is How.SUFFIX:
            # The first two bytes, which are `**` unless a byte order mark stands before them.
            literal = _bytes(text)[2:].decode("utf-8", "surrogateescape")
            return cls(text, exclusion, how, literal)
        if how is How.EXACT:
            return cls(text, exclusion, how, text)
        try:
            return cls(text, exclusion, how, matcher=Matcher(read(spelled)))
        except BadExpressionError:
            return cls(text, exclusion, How.BROKEN)

    def test(self) -> Callable[[str], bool]:
        """What says whether a path matches, its parents not considered.

        It raises `DockerignoreError` for a broken pattern, as the reference does for each path.
        """
        matcher, literal = self.matcher, self.literal
        if matcher is not None:
            return lambda path: matcher.matches(runes(path))
        if self.how is How.BROKEN:
            return self._refuse
        if self.how is How.EXACT:
            return lambda path: path == literal
        if runes(literal) != literal:
            return _bytewise(self.how, literal)
        if self.how is How.PREFIX:
            return lambda path: path.startswith(literal)
        whole = literal[1:] if literal.startswith("/") else None
        return lambda path: path.endswith(literal) or path == whole

    def _refuse(self, _path: str) -> bool:
        raise DockerignoreError(SYNTAX_ERROR, f"pattern {shown(self.text)}")


def _bytewise(how: How, literal: str) -> Callable[[str], bool]:
    """A comparison of bytes, for a literal that may start or end inside of a character."""
    wanted = _bytes(literal)
    if how is How.PREFIX:
        return lambda path: _bytes(path).startswith(wanted)
    whole = wanted[1:] if wanted.startswith(b"/") else None

    def ends(path: str) -> bool:
        given = _bytes(path)
        return given.endswith(wanted) or given == whole

    return ends


def patterns(texts: Iterable[str]) -> list[Pattern]:
    """The patterns of a list, without the empty ones.

    Raises:
        DockerignoreError: One of them is refused, and with it the list.
    """
    found: list[Pattern] = []
    for given in texts:
        text = as_text(given).strip(SPACES)
        if not text:
            continue
        text = clean(text)
        exclusion = text.startswith("!")
        if text == "!":
            raise DockerignoreError('illegal exclusion pattern: "!"')
        found.append(Pattern.of(text[exclusion:], exclusion=exclusion))
    return found


def as_text(text: str) -> str:
    """`text` as its bytes decode.

    Raises:
        DockerignoreError: It has no bytes.
    """
    try:
        return canonical(text)
    except DockerfileError as error:
        raise DockerignoreError(error.problem) from None


def _bytes(text: str) -> bytes:
    return as_text(text).encode("utf-8", "surrogateescape")


def _translated(text: str) -> tuple[How, str]:
    """How paths are compared, and the regular expression that the reference writes for it."""
    source = scanned(text)
    parts = ["^"]
    how = How.EXACT
    at = 0
    while at < len(source):
        char = source[at]
        start = at
        at += 1
        if source.startswith("**", start):
            at += 1
            at += source.startswith("/", at)
            ends = at == len(source)
            if ends and how is How.EXACT:
                how = How.PREFIX
            else:
                parts.append(".*" if ends else FOLDERS)
                how = How.ITEMS
            if start == 0:
                how = How.SUFFIX
        elif char in "*?":
            parts.append(NOT_SLASH + ("*" if char == "*" else ""))
            how = How.ITEMS
        elif char in _ESCAPED:
            parts.append("\\" + char)
        elif char == "\\":
            parts.append(source[start : at + 1])
            how = How.ITEMS if at < len(source) else how
            at += 1
        else:
            parts.append(char)
            how = How.ITEMS if char in "[]" else how
    parts.append("$")
    return how, "".join(parts)
