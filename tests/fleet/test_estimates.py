from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.catalog.sketch import Sketch, sketch_of
from layerscope.fleet.estimates import (
    Estimate,
    _chi_squared,
    shared_bytes,
    union_bytes,
    union_files,
    unique_bytes,
)

NO_RATE = 10**40

contents = st.sets(st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 10**9)), max_size=20)


def of(pairs: set[tuple[int, int]], kept: int) -> Sketch:
    chosen = sorted(pairs)
    hashes = np.array([each for each, _ in chosen], np.uint64)
    sizes = np.array([each for _, each in chosen], np.int64)
    return sketch_of(hashes, sizes, kept=kept, rate_bytes=NO_RATE)


def total(pairs: set[tuple[int, int]]) -> int:
    return sum(size for _, size in pairs)


def exactly(value: int) -> Estimate:
    return Estimate(value, value, value, exact=True)


@given(contents, contents)
def test_all_figures_of_whole_sketches_are_exact(
    one: set[tuple[int, int]], other: set[tuple[int, int]]
) -> None:
    left, right = of(one, 20), of(other, 20)

    assert union_bytes([left, right]) == exactly(total(one | other))
    assert union_files([left, right]) == exactly(len(one | other))
    assert shared_bytes(left, right) == exactly(total(one & other))
    assert unique_bytes(left, [right]) == exactly(total(one - other))


@given(contents, st.integers(1, 4))
def test_figures_of_one_layer_are_exact_however_small_the_sample(
    pairs: set[tuple[int, int]], kept: int
) -> None:
    sketch = of(pairs, kept)

    assert union_bytes([sketch]) == exactly(total(pairs))
    assert union_files([sketch]) == exactly(len(pairs))


@given(contents, contents, st.integers(1, 4))
def test_intervals_hold_the_value_and_all_that_was_seen_and_nothing_impossible(
    one: set[tuple[int, int]], other: set[tuple[int, int]], kept: int
) -> None:
    left, right = of(one, kept), of(other, kept)

    found = shared_bytes(left, right)

    assert found.low <= found.value <= found.high <= min(total(one), total(other))
    threshold = min(left.threshold, right.threshold)
    compared = {
        (hashed, size)
        for hashed, size in one & other
        if ((hashed >> 11) + 0.5) * 2.0**-53 / max(size, 4096) < threshold
    }
    assert found.low >= total(compared)


def test_nothing_sampled_of_many_is_no_proof_that_there_is_nothing() -> None:
    # Both have 100 contents of 5,000 bytes, one of them in common, whose rank is the largest.
    step = 2**56
    common = {(255 * step, 5000)}
    one = {(at * step, 5000) for at in range(1, 100)} | common
    other = {(at * step + 1, 5000) for at in range(1, 100)} | common

    found = shared_bytes(of(one, 10), of(other, 10))

    assert (found.value, found.low, found.exact) == (0, 0, False)
    # Of the sample of 10 in 100 the rank of the first that is left out is 11 / 256 by 5,000: one
    # content stands for 256 / 11 of 5,000 bytes, and 3.69 times that may well have been missed.
    assert found.high == pytest.approx(3.69 * 256 / 11 * 5000, rel=0.01)


def test_large_contents_are_never_missed() -> None:
    # 1,000 contents of 1 byte and one of 10 GB: that has the smallest rank, whatever its hash.
    step = 2**53
    small = {(at * step, 1) for at in range(1, 1001)}
    large = (2**64 - 1, 10**10)

    found = shared_bytes(of(small | {large}, 16), of({large} | {(5, 1)}, 16))

    assert found.value == 10**10
    assert found.high - found.low < 10**6


def test_count_of_equal_sizes_is_the_usual_estimator_of_distinct_values() -> None:
    # 1,000 hashes i / 1,001, in two layers that differ: the tenth smallest is 10 / 1,001.
    step = 2**64 // 1001
    one = {(at * step, 100) for at in range(1, 901)}
    other = {(at * step, 100) for at in range(1, 1001)}

    found = union_files([of(one, 9), of(other, 9)])

    # k / U of the k + 1 smallest: 9 / (10 / 1,001), which is 900.9, no less than the 1,000 that
    # the larger layer is known to have, and no more than that with all of the other.
    assert (found.value, found.low, found.exact) == (1000, 1000, False)
    assert found.high <= 1900


@pytest.mark.parametrize(
    ("freedom", "low", "high"),
    # From tables of chi-squared: 2.5 % and 97.5 %.
    [(10.0, 3.247, 20.483), (20.0, 9.591, 34.170), (100.0, 74.222, 129.561)],
)
def test_quantiles_of_chi_squared_are_those_of_the_tables(
    freedom: float, low: float, high: float
) -> None:
    at = np.array([freedom])

    assert _chi_squared(at, -1.959964)[0] == pytest.approx(low, rel=0.01)
    assert _chi_squared(at, 1.959964)[0] == pytest.approx(high, rel=0.01)


@pytest.mark.parametrize("kind", ["union", "shared", "unique", "files"])
@pytest.mark.parametrize(("count", "kept"), [(300, 16), (2000, 64)])
@pytest.mark.parametrize("sizes", ["heavy-tailed", "equal"])
def test_intervals_of_95_percent_hold_the_truth(
    kind: str, count: int, kept: int, sizes: str
) -> None:
    # Three groups of contents: the first two are one layer, the last two the other one.
    generator = np.random.default_rng([count, kept])
    trials, held, errors = 200, 0, []
    for _ in range(trials):
        hashes = generator.integers(0, 2**64, 3 * count, dtype=np.uint64)
        size_bytes = (
            np.minimum(np.exp(generator.normal(8.5, 2.3, 3 * count)), 4e9).astype(np.int64) + 1
            if sizes == "heavy-tailed"
            else np.full(3 * count, 5000)
        )
        ends = slice(0, 2 * count), slice(count, 3 * count)
        one, other = (
            sketch_of(hashes[at], size_bytes[at], kept=kept, rate_bytes=NO_RATE) for at in ends
        )
        found, truth = (
            {
                "union": lambda one=one, other=other: union_bytes([one, other]),
                "shared": lambda one=one, other=other: shared_bytes(one, other),
                "unique": lambda one=one, other=other: unique_bytes(one, [other]),
                "files": lambda one=one, other=other: union_files([one, other]),
            }[kind](),
            {
                "union": size_bytes.sum(),
                "shared": size_bytes[count : 2 * count].sum(),
                "unique": size_bytes[:count].sum(),
                "files": 3 * count,
            }[kind],
        )
        held += found.low <= truth <= found.high
        errors.append(found.value / truth - 1)

    assert held >= 0.9 * trials
    assert abs(np.mean(errors)) < 0.1
