from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.catalog.sketch import RATE_BYTES, Sketch, ranks
from layerscope.errors import UsageError
from layerscope.fleet import sketches
from layerscope.fleet.estimates import Estimate, Estimates
from layerscope.fleet.sketches import blocks, estimate_fleet
from tests.fleet.made import digest
from tests.fleet.made_sketches import Content, bytes_of, drawn, made

words = st.lists(st.text("abcdef", max_size=5), min_size=1, max_size=6)
some_layers = st.fixed_dictionaries(
    {
        letter: st.lists(
            st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 10**7)), max_size=6, unique=True
        )
        for letter in "abcdef"
    }
)
pooled = st.fixed_dictionaries(
    {
        letter: st.lists(
            st.sampled_from([(at * 2**59 + 7, 10**at % 10**7 + at) for at in range(1, 30)]),
            max_size=12,
            unique=True,
        )
        for letter in "abcdef"
    }
)


def exact(found: Estimates) -> list[int]:
    assert found.exact.all()
    assert found.low.tolist() == found.value.tolist() == found.high.tolist()
    return [int(each) for each in found.value]


@given(words, st.one_of(some_layers, pooled))
def test_fleet_of_whole_sketches_is_counted_exactly(
    texts: list[str], layers: dict[str, list[Content]]
) -> None:
    fleet = made(*texts, layers=layers, kept=100)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    images = range(len(texts))
    assert exact(found.images) == [bytes_of(fleet.contents(at)) for at in images]
    assert exact(found.unique) == [bytes_of(fleet.unique(at)) for at in images]
    everything = set().union(*(fleet.contents(at) for at in images))
    size = bytes_of(everything)
    assert found.total == Estimate(size, size, size, exact=True)
    assert (found.missing_layers, found.threshold) == (0, math.inf)


@given(words, pooled, st.integers(1, 6), st.integers(1, 8))
def test_blocks_and_steps_change_nothing(
    texts: list[str], layers: dict[str, list[Content]], kept: int, size: int
) -> None:
    fleet = made(*texts, layers=layers, kept=kept, rate_bytes=10**40)
    at_once = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sketches.blocks, "__defaults__", (size,))
        patch.setattr(sketches, "STEP_PAIRS", size)
        in_parts = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    for name in ("images", "unique"):
        one, other = getattr(at_once, name), getattr(in_parts, name)
        assert [one[at] for at in range(len(one))] == [other[at] for at in range(len(other))]
    assert at_once.total == in_parts.total


@given(words, pooled, st.integers(1, 6))
def test_samples_say_what_a_plain_computation_over_them_says(
    texts: list[str], layers: dict[str, list[Content]], kept: int
) -> None:
    fleet = made(*texts, layers=layers, kept=kept, rate_bytes=10**40)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    for at in range(len(texts)):
        value = found.unique[at]
        assert value is not None
        standing = sum(
            _stands_for(each, found.threshold)
            for each in fleet.unique(at)
            if _rank(each) < found.threshold
        )
        own = [letter for letter in set(texts[at]) if sum(letter in each for each in texts) == 1]
        most = sum(bytes_of(set(layers[letter])) for letter in own)
        assert value.low <= value.value <= value.high <= most
        seen = {each for each in fleet.unique(at) if _rank(each) < found.threshold}
        assert value.value == pytest.approx(max(min(standing, most), bytes_of(seen)), abs=1)


def _rank(content: Content) -> float:
    return float(ranks(np.array([content[0]], np.uint64), np.array([content[1]]))[0])


def _stands_for(content: Content, threshold: float) -> float:
    return content[1] / min(1.0, max(content[1], 4096) * threshold)


