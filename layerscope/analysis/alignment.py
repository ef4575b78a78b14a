"""Two sequences laid beside each other: which items correspond, in order, within bounds."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

H = TypeVar("H", bound="Hashable")

MOST_CELLS = 1_000_000
"""Up to this product of lengths, the longest common subsequence is found exactly."""


def aligned(old: Sequence[H], new: Sequence[H]) -> list[tuple[int, int]]:
    """Positions of equal items of both, both increasing: a longest common subsequence.

    Of what is longer than `MOST_CELLS` allows, each item is matched with the one of the same rank
    among its equals, and the longest increasing part of those is taken: nearly as long, and never
    more than n log n steps.
    """
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    exact = len(inner_old) * len(inner_new) <= MOST_CELLS
    inner = _longest(inner_old, inner_new) if exact else by_rank(inner_old, inner_new)
    pairs = [(position, position) for position in range(start)]
    pairs += [(start + left, start + right) for left, right in inner]
    return pairs + [(len(old) - back, len(new) - back) for back in range(end, 0, -1)]


def by_rank(old: Sequence[H], new: Sequence[H]) -> list[tuple[int, int]]:
    """The longest increasing part of the pairs (k-th of an item in old, k-th of it in new)."""
    places: dict[H, list[int]] = {}
    for position in range(len(new) - 1, -1, -1):
        places.setdefault(new[position], []).append(position)
    pairs = [(left, places[item].pop()) for left, item in enumerate(old) if places.get(item)]
    return _increasing(pairs)


def _longest(old: Sequence[H], new: Sequence[H]) -> list[tuple[int, int]]:
    lengths = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for left in range(len(old) - 1, -1, -1):
        row, below = lengths[left], lengths[left + 1]
        for right in range(len(new) - 1, -1, -1):
            row[right] = (
                below[right + 1] + 1
                if old[left] == new[right]
                else max(below[right], row[right + 1])
            )
    pairs = []
    left = right = 0
    while left < len(old) and right < len(new):
        if old[left] == new[right]:
            pairs.append((left, right))
            left, right = left + 1, right + 1
        elif lengths[left + 1][right] >= lengths[left][right + 1]:
            left += 1
        else:
            right += 1
    return pairs


def _increasing(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part whose second numbers increase; the first ones do already."""
    tails: list[int] = []
    holders: list[int] = []
    before: list[int | None] = []
    for number, (_, right) in enumerate(pairs):
        place = bisect_left(tails, right)
        if place == len(tails):
            tails.append(right)
            holders.append(number)
        else:
            tails[place] = right
            holders[place] = number
        before.append(holders[place - 1] if place else None)
    chain = []
    at: int | None = holders[-1] if holders else None
    while at is not None:
        chain.append(pairs[at])
        at = before[at]
    return chain[::-1]
