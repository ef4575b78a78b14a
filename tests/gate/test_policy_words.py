"""Amounts as people write them, and the numbers that they stand for."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.gate.policy_words import LARGEST, amount, is_percentage, percentage

POWERS = {"B": 1, "kB": 1000, "MB": 10**6, "GB": 10**9, "KiB": 1024, "MiB": 2**20, "GiB": 2**30}
SPACES = st.sampled_from(["", " "])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("20 MB", 20_000_000),
        ("20MiB", 20_971_520),
        ("1.5 kB", 1500),
        ("20mb", 20_000_000),
        (" 7 ", 7),
        (20_000_000, 20_000_000),
        (2e7, 20_000_000),
        (0, 0),
    ],
)
def test_size_in_bytes(written: float | str, expected: int) -> None:
    assert amount(written, "bytes") == expected


@pytest.mark.parametrize(
    ("written", "expected"), [(12, 12), (12.0, 12), ("12", 12), ("1,234", 1234), ("0", 0)]
)
def test_count(written: float | str, expected: int) -> None:
    assert amount(written, "count") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (0.1, Fraction(1, 10)),
        (1, Fraction(1)),
        ("0.95", Fraction(19, 20)),
        ("90 %", Fraction(9, 10)),
        ("99.5%", Fraction(199, 200)),
    ],
)
def test_ratio_is_the_decimal_number_that_was_written(
    written: float | str, expected: Fraction
) -> None:
    assert amount(written, "ratio") == expected


@pytest.mark.parametrize("written", [5, 5.0, "5", "5 %", "+5 %", "+5%", " + 5 % "])
def test_percentage_is_five_however_it_is_written(written: float | str) -> None:
    assert percentage(written) == 5


def test_growth_may_have_a_plus_and_a_size_may_not() -> None:
    assert amount("+1 kB", "bytes", growth=True) == 1000
    with pytest.raises(UsageError, match="expected a size"):
        amount("+1 kB", "bytes")


@pytest.mark.parametrize("unit", ["bytes", "count", "ratio"])
@pytest.mark.parametrize(
    "written",
    [
        -1,
        -0.5,
        "-1",
        "- 1",
        float("nan"),
        float("inf"),
        float("-inf"),
        "nan",
        "inf",
        "",
        "%",
        "+",
        "1e5",
        "0x10",
        "1_000",
        "\u0661",
        "5 5",
        LARGEST + 1,
        1e300,
        "9" * 20,
        "9" * 5000,
    ],
)
def test_what_is_no_amount_is_refused(
    written: float | str, unit: Literal["bytes", "count", "ratio"]
) -> None:
    with pytest.raises(UsageError):
        amount(written, unit, growth=True)


@pytest.mark.parametrize("written", [-1, "-5 %", float("nan"), "5 % 5", "%", "5 %%", 10**10])
def test_what_is_no_percentage_is_refused(written: float | str) -> None:
    with pytest.raises(UsageError):
        percentage(written)


@pytest.mark.parametrize("unit", ["bytes", "count"])
def test_part_of_a_thing_is_refused_where_it_is_a_number(unit: Literal["bytes", "count"]) -> None:
    with pytest.raises(UsageError, match=r"found 1\.5"):
        amount(1.5, unit)


def test_negative_amount_is_said_to_be_one() -> None:
    with pytest.raises(UsageError, match="not a negative one, found -3"):
        amount(-3, "count")


def test_percent_sign_alone_makes_a_percentage() -> None:
    assert [is_percentage(value) for value in ("5 %", "5", 5, None)] == [True, False, False, False]


@given(st.integers(0, 10**6), st.integers(0, 999), st.sampled_from(sorted(POWERS)), SPACES)
def test_size_that_was_printed_is_read_again(whole: int, part: int, unit: str, space: str) -> None:
    exact = Fraction(whole * 1000 + part, 1000) * POWERS[unit]

    assert amount(f"{whole}.{part:03}{space}{unit}", "bytes") == exact.numerator // (
        exact.denominator
    )


@given(st.integers(0, LARGEST))
def test_count_that_was_printed_is_read_again(number: int) -> None:
    for written in (number, str(number), f"{number:,}"):
        assert amount(written, "count") == number


@given(st.integers(0, 10**9), st.integers(0, 9), SPACES)
def test_ratio_that_was_printed_is_read_again(digits: int, places: int, space: str) -> None:
    text = f"{digits:0{places + 1}}"
    decimal = f"{text[: len(text) - places]}.{text[len(text) - places :]}".rstrip(".")
    exact = Fraction(digits, 10**places)

    assert amount(decimal, "ratio") == exact
    assert amount(f"{decimal}{space}%", "ratio") == exact / 100
    assert percentage(f"+{decimal}{space}%") == exact


@given(st.floats(0, 1e6, allow_nan=False))
def test_float_is_the_shortest_decimal_of_it(number: float) -> None:
    assert amount(number, "ratio") == Fraction(str(number))


@given(st.text(max_size=30), st.sampled_from(["bytes", "count", "ratio"]))
def test_any_text_is_an_amount_or_a_usage_error(
    text: str, unit: Literal["bytes", "count", "ratio"]
) -> None:
    try:
        found = amount(text, unit, growth=True)
    except UsageError:
        return
    assert 0 <= found <= LARGEST