def test_intervals_of_a_fleet_hold_the_truth_for_nine_of_ten_images() -> None:
    # Forty fleets of six images on three bases; contents come from one pool, so that layers that
    # no other image has hold much that others have too.
    texts = ("agm", "ahn", "bio", "bjp", "ckq", "clr")
    held_images = held_unique = held_total = images = 0
    for seed in range(40):
        layers = drawn(seed, "abcghijklmnopqr", pool=6000, most=1500)
        fleet = made(*texts, layers=layers, kept=200, rate_bytes=10**40)
        found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)
        everything = set().union(*(fleet.contents(at) for at in range(len(texts))))
        held_total += found.total.low <= bytes_of(everything) <= found.total.high
        for at in range(len(texts)):
            image, own = found.images[at], found.unique[at]
            assert image is not None
            assert own is not None
            assert not image.exact
            images += 1
            held_images += image.low <= bytes_of(fleet.contents(at)) <= image.high
            held_unique += own.low <= bytes_of(fleet.unique(at)) <= own.high

    assert images == 240
    assert held_images >= 216
    assert held_unique >= 216
    assert held_total >= 36


def test_image_of_layers_that_others_hold_too_has_nothing_of_its_own_for_certain() -> None:
    layers = drawn(3, "ab", pool=6000, most=3000)
    fleet = made("ab", "a", "b", layers=layers, kept=50, rate_bytes=10**40)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    assert [found.unique[at] for at in range(3)] == [Estimate(0, 0, 0, exact=True)] * 3
    assert [found.images.exact[at] for at in range(3)] == [False, True, True]


def test_layer_without_a_sketch_leaves_its_images_unknown_and_others_uncertain() -> None:
    layers = {"a": [(1, 10)], "b": [(2, 20), (1, 10)]}
    fleet = made("ax", "b", layers=layers, kept=100)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    assert found.missing_layers == 1
    assert [found.images[at] for at in range(2)] == [None, Estimate(30, 30, 30, exact=True)]
    # What x holds is not known: it may be what b holds.
    assert [found.unique[at] for at in range(2)] == [None, Estimate(20, 0, 20, exact=False)]
    assert not found.total.exact


def test_layer_whose_identity_is_unknown_leaves_its_image_unknown() -> None:
    fleet = made("a?", "b", layers={"a": [(1, 10)], "b": [(2, 20)]}, kept=100)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    assert [found.images[at] for at in range(2)] == [None, Estimate(20, 20, 20, exact=True)]
    assert not found.total.exact


def test_files_without_a_digest_make_figures_inexact() -> None:
    fleet = made("a", "b", layers={"a": [(1, 10)], "b": [(2, 20)]}, kept=100)
    one = fleet.sketches[digest("a")]
    fleet.sketches[digest("a")] = Sketch(
        one.hashes, one.sizes, one.threshold, one.files, one.size_bytes, unhashed=1
    )

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    assert found.images.exact.tolist() == [False, True]
    assert not found.total.exact


def test_rate_bounds_what_is_compared_and_none_finer_than_stored_is_taken() -> None:
    layers = drawn(3, "ab", pool=6000, most=3000)
    fleet = made("a", "b", layers=layers, kept=5000)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall, 4 * RATE_BYTES)

    assert found.threshold == 1 / (4 * RATE_BYTES)
    own = found.unique[0]
    assert own is not None
    assert own.low <= bytes_of(fleet.unique(0)) <= own.high
    with pytest.raises(UsageError, match="rate"):
        estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall, RATE_BYTES - 1)


def test_blocks_hold_each_image_once_and_each_layer_of_theirs_once() -> None:
    fleet = made("abc", "abd", "", "abe", layers={}, kept=1)

    found = list(blocks(fleet.held, fleet.diff_ids, 6))

    assert [(block.first, block.start.tolist()) for block in found] == [
        (0, [0, 3, 6, 6]),
        (3, [0, 3]),
    ]
    assert [sorted(block.diff_ids) for block in found] == [
        sorted(map(digest, "abcd")),
        sorted(map(digest, "abe")),
    ]
    alone = dict(zip(found[0].diff_ids, found[0].alone.tolist(), strict=True))
    assert alone == {digest("a"): False, digest("b"): False, digest("c"): True, digest("d"): True}


def test_fleet_of_no_images_has_nothing() -> None:
    fleet = made(layers={}, kept=1)

    found = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)

    assert (len(found.images), found.total) == (0, Estimate(0, 0, 0, exact=True))
