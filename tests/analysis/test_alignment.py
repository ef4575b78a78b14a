from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.alignment import MOST_CELLS, aligned, by_rank

LETTERS = st.text("abcd", max_size=12)


def test_aligned_keeps_both_ends_and_what_is_between() -> None:
    assert aligned("abcd", "axcd") == [(0, 0), (2, 2), (3, 3)]
    assert aligned("", "a") == []
    assert aligned("xaby", "ab") == [(1, 0), (2, 1)]


def test_aligned_long_sequences_take_little_time_and_find_what_is_equal() -> None:
    count = 20_000
    assert count * count > MOST_CELLS
    old = [f"{number}" for number in range(count)]
    new = ["first", *old[10:], "last"]

    assert len(aligned(old, new)) == count - 10


def test_by_rank_of_a_moved_item_keeps_the_longer_part() -> None:
    assert by_rank("abc", "bca") == [(1, 0), (2, 1)]


@given(LETTERS, LETTERS)
def test_pairs_are_equal_items_in_increasing_order(old: str, new: str) -> None:
    for pairs in (aligned(old, new), by_rank(old, new)):
        assert all(old[left] == new[right] for left, right in pairs)
        assert pairs == sorted(pairs)
        assert len({left for left, _ in pairs}) == len({right for _, right in pairs}) == len(pairs)


@given(LETTERS, LETTERS)
def test_aligned_is_as_long_as_any_common_subsequence(old: str, new: str) -> None:
    best = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for left, one in enumerate(old):
        for right, other in enumerate(new):
            best[left + 1][right + 1] = (
                best[left][right] + 1
                if one == other
                else max(best[left][right + 1], best[left + 1][right])
            )

    assert len(aligned(old, new)) == best[-1][-1] >= len(by_rank(old, new))
