from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.gate.change_point import FEWEST, MOST, SHORTEST, _levels, jump

FLOOR = Fraction(10)
SERIES = st.lists(st.integers(0, 400), min_size=FEWEST + 1, max_size=24)


def found(*series: int, floor: Fraction = FLOOR) -> bool:
    result = jump(series, floor)
    assert result is not None
    return result.found


def test_jump_needs_five_earlier_values() -> None:
    assert jump([1, 1, 1, 1, 900], FLOOR) is None
    assert jump([1, 1, 1, 1, 1, 900], FLOOR) is not None


def test_jump_of_a_steady_series_is_what_exceeds_the_floor() -> None:
    assert not found(*[100] * 5, 110)
    assert found(*[100] * 5, 111)
    assert not found(*[100] * 5, 0)


def test_jump_limit_follows_the_noise() -> None:
    # Median 100, median deviation 5: four deviations are 4 * 1.4826 * 5 = 29.652.
    series = [95, 105, 100, 95, 105, 100, 95, 105]

    result = jump([*series, 129], Fraction(1))

    assert result is not None
    assert (result.level, result.limit, result.found) == (Fraction(100), 129, False)
    assert found(*series, 130, floor=Fraction(1))


def test_jump_that_was_accepted_raises_no_alarm_again() -> None:
    steady = [100] * 10
    for since in range(1, 6):
        assert not found(*steady, *[200] * since, 200)
        assert not found(*steady, *[200] * since, 210)
        assert found(*steady, *[200] * since, 211)


def test_jump_is_not_hidden_by_a_higher_level_of_long_ago() -> None:
    assert found(*[200] * 10, *[100] * 3, 150)
    assert found(*[300] * 4, *[200] * 4, *[100] * 4, 111)


def test_jump_is_judged_by_the_old_level_until_two_values_agree_on_a_new_one() -> None:
    assert not found(*[200] * 10, 100, 150)
    assert found(*[200] * 10, 100, 100, 150)


def test_jump_is_not_hidden_by_an_outlier() -> None:
    assert found(100, 100, 300, 100, 100, 100, 200)
    assert not found(100, 100, 300, 100, 100, 100, 101)


def test_jump_of_long_series_looks_at_the_newest_values_only() -> None:
    wild = [0, 10**6] * MOST

    assert jump([*wild, *[5] * MOST, 16], FLOOR) == jump([*[5] * MOST, 16], FLOOR)
    assert found(*wild, *[5] * MOST, 16)


def test_jump_share_of_the_level_is_a_floor_too() -> None:
    result = jump([*[1000] * 6, 1050], Fraction(1), Fraction(5, 100))

    assert result is not None
    assert (result.limit, result.found) == (1050, False)


@given(SERIES, st.integers(-1000, 1000))
def test_jump_of_a_shifted_series_has_a_shifted_limit(series: list[int], shift: int) -> None:
    plain, moved = jump(series, FLOOR), jump([value + shift for value in series], FLOOR)

    assert plain is not None
    assert moved is not None
    assert moved.limit == plain.limit + shift
    assert moved.found == plain.found


@given(SERIES, st.integers(0, 200), st.integers(0, 200))
def test_jump_limit_never_falls_as_the_floor_rises(series: list[int], one: int, more: int) -> None:
    low, high = jump(series, Fraction(one)), jump(series, Fraction(one + more))

    assert low is not None
    assert high is not None
    assert low.limit <= high.limit
    assert low.found or not high.found


@given(st.integers(0, 10**12), st.integers(FEWEST, 40), st.integers(0, 10**6))
def test_jump_of_a_constant_series_never_alarms_within_the_floor(
    value: int, length: int, floor: int
) -> None:
    assert not found(*[value] * length, value + floor, floor=Fraction(floor))
    assert found(*[value] * length, value + floor + 1, floor=Fraction(floor))


def best_cost(series: list[int]) -> Fraction:
    """The least cost of any partition, by trying all."""
    differences = [abs(new - old) for old, new in pairwise(series)]
    penalty = 8 * Fraction(10484, 10000) * Fraction(median(map(Fraction, differences)))
    inner = range(1, len(series))
    costs = []
    for count in range(len(series) // SHORTEST):
        for cuts in combinations(inner, count):
            bounds = list(zip((0, *cuts), (*cuts, len(series)), strict=True))
            if all(end - start >= SHORTEST for start, end in bounds):
                costs.append(cost_of(series, bounds, penalty))
    return min(costs)


def cost_of(series: list[int], bounds: list[tuple[int, int]], penalty: Fraction) -> Fraction:
    cost = penalty * (len(bounds) - 1)
    for start, end in bounds:
        part = series[start:end]
        middle = sorted(part)[len(part) // 2]
        cost += sum(abs(value - middle) for value in part)
    return cost


@given(st.lists(st.integers(0, 60), min_size=5, max_size=11))
def test_levels_are_the_cheapest_of_all_partitions(series: list[int]) -> None:
    differences = [abs(new - old) for old, new in pairwise(series)]
    penalty = 8 * Fraction(10484, 10000) * Fraction(median(map(Fraction, differences)))

    bounds = _levels(series)

    assert bounds[0][0] == 0
    assert bounds[-1][1] == len(series)
    assert all(end == start for (_, end), (start, _) in pairwise(bounds))
    assert cost_of(series, bounds, penalty) == best_cost(series)


@pytest.mark.parametrize(
    ("series", "last"),
    [
        ([100] * 10 + [200] * 3, (10, 13)),
        ([100, 100, 300, 100, 100, 100], (0, 6)),
        ([0, 1] * 8, (0, 16)),
        ([7] * 9, (0, 9)),
        ([5] * 6 + [9, 9], (5, 8)),
        # Two levels save 6 of 11, less than the step costs: 8 * 1.0484 times the noise of 1.
        ([0, 1, 0, 1, 0, 1, 0, 1, 3, 4, 3], (0, 11)),
        # Here they save 9 of 14.
        ([0, 1, 0, 1, 0, 1, 0, 1, 4, 5, 4], (8, 11)),
        ([100, 101, 99, 100, 102, 500, 501, 499, 500], (5, 9)),
    ],
)
def test_levels_end_with_the_one_that_lasts(series: list[int], last: tuple[int, int]) -> None:
    assert _levels(series)[-1] == last
