"""The nearest known word."""

from __future__ import annotations

import pytest

from layerscope.gate.did_you_mean import did_you_mean, nearest

KEYS = ["metric", "max", "max-increase", "max-increase-percent", "min", "severity"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("metrics", "metric"),
        ("max_increase", "max-increase"),
        ("Max-Increase", "max-increase"),
        ("maxincrease", "max-increase"),
        ("sevrity", "severity"),
    ],
)
def test_slip_is_near_the_word_that_was_meant(word: str, expected: str) -> None:
    assert nearest(word, KEYS) == expected


def test_word_of_another_tool_is_known_by_its_meaning() -> None:
    assert nearest("Error", ["fail", "warn"], {"error": "fail"}) == "fail"


def test_nothing_near_lists_all_words() -> None:
    assert did_you_mean("qqq", ["max", "min"]) == "there are max, min"


def test_very_long_word_is_near_nothing() -> None:
    assert nearest("metric" * 100_000, KEYS) is None
