"""Whether the newest number of a series is out of the ordinary, by what the series is at now.

A series of sizes is a staircase with noise: levels that last, steps between them. An old step that
was accepted must neither raise the alarm again nor hide a new one, so the newest value is compared
with the level that it continues, not with all that was before.

- Levels: the piecewise constant fit that minimises the sum of absolute residuals plus a penalty for
  each step, found exactly (the Potts functional in the L1 norm; Friedrich and others, "Complexity
  Penalized M-Estimation", 2008). airspeed velocity finds steps so (`asv/step_detect.py`); the value
  of a level is then its median, which no single outlier moves. A level has three values at least,
  so that two that agree make it and one alone does not.
- Noise: 1.4826 times the median absolute deviation from the levels, which estimates the standard
  deviation of normal noise (Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation",
  1993). For the penalty, where no levels are known yet, it is taken from the differences of
  neighbours, which a step touches once only.
- No random permutations: those of E-divisive means made verdicts differ from run to run, which is
  why Hunter gave them up (Fleming and others, "Hunter", 2023). Everything here is exact.

A slow creep is no jump; that is what a maximum is for.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import floor as whole
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEWEST = 5
"""From how many earlier values on a jump can be told."""
MOST = 100
"""How many earlier values count at most, the newest ones; the fit takes the square of it."""
SHORTEST = 3
"""How many values a level has at least; two that agree decide its median."""
SIGMAS = 4
"""So many standard deviations from its level a value is still ordinary."""

_DEVIATION = Fraction(14826, 10000)
# Differences of two neighbours vary by the square root of 2 more than the values do.
_DIFFERENCE_DEVIATION = Fraction(10484, 10000)


@dataclass(frozen=True, slots=True)
class Jump:
    """What the newest value is judged by.

    Attributes:
        limit: The highest value that would still be ordinary.
        level: What the series is at: the median of the current level, or the value before the
            newest where that had left the level upwards.
        found: Whether the newest value exceeds the limit.
    """

    limit: int
    level: Fraction
    found: bool


def jump(series: Sequence[int], floor: Fraction, share: Fraction = Fraction(0)) -> Jump | None:
    """Whether the last value is a jump upwards; None if fewer than `FEWEST` are before it.

    The limit is the level plus the largest of `SIGMAS` deviations, `floor`, and `share` of the
    level. What the value before the last one already had is not new growth: where that one had
    left the level, the last one is compared with it, until such values are a level of their own.

    A higher floor never gives a lower limit: neither levels nor noise depend on it.
    """
    *earlier, last = series
    if len(earlier) < FEWEST:
        return None
    earlier = earlier[-MOST:]
    levels = _levels(earlier)
    middles = [_median(earlier[start:end]) for start, end in levels]
    residuals = [
        abs(value - middle)
        for (start, end), middle in zip(levels, middles, strict=True)
        for value in earlier[start:end]
    ]
    spread = SIGMAS * _DEVIATION * _median(residuals)
    level = middles[-1]
    if earlier[-1] > level + spread:
        level = Fraction(earlier[-1])
    limit = whole(level + max(spread, floor, share * level))
    return Jump(limit, level, last > limit)


def _levels(series: Sequence[int]) -> list[tuple[int, int]]:
    """Start and end of each level, by dynamic programming over where the last one starts.

    Of fits that cost the same, the one whose last level is the longest is taken.
    """
    differences = [abs(new - old) for old, new in pairwise(series)]
    penalty = 2 * SIGMAS * _DIFFERENCE_DEVIATION * _median(differences)
    # Costs are whole numbers of this unit, which adds up much faster than fractions do.
    unit = penalty.denominator
    step = penalty.numerator
    # Before position 0 there is no step to pay for.
    best: list[int | None] = [-step]
    starts = [0]
    for end in range(1, len(series) + 1):
        found: tuple[int, int] | None = None
        for start, deviation in _deviations(series, end):
            before = best[start]
            if end - start < SHORTEST or before is None:
                continue
            cost = before + step + deviation * unit
            if found is None or cost <= found[0]:
                found = (cost, start)
        best.append(found[0] if found else None)
        starts.append(found[1] if found else 0)
    bounds = []
    end = len(series)
    while end:
        bounds.append((starts[end], end))
        end = starts[end]
    return bounds[::-1]


def _deviations(series: Sequence[int], end: int) -> list[tuple[int, int]]:
    """For each start before `end`, from the last down, the sum of distances from the median.

    The values are kept in two heaps, those up to the median and those from it on, with the sum of
    each: a value more costs the logarithm of how many there are.
    """
    low: list[int] = []
    high: list[int] = []
    low_sum = high_sum = 0
    rows = []
    for start in range(end - 1, -1, -1):
        value = series[start]
        if low and value > -low[0]:
            heapq.heappush(high, value)
            high_sum += value
        else:
            heapq.heappush(low, -value)
            low_sum += value
        if len(low) > len(high) + 1:
            moved = -heapq.heappop(low)
            heapq.heappush(high, moved)
            low_sum, high_sum = low_sum - moved, high_sum + moved
        elif len(high) > len(low):
            moved = heapq.heappop(high)
            heapq.heappush(low, -moved)
            low_sum, high_sum = low_sum + moved, high_sum - moved
        middle = -low[0]
        rows.append((start, middle * (len(low) - len(high)) - low_sum + high_sum))
    return rows


def _median(values: Iterable[Fraction | int]) -> Fraction:
    ordered = sorted(values)
    return Fraction(ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
