"""Durations, letter case and suggestions, as the reference's language and libraries have them."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.durations import parse_duration
from layerscope.dockerfile.letter_case import lower, upper
from layerscope.dockerfile.suggestions import did_you_mean, nearest
from layerscope.errors import DockerfileError


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("30s", 30_000_000_000),
        ("1m0.25s", 60_250_000_000),
        ("1h1m1s1ms1us1ns", 3_661_001_001_001),
        ("1\u00b5s", 1_000),
        ("1\u03bcs", 1_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("-1.5h", -5_400_000_000_000),
        ("9223372036854775807ns", 9_223_372_036_854_775_807),
        ("-9223372036854775808ns", -9_223_372_036_854_775_808),
        # Digits beyond 63 bits do not count.
        ("0.1000000000000000000009s", 100_000_000),
    ],
)
def test_parse_duration_gives_nanoseconds(text: str, nanoseconds: int) -> None:
    assert parse_duration(text) == nanoseconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "+", "1", "s", ".s", "1 s", "1x", "1e3s", "--1s", "1.2.3s", "\u0661s"),
        *("9223372036854775808ns", "2562048h", "9" * 5000 + "h", "9223372036854775807ns1ns"),
    ],
)
def test_parse_duration_refuses_what_go_refuses(text: str) -> None:
    with pytest.raises(DockerfileError, match="is no duration"):
        parse_duration(text)


def test_letter_case_changes_one_character_into_one() -> None:
    assert lower("FI\u0130\u212a\u03a3") == "fiik\u03c3"
    assert upper("stra\u00dfe\u0131\u1fb3") == "STRA\u00dfEI\u1fbc"
    assert lower("\udcffA") == "\ufffda"
    assert upper("\udcffa") == "\ufffdA"


def test_nearest_wants_fewer_than_three_edits() -> None:
    assert nearest("fro", ["from", "for"]) == "from"
    assert nearest("form", ["from", "platform"]) == "from"
    assert nearest("xyz", ["from"]) is None
    assert nearest("x" * 100_000, ["from"]) is None


def test_nearest_prefers_a_swap_and_then_the_alphabet() -> None:
    assert nearest("rnu", ["env", "run"]) == "run"
    assert nearest("b", ["c", "a"]) == "a"


def test_nearest_of_a_known_name_is_nothing() -> None:
    assert nearest("from", ["form", "from"]) is None
    assert did_you_mean("from", ["from"]) == ""
    assert did_you_mean("fom", ["from"]) == "did you mean from?"
