"""Patterns in a row that all leave out, or all take back, asked as one question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_matcher import MAX_PATH
from layerscope.dockerfile.ignore_patterns import How, Pattern
from layerscope.dockerfile.words_text import runes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_MAX_EXPRESSION = 20_000


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring patterns of one kind.

    Attributes:
        exclusion: Do they take paths back?
        bits: Their places in the list, bit N for pattern N.
        test: Does one of them match a path, its parents not considered?
    """

    exclusion: bool
    bits: int
    test: Callable[[str], bool]


def groups(found: Sequence[Pattern]) -> list[Group] | None:
    """The groups of a list in order; None if a pattern is broken, so that each has to be asked."""
    if any(pattern.how is How.BROKEN for pattern in found):
        return None
    made: list[Group] = []
    first = 0
    for exclusion, neighbours in groupby(found, key=lambda pattern: pattern.exclusion):
        members = list(neighbours)
        bits = ((1 << len(members)) - 1) << first
        made.append(Group(exclusion, bits, _any_of(members)))
        first += len(members)
    return made


def _any_of(members: Sequence[Pattern]) -> Callable[[str], bool]:
    """One test for all; the plain comparisons first, since they cost least."""
    whole: set[str] = set()
    starts: list[str] = []
    ends: list[str] = []
    expressions: list[str] = []
    together: list[Callable[[str], bool]] = []
    apart: list[Callable[[str], bool]] = []
    for member in members:
        literal = member.literal
        if member.matcher is not None and member.matcher.expression is not None:
            expressions.append(member.matcher.expression)
            together.append(member.test())
        elif member.matcher is not None or runes(literal) != literal:
            apart.append(member.test())
        elif member.how is How.EXACT:
            whole.add(literal)
        elif member.how is How.PREFIX:
            starts.append(literal)
        else:
            ends.append(literal)
            # `**/x` is also `x`. Nothing is added for `**x`, which is a suffix and no more.
            whole.update([literal[1:]] if literal.startswith("/") else [])
    prefixes, suffixes = tuple(starts), tuple(ends)
    joined = "|".join(f"(?:{each})" for each in expressions)
    compiled = re.compile(joined) if expressions and len(joined) < _MAX_EXPRESSION else None
    one_by_one = [*together, *apart]

    def test(path: str) -> bool:
        if path in whole or path.startswith(prefixes) or path.endswith(suffixes):
            return True
        if not one_by_one:
            return False
        if compiled is None or len(path) > MAX_PATH:
            return any(each(path) for each in one_by_one)
        return compiled.match(runes(path)) is not None or any(each(path) for each in apart)

    return test
