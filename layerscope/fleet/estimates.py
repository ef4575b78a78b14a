"""What samples of contents say of all contents: figures with an interval, or exact and said so.

A content that is in a sample with probability p stands for 1 / p contents like it (Horvitz and
Thompson). Contents heavy enough to be in every sample count as they are. The interval of the others
is that of a weighted sum of Poisson counts, the gamma interval of M. P. Fay and E. J. Feuer,
"Confidence intervals for directly standardized rates", Statistics in Medicine 16, 1997, with
quantiles of chi-squared by Wilson and Hilferty. It holds for few contents as for many: where none
was sampled there may yet be some. Nothing that was seen, and nothing that is known, is outside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.catalog.sketch import LEAST_WEIGHT, merged, weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.sketch import Sketch

    Floats = npt.NDArray[np.float64]
    Longs = npt.NDArray[np.int64]
    Flags = npt.NDArray[np.bool_]

NORMAL_QUANTILE = 1.959963984540054
"""Of a probability of 0.975: each end of a 95 % interval misses in one case of forty."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure: exact, or estimated with its 95 % interval.

    Attributes:
        value: The figure; bytes or files, whole ones.
        low: The least that it may be.
        high: The most that it may be.
        exact: Whether it is known: then all three are the same.
    """

    value: int
    low: int
    high: int
    exact: bool

    def __str__(self) -> str:
        """A tilde and the interval where the figure is an estimate."""
        return f"{self.value}" if self.exact else f"~{self.value} ({self.low} to {self.high})"


@dataclass(frozen=True, slots=True, repr=False)
class Sums:
    """What intervals are made of: for each of several sets of contents sums over those sampled.

    Attributes:
        certain: Over those that are in every sample, of their figures.
        seen: Over the others, of their figures.
        expected: Over the others, of what each stands for.
        variance: Over the others, of the square of that, times the probability of missing it.
    """

    certain: Longs
    seen: Longs
    expected: Floats
    variance: Floats

    def __add__(self, other: Sums) -> Sums:
        """The sums over the contents of both."""
        return Sums(
            self.certain + other.certain,
            self.seen + other.seen,
            self.expected + other.expected,
            self.variance + other.variance,
        )


def sums(sizes: Longs, thresholds: Floats | float, groups: Longs, count: int) -> Sums:
    """The sums of the bytes of sampled contents.

    Args:
        sizes: The bytes of each content.
        thresholds: Of the sample that each is in.
        groups: The set that each belongs to, ascending.
        count: How many sets there are.
    """
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    chance = np.minimum(weights(sizes) * thresholds, 1.0)
    light = chance < 1.0
    stands_for = np.where(light, sizes / chance, 0.0)
    return Sums(
        _whole_sums(np.where(light, 0, sizes), groups, count),
        _whole_sums(np.where(light, sizes, 0), groups, count),
        np.bincount(groups, stands_for, count).astype(np.float64),
        np.bincount(groups, stands_for**2 * (1.0 - chance), count).astype(np.float64),
    )


def no_sums(count: int) -> Sums:
    """The sums over no contents, for so many sets."""
    import numpy as np  # noqa: PLC0415 - see `sums`

    ints, floats = np.zeros(count, np.int64), np.zeros(count)
    return Sums(ints, ints, floats, floats)


@dataclass(frozen=True, slots=True, repr=False)
class Estimates:
    """Many figures, each as an `Estimate`; -1 in all three where nothing is known."""

    value: Longs
    low: Longs
    high: Longs
    exact: Flags

    def __len__(self) -> int:
        """How many there are."""
        return len(self.value)

    def __getitem__(self, at: int) -> Estimate | None:
        """One of them; None if nothing is known."""
        if self.value[at] < 0:
            return None
        return Estimate(
            int(self.value[at]), int(self.low[at]), int(self.high[at]), bool(self.exact[at])
        )


def estimates(
    found: Sums, thresholds: Floats | float, least: Longs | int, most: Longs | int
) -> Estimates:
    """Bytes of sets of contents with 95 % intervals.

    Args:
        found: Sums over the sampled contents of each.
        thresholds: Of the sample of each; infinite if it is all there is.
        least: What each has at the least, as is known from elsewhere.
        most: What it has at the most, likewise; at least `least`.
    """
    import numpy as np  # noqa: PLC0415 - see `sums`

    scale = 1.0 / np.broadcast_to(np.asarray(thresholds, np.float64), found.expected.shape)
    low, high = _gamma_interval(found.expected, found.variance, scale)
    floor: Longs = np.maximum(least, found.certain + found.seen)
    ceiling: Longs = np.maximum(most, floor)
    low_end = _clipped(found.certain, np.floor(low), floor, ceiling)
    high_end = _clipped(found.certain, np.ceil(high), floor, ceiling)
    value = _clipped(found.certain, np.rint(found.expected), floor, ceiling)
    exact = (scale == 0) | (floor == ceiling)
    low_end = np.where(exact, value, low_end)
    return Estimates(value, low_end, np.where(exact, value, high_end), exact)


def union_bytes(sketches: Sequence[Sketch]) -> Estimate:
    """Bytes of the contents that are in any of them, each once."""
    union = merged(sketches)
    return _of_bytes(union, None, union.size_bytes)


def union_files(sketches: Sequence[Sketch]) -> Estimate:
    """How many distinct non-empty contents are in any of them.

    If all weigh the same this is the estimator of Bar-Yossef and others: of the k + 1 smallest
    hashes, k by the largest.
    """
    union = merged(sketches)
    return _of_files(union, union.files)


def shared_bytes(one: Sketch, other: Sketch) -> Estimate:
    """Bytes of the contents that are in both, each once."""
    union = merged([one, other])
    chosen = _among(union, one) & _among(union, other)
    return _of_bytes(union, chosen, (0, min(one.size_bytes[1], other.size_bytes[1])))


def unique_bytes(one: Sketch, others: Sequence[Sketch]) -> Estimate:
    """Bytes of the contents that are in one and in none of the others, each once."""
    union = merged([one, *others])
    chosen = _among(union, one)
    for other in others:
        chosen &= ~_among(union, other)
    elsewhere = sum(other.size_bytes[1] for other in others)
    least = max(0, one.size_bytes[0] - elsewhere)
    return _of_bytes(union, chosen, (least, one.size_bytes[1]))


def _among(union: Sketch, one: Sketch) -> Flags:
    """For each content of a union whether it is in one of its parts: that is known of each."""
    import numpy as np  # noqa: PLC0415 - see `sums`

    pair = np.dtype([("hash", np.uint64), ("size", np.int64)])
    wanted, held = np.empty(len(union.hashes), pair), np.empty(len(one.hashes), pair)
    wanted["hash"], wanted["size"] = union.hashes, union.sizes
    held["hash"], held["size"] = one.hashes, one.sizes
    return np.isin(wanted, held)


def _of_bytes(union: Sketch, chosen: Flags | None, bounds: tuple[int, int]) -> Estimate:
    import numpy as np  # noqa: PLC0415 - see `sums`

    sizes = union.sizes if chosen is None else union.sizes[chosen]
    found = sums(sizes, union.threshold, np.zeros(len(sizes), np.int64), 1)
    result = estimates(found, union.threshold, bounds[0], bounds[1])[0]
    if result is None or not union.unhashed:
        return result or Estimate(0, 0, 0, exact=True)
    return Estimate(result.value, result.low, result.high, exact=False)


def _of_files(union: Sketch, bounds: tuple[int, int]) -> Estimate:
    import numpy as np  # noqa: PLC0415 - see `sums`

    chance = np.minimum(weights(union.sizes) * union.threshold, 1.0)
    light = chance[chance < 1.0]
    certain, seen = int((chance >= 1.0).sum()), len(union.sizes)
    expected, variance = float((1.0 / light).sum()), float(((1.0 - light) / light**2).sum())
    # No content is lighter than `LEAST_WEIGHT`, so none stands for more than this.
    scale = 1.0 / (LEAST_WEIGHT * union.threshold)
    low, high = _gamma_interval(np.array([expected]), np.array([variance]), np.array([scale]))
    least, most = max(bounds[0], seen), max(bounds[1], bounds[0], seen)

    def within(value: float) -> int:
        return min(max(certain + int(value), least), most)

    value = within(round(expected))
    if (union.threshold == math.inf or least == most) and not union.unhashed:
        return Estimate(value, value, value, exact=True)
    return Estimate(value, within(math.floor(low[0])), within(math.ceil(high[0])), exact=False)


def _gamma_interval(expected: Floats, variance: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Both ends for sums of what sampled contents stand for; none stands for more than `scale`."""
    import numpy as np  # noqa: PLC0415 - see `sums`

    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = 2.0 * expected**2 / variance
        low = variance / (2.0 * expected) * _chi_squared(freedom, -NORMAL_QUANTILE)
        above, spread = expected + scale, variance + scale**2
        freedom = 2.0 * above**2 / spread
        high = spread / (2.0 * above) * _chi_squared(freedom, NORMAL_QUANTILE)
    return np.where(variance > 0, low, expected), np.where(scale > 0, high, expected)


def _chi_squared(freedom: Floats, normal: float) -> Floats:
    """Quantiles, by E. B. Wilson and M. M. Hilferty, PNAS 17, 1931; none is less than 0."""
    import numpy as np  # noqa: PLC0415 - see `sums`

    part = 2.0 / (9.0 * freedom)
    quantile: Floats = freedom * np.maximum(1.0 - part + normal * np.sqrt(part), 0.0) ** 3
    return quantile


def _clipped(certain: Longs, more: Floats, least: Longs, most: Longs) -> Longs:
    import numpy as np  # noqa: PLC0415 - see `sums`

    whole = np.minimum(more, 2.0**62).astype(np.int64)
    clipped: Longs = np.minimum(np.maximum(certain + whole, least), most)
    return clipped


def _whole_sums(values: Longs, groups: Longs, count: int) -> Longs:
    """Sums of whole numbers by group, exact where those of `bincount` would be rounded."""
    import numpy as np  # noqa: PLC0415 - see `sums`

    total = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=total[1:])
    ends = np.searchsorted(groups, np.arange(count + 1))
    return total[ends[1:]] - total[ends[:-1]]
