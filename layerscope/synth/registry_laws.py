"""The laws that a synthetic registry is drawn from: `layerscope.synth.registry_model`.

They are those of a calibration table over published studies (Zhao et al., CLUSTER'19 and TPDS'20;
Anwar et al., FAST'18). Draws are *stratified*: one from each of `count` equally likely pieces of a
law, in random order. So a small registry has the quantiles of a large one.
"""

from __future__ import annotations

from itertools import accumulate
from math import log
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Longs = npt.NDArray[np.int64]

NORMAL = NormalDist()
POINTS = 4001
"""Where laws are tabulated; between the points they are lines."""
WIDEST = 6.0
"""Standard deviations within which everything lies."""


class Part(NamedTuple):
    """A lognormal part of a mixture: its weight, its median, and the spread of the logarithm."""

    weight: float
    median: float
    spread: float


LARGEST_BLOB = 2_000_000_000
"""Compressed bytes of a layer at the most."""

LAYER_BYTES = {
    "stored": (Part(0.30, 4_000, 2.0), Part(0.70, 10_000_000, 1.7)),
    "traffic": (Part(0.65, 20_000, 2.0), Part(0.35, 12_000_000, 1.6)),
}
"""Compressed bytes of a layer: what a registry stores, and what clients move."""

LAYERS_OF_IMAGE = (8.0, 0.63)
"""Median, and spread of the logarithm."""
MOST_LAYERS = 120

EMPTY_LAYERS, ONE_FILE_LAYERS = 0.07, 0.27
"""Of all layers: those without a file, and those with one."""
FILES_OF_LAYER = (Part(1.0, 150, 3.0),)
"""Of the other layers."""
MOST_FILES = 240_000
"""A cut where the mean of the law, about 3,000 files, is that of the studies."""

COMPRESSION = (2.45, 0.55)
"""Median of uncompressed to compressed bytes before headers are added, and spread."""
LARGE_COMPRESS_BETTER = 0.25
"""How far the ratio goes with the size: so the aggregate is above the median."""
LEAST_COMPRESSION = 1.02

HEADER_BYTES, END_BYTES = 1024, 1024
"""Bytes of a tar for each file (header and half of a block, twice), and at its end."""


def scores(count: int, random: np.random.Generator) -> Floats:
    """Stratified normal deviates in random order."""
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    places = (np.arange(count) + random.random(count)) / max(count, 1)
    return random.permutation(deviates(places))


def deviates(probabilities: Floats) -> Floats:
    """The normal deviate of each probability, within `WIDEST`."""
    import numpy as np  # noqa: PLC0415 - see `scores`

    points = np.linspace(-WIDEST, WIDEST, POINTS)
    below = np.array([NORMAL.cdf(point) for point in points.tolist()])
    return np.interp(probabilities, below, points)


def ranks(values: Floats) -> Floats:
    """For each value its place among all, between 0 and 1: half a step from both."""
    import numpy as np  # noqa: PLC0415 - see `scores`

    found = np.empty(len(values))
    found[np.argsort(values, kind="stable")] = np.arange(len(values)) + 0.5
    return found / max(len(values), 1)


def quantiles(probabilities: Floats, law: tuple[Part, ...], most: float) -> Floats:
    """The quantiles of a mixture of lognormals that is cut at 1 and at `most`."""
    import numpy as np  # noqa: PLC0415 - see `scores`

    points = np.linspace(0.0, log(most), POINTS)
    below = np.zeros(POINTS)
    for part in law:
        own = [NORMAL.cdf((point - log(part.median)) / part.spread) for point in points.tolist()]
        below += part.weight * np.array(own)
    below = (below - below[0]) / (below[-1] - below[0])
    found: Floats = np.exp(np.interp(probabilities, below, points))
    return found


def zipf(count: int, choices: int, exponent: float, random: np.random.Generator) -> Longs:
    """So many choices among 0 … `choices` - 1, stratified, in random order; 0 is most popular."""
    import numpy as np  # noqa: PLC0415 - see `scores`

    weights = [1 / place**exponent for place in range(1, choices + 1)]
    below = np.array(list(accumulate(weights))) / sum(weights)
    places = (np.arange(count) + random.random(count)) / max(count, 1)
    found = np.minimum(np.searchsorted(below, places), choices - 1)
    chosen: Longs = random.permutation(found.astype(np.int64))
    return chosen


def mixed(first: Floats, second: Floats, share: float) -> Floats:
    """Normal deviates that go with the first ones: `share` is the square of the correlation."""
    sum_of: Floats = first * share**0.5 + second * (1 - share) ** 0.5
    return sum_of
