"""How fast the layer forest of many images is built, and what is asked of it: images per second.

`pytest benchmarks/bench_graph.py`. Tables are made here, of integers and made-up digests: half of
the layers of an image are those of one of many bases, the others are its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from layerscope.fleet.frames import frames_of_columns
from layerscope.fleet.graph import forest
from layerscope.fleet.graph_tables import base_images, layer_table
from layerscope.fleet.sharing import image_sharing, intersections, totals

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

    from layerscope.fleet.frames import Frames

LAYERS = 12
IMAGES_OF_A_BASE = 50


def fleet(images: int) -> Frames:
    """The tables of so many images of twelve layers."""
    random = np.random.default_rng(1)
    bases, shared = images // IMAGES_OF_A_BASE, LAYERS // 2
    codes = np.empty((images, LAYERS), dtype=np.int32)
    base = random.integers(0, bases, images)
    codes[:, :shared] = base[:, None] * shared + np.arange(shared)
    own = np.arange(images * (LAYERS - shared)).reshape(images, -1)
    codes[:, shared:] = bases * shared + own
    flat = codes.ravel()
    names = pd.Index([f"sha256:{number:064x}" for number in range(flat.max() + 1)], dtype="str")
    layers: Any = pd.Categorical.from_codes(flat, categories=names)
    sizes: Any = random.integers(0, 10_000_000, len(names))[flat]
    columns = {
        "image": np.repeat(np.arange(images, dtype=np.int32), LAYERS),
        "position": np.tile(np.arange(LAYERS, dtype=np.int32), images),
        **dict.fromkeys(("digest", "diff_id", "chain_id"), layers),
        **dict.fromkeys(("compressed_bytes", "uncompressed_bytes", "snapshot_bytes"), sizes),
    }
    return frames_of_columns({"input": ["all.tar"] * images}, columns)


def note(benchmark: BenchmarkFixture, images: int, **more: int) -> None:
    """Put images per second and what else was found beside the times, where there are any."""
    if benchmark.stats is not None:
        benchmark.extra_info["images_per_s"] = round(images / benchmark.stats.stats.median)
        benchmark.extra_info.update(more)


@pytest.mark.parametrize("images", [1_000, 10_000, 100_000])
def test_forest(benchmark: BenchmarkFixture, images: int) -> None:
    """The arrays alone: at most 0.5 s and 60 MB for 100,000 images are wanted."""
    frames = fleet(images)

    found = benchmark(forest, frames)

    assert found.bytes < 600 * images
    note(benchmark, images, bytes=found.bytes, layers=len(found))


@pytest.mark.parametrize("images", [10_000, 100_000])
def test_sharing(benchmark: BenchmarkFixture, images: int) -> None:
    """Totals, the numbers of each image and the largest sets, by four identities."""
    frames = fleet(images)

    def run() -> int:
        sets = intersections(frames, "blob")
        return len(totals(frames)) + len(image_sharing(frames)) + len(sets)

    assert benchmark(run) > images
    note(benchmark, images)


@pytest.mark.parametrize("images", [10_000, 100_000])
def test_tables_of_layers_and_bases(benchmark: BenchmarkFixture, images: int) -> None:
    """What the forest is as data frames."""
    frames = fleet(images)
    found = forest(frames)

    def run() -> int:
        return len(layer_table(frames, found)) + len(base_images(frames, found))

    assert benchmark(run) == len(found) + images
    note(benchmark, images)
