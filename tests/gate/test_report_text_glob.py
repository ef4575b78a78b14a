"""Patterns on texts, against a matcher that tries everything."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from layerscope.gate.report_text_glob import TextGlob

WORDS = st.sampled_from(["a", "b", "/", "*", "?", "\\", "[", "]", "\n", "(", "."])
PATTERNS = st.lists(WORDS, max_size=10).map("".join)
TEXTS = st.text("ab/[]*?\\\n(.", max_size=10)


def tries_everything(pattern: str, text: str) -> bool:
    @cache
    def fits(at: int, position: int) -> bool:
        if at == len(pattern):
            return position == len(text)
        char = pattern[at]
        if char == "*":
            return any(fits(at + 1, later) for later in range(position, len(text) + 1))
        if position == len(text):
            return False
        if char == "\\" and at + 1 < len(pattern):
            return pattern[at + 1] == text[position] and fits(at + 2, position + 1)
        return (char == "?" or char == text[position]) and fits(at + 1, position + 1)

    return fits(0, 0)


@pytest.mark.hypothesis
@given(PATTERNS, TEXTS)
@example("*a?b*", "aaab")
@example("a*\\", "a\\")
def test_pattern_fits_what_trying_everything_finds(pattern: str, text: str) -> None:
    assert TextGlob(pattern).fits(text) == tries_everything(pattern, text)


@pytest.mark.hypothesis
@given(TEXTS)
def test_text_with_all_its_marks_escaped_fits_itself_alone(text: str) -> None:
    pattern = "".join(f"\\{char}" if char in "*?\\" else char for char in text)

    assert TextGlob(pattern).fits(text)
    assert not TextGlob(pattern).fits(f"{text}x")


def test_many_stars_on_a_long_text_take_no_longer_than_one_look_at_each() -> None:
    # Going back over 40 stars would take longer than anybody waits.
    assert not TextGlob("*a" * 40 + "b").fits("a" * 100_000)
