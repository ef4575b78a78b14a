"""What sketches and Dask cost for an image, in fleets of 1,000 to 100,000 of them.

`python benchmarks/bench_scale.py FOLDER [IMAGES…]` writes `scale.json` into a folder, and, where
matplotlib is installed, `scale.png` and `scale.svg` with the cost of an image. Fleets are those of
`layerscope.synth.registry_model`, so there are no images; file tables are made by the workers, and
what that costs is counted apart. All that is of layerscope is done as it would be with images: each
layer's sketch is made, put into a catalog in a folder, and read from there by the workers that
compare images.

For the smallest fleet the truth is counted too, and how often an interval holds it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from layerscope.catalog.sketch import keep_sketch, sketch_of
from layerscope.catalog.store import Catalog
from layerscope.fleet.cluster import cluster, completed, estimate_on_cluster
from layerscope.fleet.holdings import holdings
from layerscope.fleet.sketches import diff_ids_of
from layerscope.synth.registry_files import EMPTY, digests, file_table
from layerscope.synth.registry_model import Registry, registry

if TYPE_CHECKING:
    from distributed import Client

    from layerscope.fleet.estimates import Estimates
    from layerscope.fleet.holdings import Holdings
    from layerscope.fleet.sketches import FleetEstimates

IMAGES = (1_000, 10_000, 100_000)
WORKERS = 2
KEPT, RATE_BYTES = 64, 4 * 1024 * 1024
"""Sketches for large fleets: a content for each 4 MiB, and 64 at the least."""
MOST_FILES = 128
"""A layer of the model has 3,000 files on average. Making 1,500 million takes longer than all that
is measured here, so of each layer a part of at most so many files is taken."""
TASK_FILES = 200_000


class Spent(NamedTuple):
    """Seconds of processor time, and of the clock."""

    cpu: float
    wall: float


def main(arguments: list[str]) -> None:
    """Measure, print and plot; each fleet in a process whose memory is its own."""
    if arguments[0] == "--one":
        sys.stdout.write(json.dumps(measured(int(arguments[1]))))
        return
    folder = Path(arguments[0])
    rows = []
    for images in arguments[1:] or map(str, IMAGES):
        command = [sys.executable, __file__, "--one", images]
        one = subprocess.run(command, stdout=subprocess.PIPE, check=True)
        sys.stdout.write(one.stdout.decode() + "\n")
        sys.stdout.flush()
        rows.append(json.loads(one.stdout))
    (folder / "scale.json").write_text(json.dumps(rows, indent=1) + "\n")
    plot(rows, folder)


def measured(images: int) -> dict[str, Any]:
    """What a fleet of so many images costs."""
    model = cut(registry(images))
    held, diff_ids, blobs = tables(model)
    with (
        tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as place,
        cluster("local", WORKERS) as client,
    ):
        # A worker's own start is no image's cost.
        before = spent(client)
        making, sketching = sketched(client, model, diff_ids, blobs, place)
        middle = spent(client)
        found = estimate_on_cluster(client, place, held, diff_ids, RATE_BYTES)
        after = spent(client)
        rss = [peak_bytes(), *client.run(peak_bytes).values()]
    estimating = Spent(after.cpu - middle.cpu, after.wall - middle.wall)
    row = {
        "images": images,
        "layers": len(diff_ids),
        "layer_positions": len(held.things),
        "files": int(model.files.sum()),
        "content_bytes": int(model.content_bytes.sum()),
        "making_tables_cpu_seconds": making,
        "sketching_cpu_seconds": sketching,
        "first_half_cpu_seconds": middle.cpu - before.cpu,
        "first_half_wall_seconds": middle.wall - before.wall,
        "estimating_cpu_seconds": estimating.cpu,
        "estimating_wall_seconds": estimating.wall,
        "peak_rss_bytes_client": rss[0],
        "peak_rss_bytes_workers": sorted(rss[1:]),
        "total_bytes": [found.total.value, found.total.low, found.total.high],
        "image_interval_by_value_median": relative(found.images),
        "unique_interval_by_value_median": relative(found.unique),
    }
    if images <= IMAGES[0]:
        row["truth"] = against_truth(model, held, found, blobs)
    return row


def cut(model: Registry) -> Registry:
    """The same registry with fewer files in its layers, whose sizes stay as they were."""
    files = np.minimum(model.files, MOST_FILES)
    content_bytes = model.content_bytes * (files / np.maximum(model.files, 1))
    return replace(model, files=files, content_bytes=content_bytes.astype(np.int64))


def tables(model: Registry) -> tuple[Holdings, list[str], list[int]]:
    """Which image holds which layers, their DiffIDs, and the blob that each is."""
    frames = model.frames()
    held = holdings(frames, "diff_id")
    # A thing's blob: that of any row of the table of layers that names it.
    rows = model.blob[model.nodes]
    blobs = np.empty(len(held.names), np.int64)
    blobs[held.of_row] = rows
    return held, diff_ids_of(held, frames), blobs.tolist()


def sketched(
    client: Client, model: Registry, diff_ids: list[str], blobs: list[int], place: str
) -> tuple[float, float]:
    """Seconds of processor time for making file tables, and for their sketches in the catalog."""
    weights = np.cumsum(model.files[blobs])
    ends = np.searchsorted(weights, np.arange(1, int(weights[-1]) // TASK_FILES + 2) * TASK_FILES)
    bounds = np.unique(np.concatenate([[0], ends, [len(blobs)]]))
    futures = [
        client.submit(
            sketch_some,
            Some.of(model, blobs[first:last]),
            diff_ids[first:last],
            place,
            pure=False,
        )
        for first, last in pairwise(bounds.tolist())
    ]
    spent_there = [result for _, result in completed(client, futures)]
    return sum(each[0] for each in spent_there), sum(each[1] for each in spent_there)


class Some(NamedTuple):
    """As much of a registry as `file_table` looks at, for some blobs: its arrays are large."""

    seed: int
    base: range
    files: dict[int, int]
    content_bytes: dict[int, int]

    @classmethod
    def of(cls, model: Registry, blobs: list[int]) -> Some:
        """What is needed of those blobs, in their order."""
        files, content_bytes = model.files[blobs].tolist(), model.content_bytes[blobs].tolist()
        return cls(
            model.seed,
            range(len(model.base)),
            dict(zip(blobs, files, strict=True)),
            dict(zip(blobs, content_bytes, strict=True)),
        )


def sketch_some(model: Some, diff_ids: list[str], place: str) -> tuple[float, float]:
    """In a worker: the sketches of some layers, into the catalog."""
    catalog = Catalog.at(place)
    making = sketching = 0.0
    for blob, diff_id in zip(model.files, diff_ids, strict=True):
        start = time.process_time()
        table = file_table(model, blob)  # type: ignore[arg-type] # it looks at no more than that
        used = table.contents[table.contents != EMPTY]
        sizes = table.size_bytes[table.contents != EMPTY]
        hashes = digests(used).view(">u8")[:, 0].astype(np.uint64)
        made = time.process_time()
        keep_sketch(catalog, diff_id, sketch_of(hashes, sizes, kept=KEPT, rate_bytes=RATE_BYTES))
        making += made - start
        sketching += time.process_time() - made
    if catalog.problems:
        raise OSError(catalog.problems[0])
    return making, sketching


def against_truth(
    model: Registry, held: Holdings, found: FleetEstimates, blobs: list[int]
) -> dict[str, Any]:
    """How many intervals hold the truth: what images hold is counted, content by content."""
    contents, sizes, image = [], [], []
    for at in range(len(held.start) - 1):
        layers = [file_table(model, blobs[thing]) for thing in held.of(at).tolist()]
        own, first = np.unique(
            np.concatenate([each.contents for each in layers]), return_index=True
        )
        contents.append(own)
        sizes.append(np.concatenate([each.size_bytes for each in layers])[first])
        image.append(np.full(len(own), at))
    whole = np.array([each.sum() for each in sizes])
    content, size, whose = (np.concatenate(each) for each in (contents, sizes, image))
    order = np.argsort(content, kind="stable")
    new = np.ones(len(order), bool)
    new[1:] = np.diff(content[order]) != 0
    first = np.flatnonzero(new)
    alone = order[first[np.diff(np.append(first, len(order))) == 1]]
    unique = np.bincount(whose[alone], size[alone], len(whole)).astype(np.int64)
    return {
        "images": len(whole),
        "images_inside": int(((found.images.low <= whole) & (whole <= found.images.high)).sum()),
        "unique_inside": int(((found.unique.low <= unique) & (unique <= found.unique.high)).sum()),
        "total_bytes": int(size[order[first]].sum()),
    }


def relative(found: Estimates) -> float:
    """Of figures above 0 the median of the width of the interval by the figure."""
    some = found.value > 0
    width = (found.high - found.low)[some] / found.value[some]
    return round(float(np.median(width)), 4) if len(width) else 0.0


def spent(client: Client) -> Spent:
    """So far, over this process and all workers."""
    return Spent(cpu_seconds() + sum(client.run(cpu_seconds).values()), time.monotonic())


def cpu_seconds() -> float:
    """Of this process so far, of all its threads."""
    return time.process_time()


def peak_bytes() -> int:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def plot(rows: list[dict[str, Any]], folder: Path) -> None:
    """The cost of an image by the size of the fleet, as PNG and SVG."""
    try:
        import matplotlib as mpl  # noqa: PLC0415 - not everybody has it
        from matplotlib.figure import Figure  # noqa: PLC0415 - the same
    except ImportError:
        sys.stdout.write("matplotlib is not installed: no plot\n")
        return
    mpl.rcParams["svg.hashsalt"] = "layerscope"
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    images = [row["images"] for row in rows]
    for name, label, style in (
        ("sketching_cpu_seconds", "making and storing the sketches of its layers", "o-"),
        ("estimating_cpu_seconds", "estimates, with Dask, on two workers", "s-"),
    ):
        axes.plot(images, [1000 * row[name] / row["images"] for row in rows], style, label=label)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("images in the fleet")
    axes.set_ylabel("processor time for an image, ms")
    axes.set_title("What an image costs, by the size of the fleet")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(folder / "scale.png", dpi=110, metadata={"Software": None})
    figure.savefig(folder / "scale.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1:])
