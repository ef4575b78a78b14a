"""How the arguments of each keyword are split into words.

Source: BuildKit, `frontend/dockerfile/parser/line_parsers.go`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from layerscope.dockerfile.characters import decode, encode
from layerscope.dockerfile.json_form import array_words
from layerscope.dockerfile.leading_flags import split_flags
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.words_text import SPACES, runes
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

_SEPARATOR = re.compile("[\t\v\f\r ]+")
"""What stands between a keyword and its arguments; U+00A0 and U+0085 do not separate."""

_BLANK = re.compile(f"[{SPACES}]*")
_BARE: Final = {
    "\\": re.compile(rf"[^{SPACES}'\"\\]*"),
    "`": re.compile(f"[^{SPACES}'\"`]*"),
}
_DOUBLE_QUOTED: Final = {"\\": re.compile(r'[^"\\]*'), "`": re.compile('[^"`]*')}
_HEALTH = re.compile(rb"([^\t\n\v\f\r \x85\xa0]*)[\t\n\v\f\r \x85\xa0]*")


class Arguments(NamedTuple):
    """The words behind a keyword, and whether they were a JSON array."""

    words: tuple[str, ...]
    json_form: bool = False


class Command(NamedTuple):
    """A line taken apart: `keyword` as spelled, its `flags`, and the `rest` without blanks."""

    keyword: str
    flags: tuple[str, ...]
    rest: str


def split_command(line: str, escape: str) -> Command:
    r"""The keyword, flags and arguments of a line whose continuations are joined.

    >>> split_command("COPY --link a  b ", "\\")
    Command(keyword='COPY', flags=('--link',), rest='a  b')
    """
    keyword, *rest = _SEPARATOR.split(line.strip(SPACES), maxsplit=1)
    if not rest:
        return Command(keyword, (), "")
    flags, arguments = split_flags(rest[0], escape)
    return Command(keyword, flags, arguments.strip(SPACES))


def arguments(keyword: str, rest: str, escape: str) -> Arguments:
    r"""The words of `rest`, split as this keyword's arguments are.

    Of a keyword that BuildKit does not know, nothing is kept but one empty word. `ONBUILD` has no
    words: what follows it is an instruction of its own.

    Raises:
        DockerfileError: A JSON array holds something else than strings, or a pair has no value.

    >>> arguments("env", "a=1 b='2 3'", "\\").words
    ('a', '1', '=', 'b', "'2 3'", '=')
    """
    split = _SPLITTERS.get(lower(keyword))
    return Arguments(("",)) if split is None else split(rest, escape)


def quoted_words(text: str, escape: str) -> list[str]:
    r"""The words of a text, their quotes and escape characters kept.

    An escape character at the very end is dropped, and an open quote reaches to the end.

    >>> quoted_words("a 'b c'd e\\ f", "\\")
    ['a', "'b c'd", 'e\\ f']
    """
    text = runes(text)
    words: list[str] = []
    position = _end(_BLANK, text, 0)
    while position < len(text):
        word, position = _quoted_word(text, position, escape)
        if word:
            words.append(word)
        position = _end(_BLANK, text, position)
    return words


def _quoted_word(text: str, position: int, escape: str) -> tuple[str, int]:
    parts: list[str] = []
    size = len(text)
    while position < size:
        end = _end(_BARE[escape], text, position)
        parts.append(text[position:end])
        char = text[end : end + 1]
        position = end
        if char == escape:
            position = _keep_escaped(text, end, parts)
        elif char in ("'", '"'):
            position = _keep_quoted(text, end, escape, parts)
        else:
            break
    return "".join(parts), position


def _keep_escaped(text: str, position: int, parts: list[str]) -> int:
    if position + 1 < len(text):
        parts.append(text[position : position + 2])
    return position + 2


def _keep_quoted(text: str, position: int, escape: str, parts: list[str]) -> int:
    quote = text[position]
    parts.append(quote)
    position += 1
    if quote == "'":
        end = text.find("'", position) + 1 or len(text)
        parts.append(text[position:end])
        return end
    while position < len(text):
        end = _end(_DOUBLE_QUOTED[escape], text, position)
        parts.append(text[position:end])
        position = end
        if text[end : end + 1] == escape:
            position = _keep_escaped(text, end, parts)
        else:
            parts.append(text[end : end + 1])
            return end + 1
    return position


def _pairs_of(name: str) -> Callable[[str, str], Arguments]:
    def pairs(rest: str, escape: str) -> Arguments:
        """Three words for each pair: name, value, and `=`, or nothing in the old form."""
        words = quoted_words(rest, escape)
        if not words:
            return Arguments(())
        if "=" not in words[0]:
            parts = _SEPARATOR.split(rest, maxsplit=1)
            if len(parts) == 1:
                raise DockerfileError(f"{name} must have two arguments")
            return Arguments((*parts, ""))
        found: list[str] = []
        for word in words:
            key, equals, value = word.partition("=")
            if not equals:
                raise DockerfileError(
                    f"{name}: there is no = in {shown(word)}, which must be of the form name=value"
                )
            found += (key, value, equals)
        return Arguments(tuple(found))

    return pairs


def _names(rest: str, escape: str) -> Arguments:
    return Arguments(tuple(quoted_words(rest, escape)))


def _separated(rest: str, _escape: str) -> Arguments:
    return Arguments(tuple(_SEPARATOR.split(rest)) if rest else ())


def _whole(rest: str, _escape: str) -> Arguments:
    return Arguments((rest,) if rest else ())


def _json_or_whole(rest: str, escape: str) -> Arguments:
    words = array_words(rest)
    return _whole(rest, escape) if words is None else Arguments(words, json_form=True)


def _json_or_separated(rest: str, escape: str) -> Arguments:
    words = array_words(rest)
    return _separated(rest, escape) if words is None else Arguments(words, json_form=True)


def _health(rest: str, escape: str) -> Arguments:
    # The reference looks for the blank byte by byte here.
    data = encode(rest)
    match = _HEALTH.match(data)
    if match is None or not match[1]:
        return Arguments(())
    words, json_form = _json_or_whole(decode(data[match.end() :]), escape)
    return Arguments((decode(match[1]), *words), json_form)


def _none(_rest: str, _escape: str) -> Arguments:
    return Arguments(())


_SPLITTERS: Final[dict[str, Callable[[str, str], Arguments]]] = {
    "add": _json_or_separated,
    "arg": _names,
    "cmd": _json_or_whole,
    "copy": _json_or_separated,
    "entrypoint": _json_or_whole,
    "env": _pairs_of("ENV"),
    "expose": _separated,
    "from": _separated,
    "healthcheck": _health,
    "label": _pairs_of("LABEL"),
    "maintainer": _whole,
    "onbuild": _none,
    "run": _json_or_whole,
    "shell": _json_or_whole,
    "stopsignal": _whole,
    "user": _whole,
    "volume": _json_or_separated,
    "workdir": _whole,
}


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
