"""How fast files are counted once over many layers, and what it takes in memory.

`python benchmarks/bench_dedup.py FOLDER [--layers N] [--engine tally|duckdb]` makes a catalog of
file tables in a folder where there is none, seeded, and counts it in a process of its own:
wall and processor time, and the largest resident set. 5,000 layers of 5,000 files (the default) are
25 million rows with 7.66 million distinct contents, and take 0.9 GB of disk.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import time
from array import array
from glob import glob
from typing import Any

import numpy as np

from layerscope.catalog.store import Catalog
from layerscope.files.columns import FileColumns
from layerscope.files.scan_layer import LayerScan
from layerscope.fleet.dedup import distinct_layers, ladder, object_level
from layerscope.fleet.dedup_files import catalog_files
from layerscope.fleet.frames import frames_of_columns
from layerscope.oci.digest import DiffID, Digest

FILES = 5_000
"""Files of one layer."""
OWN = 1_000
"""How many of them no other layer has."""
PACKAGE = 40
"""The others come in packages of so many files."""
PACKAGES_OF_ALL = 13.3
"""Packages there are for each layer: 5,000 layers share 66,500 of them, 2.66 million files."""
SPREAD = 14
"""Of the hundred packages of a layer, so many are the next ones in order: none is left out."""
IMAGE_LAYERS = 10
SEED = 20261124


def make(folder: str, layers: int) -> None:
    """Write the tables of so many layers into a catalog."""
    random = np.random.default_rng(SEED)
    packages = int(layers * PACKAGES_OF_ALL)
    pool = packages * PACKAGE
    universe = pool + layers * OWN
    digests = random.integers(0, 2**64, (universe, 4), dtype=np.uint64)
    sizes = random.lognormal(7.5, 2.0, universe).astype(np.int64) + 1
    catalog = Catalog.at(folder)
    nothing = array("q", bytes(8 * FILES))
    chosen = FILES // PACKAGE - OWN // PACKAGE
    for layer in range(layers):
        steady = (layer * SPREAD + np.arange(SPREAD)) % packages
        # Popular packages are in many layers, as in a registry: a power law over their ranks.
        drawn = (packages * random.random(chosen - SPREAD) ** 3).astype(np.int64)
        taken = np.concatenate((steady, drawn))
        rows = (taken[:, None] * PACKAGE + np.arange(PACKAGE)).ravel()
        rows = np.concatenate((rows, pool + layer * OWN + np.arange(OWN)))
        columns = FileColumns()
        names = [f"usr/lib/p{row // PACKAGE}/f{row % PACKAGE}" for row in rows.tolist()]
        columns.names = bytearray("".join(f"{name}\0" for name in names).encode())
        columns.kinds = bytearray(len(rows))
        columns.size_bytes = array("q", sizes[rows].tobytes())
        columns.modes = array("I", bytes(4 * len(rows)))
        columns.uids = columns.gids = columns.mtimes_ns = columns.offsets = nothing
        columns.contents = bytearray(digests[rows].tobytes())
        name = Digest("sha256", f"{layer:064x}")
        content = int(sizes[rows].sum())
        scan = LayerScan(
            digest=name,
            diff_id=DiffID(name),
            compressed_bytes=content,
            uncompressed_bytes=content,
            content_bytes=content,
            snapshot_bytes=content,
            entries=len(rows),
            files=len(rows),
            compression="none",
            columns=columns,
        )
        catalog.keep_table(str(name), scan)


def tally(folder: str, layers: int) -> dict[str, int]:
    """The level of files by `fleet.dedup`, with what each image of ten layers holds."""
    names = [f"sha256:{layer:064x}" for layer in range(layers)]
    image, position = np.divmod(np.arange(layers), IMAGE_LAYERS)
    frames = frames_of_columns(
        {"input": ["all.tar"] * (int(image[-1]) + 1)},
        {"image": image.tolist(), "position": position.tolist(), "diff_id": names},
    )
    read = catalog_files(Catalog.at(folder), distinct_layers(frames))
    objects = ((files.digests, files.sizes) if files is not None else None for files in read)
    row = ladder(frames, [object_level(frames, "file", objects)]).levels.iloc[-1]
    return {name: int(row[name]) for name in ("objects", "content_bytes", "entries", "requests")}


def duckdb(folder: str, layers: int) -> dict[str, int]:
    """The totals alone, by DuckDB over the same tables."""
    engine: Any = importlib.import_module("duckdb")  # Compared with, and not needed by anything.

    connection = engine.connect()
    connection.execute("set threads = 2; set memory_limit = '1.5GB'")
    files = sorted(glob(os.path.join(folder, "*", "tables", "*", "*.parquet")))[:layers]
    row = connection.execute(
        "select count(*), sum(size)::bigint, sum(rows)::bigint from ("
        " select content, any_value(size_bytes) as size, count(*) as rows"
        " from read_parquet($1) where kind = 'file' and size_bytes > 0 group by content)",
        [files],
    ).fetchone()
    return {"objects": row[0], "content_bytes": row[1], "entries": row[2]}


def main() -> None:
    """Make what is not there, measure in a new process, print one line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--layers", type=int, default=5_000)
    parser.add_argument("--engine", choices=("tally", "duckdb"), default="tally")
    parser.add_argument("--here", action="store_true", help="count in this process")
    options = parser.parse_args()
    if not os.path.isdir(options.folder):
        make(options.folder, options.layers)
    if not options.here:
        subprocess.run([sys.executable, *sys.argv, "--here"], check=True)
        return
    start = time.perf_counter()
    found = {"tally": tally, "duckdb": duckdb}[options.engine](options.folder, options.layers)
    wall = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    measured = {
        "engine": options.engine,
        "wall_s": round(wall, 2),
        "cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "peak_rss_mib": used.ru_maxrss // 1024,
    }
    print(json.dumps({**measured, **found}))


if __name__ == "__main__":
    main()
