from __future__ import annotations

import numpy as np

from layerscope.fleet.repack_candidates import candidates, clusters, shared_bytes, spread
from layerscope.fleet.repack_growing import grown


def test_candidates_of_few_classes_are_all_sets_of_two_and_more() -> None:
    assert candidates([0b1], [1], 3) == [0b011, 0b101, 0b110, 0b111]


def test_candidates_of_many_classes_are_signatures_crossings_and_clusters() -> None:
    sets = [0b0000111, 0b0001110, 0b1000000, 0b0110000]

    found = candidates(sets, [100, 90, 1, 50], 7)

    # The signatures of several by what they save; single images are none.
    assert found[:3] == [0b0000111, 0b0001110, 0b0110000]
    # What the first two have in common. The rest of each is one image.
    assert 0b0000110 in found
    assert all(one & (one - 1) for one in found)
    assert len(found) == len(set(found))


def test_spread_has_a_column_for_each_class_beyond_one_word() -> None:
    rows = spread([1 << 69 | 1, 0b10], 70)

    assert rows.shape == (2, 70)
    assert [np.flatnonzero(row).tolist() for row in rows] == [[0, 69], [1]]


def test_shared_bytes_are_those_of_signatures_that_hold_both() -> None:
    found = shared_bytes([(0b011, 10), (0b111, 5), (0b110, 1)], 3)

    assert found.tolist() == [[15, 15, 5], [15, 16, 6], [5, 6, 6]]


def test_clusters_join_what_shares_most_first() -> None:
    # 0 and 3 share 90 of 100, 1 and 2 share 50, all four share 10.
    shared = np.array(
        [[100, 10, 10, 90], [10, 100, 50, 10], [10, 50, 100, 10], [90, 10, 10, 100]], dtype=float
    )

    assert clusters(shared) == [0b1001, 0b0110, 0b1111]


def test_grown_finds_a_set_that_is_no_signature() -> None:
    # {0, 1} is in three signatures with a third image each; every image has one place.
    sets = [0b00111, 0b01011, 0b10011]

    assert grown(sets, [10, 10, 10], [1] * 5, by_image=False) == [0b00011]
    assert grown(sets, [10, 10, 10], [0, 1, 1, 1, 1], by_image=False) == [0b00110]
    assert grown([0b1], [10], [1], by_image=True) == []
    assert grown([], [], [], by_image=True) == []


def test_grown_by_image_leaves_places_for_others() -> None:
    # All three share 10, the first two 12 more; a set of three saves 20, one of two 22.
    sets = [0b111, 0b011]

    assert grown(sets, [10, 12], [1, 1, 1], by_image=False) == [0b011]
    # With 30 shared by all the larger set saves more, and more for each image.
    assert grown(sets, [30, 12], [1, 1, 1], by_image=False) == [0b111]
    assert grown(sets, [30, 12], [1, 1, 1], by_image=True) == [0b011]
