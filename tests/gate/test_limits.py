from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.gate.limits import Before, absolute_rows, difference, exact, growth_rows
from layerscope.gate.measured import INFINITE
from layerscope.gate.policy import Budget
from layerscope.gate.verdict import LimitRow

if TYPE_CHECKING:
    from layerscope.gate.verdict import Number


def budget(**limits: Any) -> Budget:  # noqa: ANN401 - as the fields of a budget are
    fields: dict[str, Any] = {name: Fraction(value) for name, value in limits.items()}
    return Budget("size", "content_bytes", **fields)


def grown(limits: Budget, value: Number, baseline: Number) -> list[bool | None]:
    return [row.holds for row in growth_rows(limits, value, Before(baseline, baseline))]


@pytest.mark.parametrize(
    ("value", "maximum", "minimum", "holds"),
    [
        (100, "100", "100", [True, True]),
        (101, "100", "100", [False, True]),
        (99, "100", "100", [True, False]),
        (0.9, "0.9", "0.9", [True, True]),
        (0.1 + 0.2, "0.3", "0.3", [False, True]),  # The float is 0.30000000000000004, as it prints.
        (0.29999999999999993, "0.3", "0.3", [True, False]),
        (2**63 + 1, str(2**63), str(2**63), [False, True]),  # No float tells these apart.
        (1e-9, "0.000000001", "0.000000001", [True, True]),
        (0, "0", "0", [True, True]),
    ],
)
def test_absolute_limits_are_met_by_as_much_as_they_say(
    value: float, maximum: str, minimum: str, holds: list[bool]
) -> None:
    rows = absolute_rows(budget(maximum=maximum, minimum=minimum), value)

    assert [row.holds for row in rows] == holds
    assert [row.kind for row in rows] == ["max", "min"]


def test_absolute_limits_of_an_unknown_number_are_not_known() -> None:
    rows = absolute_rows(budget(maximum=5), None, "a layer is damaged")

    assert rows == [LimitRow(kind="max", limit=5, holds=None, reason="a layer is damaged")]


def test_absolute_limits_of_infinity_are_exceeded_and_met() -> None:
    rows = absolute_rows(budget(maximum=5, minimum=1), None, INFINITE)

    assert [row.holds for row in rows] == [False, True]


@pytest.mark.parametrize(
    ("limits", "value", "baseline", "holds"),
    [
        ({"max_increase": 10}, 110, 100, [True]),
        ({"max_increase": 10}, 111, 100, [False]),
        ({"max_increase": 10}, 5, 100, [True]),
        ({"max_increase": 0}, 100, 100, [True]),
        ({"max_increase": 0}, 101, 100, [False]),
        ({"max_increase_percent": 5}, 105, 100, [True]),
        ({"max_increase_percent": 5}, 106, 100, [False]),
        # A third, in percent, of what is so large that floats round it down.
        ({"max_increase_percent": Fraction(100, 3)}, 4 * (10**17 + 1), 3 * (10**17 + 1), [True]),
        ({"max_increase_percent": Fraction(100, 3)}, 4 * 10**17 + 5, 3 * (10**17 + 1), [False]),
        ({"max_increase_percent": 5}, 0, 0, [True]),
        ({"max_increase_percent": 5}, 1, 0, [False]),
        ({"max_increase_percent": 10**9}, 1, 0, [False]),
        ({"max_increase_percent": 5, "min_change": 1}, 1, 0, [True]),
        ({"max_increase_percent": 5, "min_change": 1}, 2, 0, [False]),
        ({"max_increase": 0, "max_increase_percent": 0, "min_change": 7}, 107, 100, [True, True]),
        ({"max_increase": 0, "max_increase_percent": 0, "min_change": 7}, 108, 100, [False] * 2),
        ({"max_increase": 5, "max_increase_percent": 50}, 110, 100, [False, True]),
        ({"max_increase": "0.05"}, 0.85, 0.8, [True]),  # 0.85 - 0.8 is more than 0.05 in floats.
    ],
)
def test_growth_limits_are_exact(
    limits: dict[str, Any], value: float, baseline: float, holds: list[bool]
) -> None:
    assert grown(budget(**limits), value, baseline) == holds


def test_growth_percentage_is_of_what_it_is_said_to_be_of() -> None:
    limits = budget(max_increase_percent=10)

    assert [row.holds for row in growth_rows(limits, 60, Before(50, 100))] == [True]
    assert [row.holds for row in growth_rows(limits, 61, Before(50, 100))] == [False]
    assert growth_rows(limits, 60, Before(50, None))[0].reason == (
        "what the percentage is of is not known"
    )


def test_growth_that_cannot_be_told_says_why() -> None:
    limits = budget(max_increase=10, max_increase_percent=1)

    rows = growth_rows(limits, 5, Before(5, 5, "layers are stored otherwise"))
    assert [(row.holds, row.reason) for row in rows] == [(None, "layers are stored otherwise")] * 2
    assert growth_rows(limits, None, Before(5, 5), "no table")[0].reason == "no table"
    assert growth_rows(limits, 5, Before(None, None))[0].reason == (
        "the number of the baseline is not known"
    )


def test_difference_of_ratios_is_the_one_that_is_shown() -> None:
    assert difference(0.85, 0.8) == 0.05
    assert difference(7, 9) == -2
    assert difference(None, 9) is None


@given(st.floats(min_value=0, max_value=1e6), st.floats(min_value=0, max_value=1e6))
def test_exact_keeps_the_order_of_floats(one: float, other: float) -> None:
    assert (one < other) == (exact(one) < exact(other))
    assert float(exact(one)) == one


@given(st.integers(0, 10**20), st.integers(1, 10**20), st.integers(0, 1000))
def test_percentage_is_the_one_of_whole_numbers(value: int, baseline: int, percent: int) -> None:
    expected = (value - baseline) * 100 <= percent * baseline

    assert grown(budget(max_increase_percent=percent), value, baseline) == [expected]
