"""Which here-documents a line announces.

Source: BuildKit, `frontend/dockerfile/parser/parser.go` (`heredocsFromLine`, `ParseHeredoc`).
"""

from __future__ import annotations

import re
from typing import Final

from layerscope.dockerfile.characters import REGEX_SPACES
from layerscope.dockerfile.node import Heredoc
from layerscope.dockerfile.words import expand_words
from layerscope.errors import DockerfileError

LARGEST_DESCRIPTOR: Final = 2**64 - 1

_MARK = re.compile(r"([0-9]*)<<(-?)")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


def announced(line: str) -> list[Heredoc]:
    """The here-documents that a line announces, in order, their bodies still empty.

    A line with an open quote or a bad substitution announces none.

    Raises:
        DockerfileError: The name of one cannot be read.

    >>> [(heredoc.name, heredoc.expand) for heredoc in announced("RUN <<A 3<<-'B' cat <<<c")]
    [('A', True), ('B', False)]
    """
    try:
        words = expand_words(line, (), raw_quotes=True, raw_escapes=True, skip_unset_env=True)
    except DockerfileError:
        # BuildKit takes such a line as it stands, and leaves its quotes to the shell.
        return []
    return [heredoc for word in words if (heredoc := parse_heredoc(word)) is not None]


def parse_heredoc(word: str) -> Heredoc | None:
    """The here-document that a word such as `3<<-"EOF"` announces, without its body, or None.

    Raises:
        DockerfileError: Its name cannot be read.
    """
    match = _MARK.match(word)
    if match is None:
        return None
    rest = word[match.end() :].lstrip(REGEX_SPACES)
    if not rest or "<" in rest:
        return None
    names = expand_words(rest, (), skip_unset_env=True)
    if len(names) != 1:
        return None
    raw = expand_words(rest, (), raw_quotes=True, skip_unset_env=True)
    if len(raw) != 1:
        raise DockerfileError("the name of a here-document is one word only without its quotes")
    return Heredoc(
        name=names[0],
        descriptor=_descriptor(match[1]),
        # A quote that is gone from the name had quoted a part of it.
        expand=_quotes(names[0]) == _quotes(raw[0]),
        chomp=match[2] == "-",
        content="",
    )


def without_leading_tabs(content: str) -> str:
    r"""The body without the tabs at the start of each line, as `<<-` asks for.

    >>> without_leading_tabs("\t\ta\tb\n\tc")
    'a\tb\nc'
    """
    return _LEADING_TABS.sub("", content)


def _descriptor(digits: str) -> int:
    # Go keeps the largest number there is where digits say more; Python refuses very long ones.
    digits = digits.lstrip("0")
    if len(digits) > len(str(LARGEST_DESCRIPTOR)):
        return LARGEST_DESCRIPTOR
    return min(int(digits or "0"), LARGEST_DESCRIPTOR)


def _quotes(word: str) -> int:
    return word.count("'") + word.count('"')
