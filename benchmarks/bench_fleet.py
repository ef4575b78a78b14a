"""What many images cost: the layer forest, sharing and plans over a synthetic registry.

`python -m benchmarks.bench_fleet` measures 10,000 images of ten layers, then 1,000 to 100,000
images with the model's own numbers of layers, each in a process of its own, and writes
`reports/speed/fleet.md` and `fleet.svg`; `--only N` measures one size and writes nothing. Making
the registry is not in the seconds, but it is in the memory.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.fleet_page import write
from layerscope.fleet import (
    graph,
    graph_tables,
    rebase,
    registry_blobs,
    removal,
    sharing,
    transfer,
)
from layerscope.fleet.stacks import stack_of
from layerscope.synth.registry_model import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.fleet.frames import Frames

REPORTS = Path(__file__).parents[1] / "reports" / "speed"
SIZES = (1_000, 3_000, 10_000, 30_000, 100_000)
BAR_IMAGES, BAR_LAYERS = 10_000, 10
ONE_IN = 100
"""One image in so many is pulled, pushed, removed or rebased; all others are there already."""


def questions(frames: Frames) -> dict[str, Callable[[], object]]:
    """What is measured, in order: by name a function without arguments."""
    count = len(frames.images)
    documents = registry_blobs.documents_of([(1500, 6000, True)] * count)
    chosen = list(range(0, count, ONE_IN))
    picked = set(chosen)
    others = [image for image in range(count) if image not in picked]
    place = transfer.Place("registry", "app")
    groups = [name[0].partition(":")[0] for name in frames.images["names"]]
    state: dict[str, Any] = {}

    def forest() -> object:
        state["forest"] = graph.forest(frames)
        return graph_tables.layer_table(frames, state["forest"])

    def bases() -> object:
        state["bases"] = graph_tables.base_images(frames, state["forest"])
        return graph_tables.cross_links(frames, state["forest"])

    def shared() -> object:
        by_image = sharing.image_sharing(frames), sharing.layer_sharing(frames)
        of_all = sharing.totals(frames), sharing.exclusive(frames, groups)
        sets = [
            (sharing.reuse(frames, identity), sharing.intersections(frames, identity))
            for identity in ("blob", "diff_id", "chain_id", "docker")
        ]
        return by_image, of_all, sets

    def rebased() -> object:
        onto = state["bases"]["by_layers"].dropna().astype(int)[::ONE_IN]
        stacks = [(stack_of(frames, image), stack_of(frames, base)) for image, base in onto.items()]
        return [rebase.rebase(image, len(base), base) for image, base in stacks]

    def push() -> object:
        wanted = [(image, place) for image in chosen]
        return transfer.push(frames, documents, wanted, [(image, place) for image in others])

    return {
        "forest, table of layers": forest,
        "bases, cross links": bases,
        "sharing by four identities": shared,
        "plan pull": lambda: transfer.pull(frames, documents, chosen, others),
        "plan push": push,
        "plan remove": lambda: removal.remove(frames, documents, chosen, others),
        "plan rebase": rebased,
    }


def peak_mb() -> float:
    """Largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def measure(images: int, layers: int | None) -> dict[str, Any]:
    """Seconds of each question over one registry, and the peak of memory, in this process."""
    frames = registry(images, layers=layers).frames()
    rows = len(frames.image_layers)
    before = peak_mb()
    parts: dict[str, dict[str, float]] = {}
    for name, ask in questions(frames).items():
        cpu, wall = time.process_time(), time.perf_counter()
        ask()
        parts[name] = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    return {
        "images": images,
        "rows": rows,
        "parts": parts,
        "cpu": sum(part["cpu"] for part in parts.values()),
        "wall": sum(part["wall"] for part in parts.values()),
        "tables_mb": before,
        "peak_mb": peak_mb(),
    }


def in_a_process(images: int, layers: int | None) -> dict[str, Any]:
    """What `measure` says in a fresh process."""
    words = [sys.executable, "-m", "benchmarks.bench_fleet", "--only", str(images)]
    words += [] if layers is None else ["--layers", str(layers)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> int:
    """Measure, and write the page and the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=int)
    parser.add_argument("--layers", type=int)
    given = parser.parse_args()
    if given.only:
        print(json.dumps(measure(given.only, given.layers), indent=1))
        return 0
    bar = in_a_process(BAR_IMAGES, BAR_LAYERS)
    sizes = [in_a_process(images, None) for images in SIZES]
    write(REPORTS, bar, sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
