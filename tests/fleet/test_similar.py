from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from layerscope.fleet.contents import ContentSets
from layerscope.fleet.similar import nearest


def sets_of(units: list[set[int]], sizes: list[int]) -> ContentSets:
    flat = [content for unit in units for content in sorted(unit)]
    return ContentSets(
        start=np.cumsum([0, *map(len, units)]),
        contents=np.array(flat, dtype=np.int64),
        sizes=np.array(sizes, dtype=np.int64),
        unhashed=np.zeros(len(units), dtype=np.int64),
    )


def test_nearest_are_those_that_share_most_of_their_bytes() -> None:
    # Contents of 1, 10, 100 and 1,000 bytes.
    found = nearest(sets_of([{0, 1, 2}, {1, 2}, {0, 3}, {3}, set()], [1, 10, 100, 1000]), 5)

    # 110 of 111 bytes, and 1 of 1,111.
    assert found.of(0) == [(1, 110, 111), (2, 1, 1111)]
    assert found.of(1) == [(0, 110, 111)]
    assert found.of(2) == [(3, 1000, 1001), (0, 1, 1111)]
    assert found.of(4) == []


def test_empty_files_make_nothing_similar() -> None:
    found = nearest(sets_of([{0, 1}, {0, 2}], [0, 5, 5]), 5)

    assert found.of(0) == []


def test_equally_near_units_come_in_order_and_no_more_than_wanted() -> None:
    found = nearest(sets_of([{0}] * 5, [7]), 3)

    assert found.of(3) == [(0, 7, 7), (1, 7, 7), (2, 7, 7)]


def test_sums_are_exact_where_floats_are_not() -> None:
    sizes = [2**53, 1, 2**53]

    found = nearest(sets_of([{0, 1}, {0, 1, 2}], sizes), 1)

    assert found.of(0) == [(1, 2**53 + 1, 2**54 + 1)]


UNITS = st.lists(st.sets(st.integers(0, 9)), max_size=40)


@given(UNITS, st.lists(st.integers(0, 1000), min_size=10, max_size=10), st.integers(1, 6))
def test_nearest_are_those_of_all_pairs(units: list[set[int]], sizes: list[int], most: int) -> None:
    found = nearest(sets_of(units, sizes), most)

    for unit, own in enumerate(units):
        rows = []
        for other, theirs in enumerate(units):
            shared = sum(sizes[content] for content in own & theirs)
            if other != unit and shared:
                union = sum(sizes[content] for content in own | theirs)
                rows.append((-Fraction(shared, union), other, shared, union))
        assert found.of(unit) == [row[1:] for row in sorted(rows)[:most]]
