"""Fleets of layers of contents: what lies in each layer is known, so that truth can be counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerscope.catalog.sketch import RATE_BYTES, Sketch, sketch_of
from layerscope.fleet.holdings import holdings
from layerscope.fleet.sketches import diff_ids_of
from tests.fleet.made import digest, fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.holdings import Holdings

Content = tuple[int, int]
"""The hash of a content, and its bytes."""


@dataclass(frozen=True)
class Made:
    """A fleet of words (`tests.fleet.made`), and for each letter what its layer holds."""

    words: tuple[str, ...]
    held: Holdings
    diff_ids: list[str]
    layers: dict[str, list[Content]]
    sketches: dict[str, Sketch]

    def recall(self, diff_ids: Sequence[str]) -> list[Sketch | None]:
        """As the catalog would."""
        return [self.sketches.get(each) for each in diff_ids]

    def contents(self, image: int) -> set[Content]:
        """What an image truly holds."""
        return {each for letter in self.words[image] for each in self.layers[letter]}

    def unique(self, image: int) -> set[Content]:
        """What no other image holds."""
        others = (self.contents(at) for at in range(len(self.words)) if at != image)
        return self.contents(image).difference(*others)


def made(
    *words: str, layers: dict[str, list[Content]], kept: int, rate_bytes: int = RATE_BYTES
) -> Made:
    """The fleet, with a sketch for each letter that `layers` knows."""
    held, frames = _held(words)
    sketches = {
        digest(letter): sketch_of(
            np.array([each for each, _ in contents], np.uint64),
            np.array([size for _, size in contents], np.int64),
            kept=kept,
            rate_bytes=rate_bytes,
        )
        for letter, contents in layers.items()
    }
    return Made(words, held, frames, layers, sketches)


def _held(words: tuple[str, ...]) -> tuple[Holdings, list[str]]:
    frames = fleet(*words)
    held = holdings(frames, "diff_id")
    return held, diff_ids_of(held, frames)


def bytes_of(contents: set[Content]) -> int:
    """Their bytes together."""
    return sum(size for _, size in contents)


def drawn(seed: int, letters: str, pool: int, most: int) -> dict[str, list[Content]]:
    """For each letter up to `most` of the contents of a pool, sizes with a heavy tail."""
    generator = np.random.default_rng(seed)
    hashes = generator.integers(0, 2**64, pool, dtype=np.uint64).tolist()
    sizes = np.minimum(np.exp(generator.normal(8.5, 2.3, pool)), 2e9).astype(int) + 1
    everything = list(zip(hashes, sizes.tolist(), strict=True))
    return {
        letter: [
            everything[at]
            for at in generator.choice(pool, int(generator.integers(most // 2, most)), False)  # noqa: FBT003 - numpy's own order
        ]
        for letter in letters
    }
