"""Patterns in `${…}`: checked against a regular expression that is allowed to go back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.words import expand
from layerscope.dockerfile.words_budget import Budget
from layerscope.dockerfile.words_patterns import WordPattern
from layerscope.dockerfile.words_template import template
from layerscope.errors import DockerfileError

VALUES = st.text(alphabet="ab\n", max_size=12)
PATTERNS = st.text(alphabet="ab?*\n", max_size=8)


def backtracking(pattern: str, *, greedy: bool) -> re.Pattern[str]:
    """What BuildKit compiles for a pattern without escapes; Perl and Go pick the same match."""
    star = ".*" if greedy else ".*?"
    return re.compile("".join({"*": star, "?": "."}.get(char, re.escape(char)) for char in pattern))


@given(pattern=PATTERNS, value=VALUES, greedy=st.booleans())
def test_start_that_matches_ends_where_a_backtracking_match_ends(
    pattern: str, value: str, greedy: bool
) -> None:
    found = backtracking(pattern, greedy=greedy).match(value)

    end = WordPattern.of(pattern).end_at(value, 0, Budget(), greedy=greedy)

    assert end == (found.end() if found else None)


@given(pattern=PATTERNS, value=VALUES, start=st.integers(0, 3))
def test_search_finds_the_leftmost_longest_backtracking_match(
    pattern: str, value: str, start: int
) -> None:
    start = min(start, len(value))
    found = backtracking(pattern, greedy=True).search(value, start)

    assert WordPattern.of(pattern).search(value, start, Budget()) == (
        found.span() if found else None
    )


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("${V#*/}", "b/c.d.e"),
        ("${V##*/}", "c.d.e"),
        ("${V%.*}", "a/b/c.d"),
        ("${V%%.*}", "a/b/c"),
        ("${V/?\\//_}", "_b/c.d.e"),
        ("${V//[a-z]/_}", "a/b/c.d.e"),
        ("${V//./\\}}", "a/b/c\\}d\\}e"),
        # The replacement of `//` is a template of Go's regexp; that of `/` is not.
        ("${V//?.?/'<$0>'}", "a/b/<c.d>.e"),
        ("${V/?.?/'<$0>'}", "a/b/<$0>.e"),
        ("${V///-}", "-a-/-b-/-c-.-d-.-e-"),
    ],
)
def test_pattern_of_a_substitution_changes_the_value(word: str, text: str) -> None:
    assert expand(word, ["V=a/b/c.d.e"]) == text


def test_end_of_a_value_is_cut_on_runes_and_loses_bytes_that_are_no_utf8() -> None:
    env = ["V=\udcffb"]

    assert expand("${V%b}${V#b}", env) == "\ufffd\udcffb"


def test_template_has_the_match_between_its_parts() -> None:
    # `$1d` and `$0b` are names that no group has.
    assert template("a$0-${0}c$1d$$e$0b$") == ["a", "-", "c$e$"]


@pytest.mark.parametrize(
    "word",
    [
        "${A##" + "*a" * 20_000 + "b}",
        "${A%%" + "*a" * 20_000 + "b}",
        "${A//" + "*a" * 20_000 + "b/x}",
        "${A//" + "?" * 20_000 + "b/x}",
        "${L//" + "a*\n*\n" * 5_000 + "b/x}",
    ],
)
def test_hostile_pattern_ends_with_an_answer_or_a_limit(word: str) -> None:
    env = ["A=" + "a" * 60_000, "L=" + "a\n" * 30_000]

    try:
        text = expand(word, env)
    except DockerfileError as error:
        text = error.problem

    assert "a pattern in ${} that takes too long" in text or text in {env[0][2:], env[1][2:]}
