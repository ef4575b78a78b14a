"""The page and the picture of `benchmarks.bench_fleet`, in `reports/speed/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ARRAYS = ("forest, table of layers", "bases, cross links", "sharing by four identities")
"""Questions whose answers are computed for all images."""

INTRODUCTION = """\
# Many images

The layer forest, what images share, and plans, over the tables of a synthetic registry
(`layerscope.synth.registry_model`, profile `stored`, seed 1). Written by
`python -m benchmarks.bench_fleet`. No file is read and no layer. Sharing is every function of
`layerscope.fleet.sharing` but the full matrix, by all four identities. Each plan is for one image
in a hundred; the others are on the other side already.

Measured in November 2026 on a virtual machine with 2 cores (AMD EPYC, Zen 4) and 24 GiB, Debian 12,
CPython 3.11.7, while other programs used it too. Seconds are processor time (user and system) in
one process; peak memory is of the whole process, the making of the registry included.
"""


def write(folder: Path, bar: dict[str, Any], sizes: Sequence[dict[str, Any]]) -> None:
    """Write `fleet.md` and `fleet.svg` of what was measured."""
    lines = [INTRODUCTION, f"## {bar['images']:,} images of ten layers\n"]
    lines += ["| what | processor time |", "|---|---|"]
    lines += [f"| {name} | {part['cpu']:.2f} s |" for name, part in bar["parts"].items()]
    lines += [f"| all | {bar['cpu']:.1f} s (wall {bar['wall']:.1f} s) |"]
    lines += [f"| peak memory | {bar['peak_mb']:.0f} MB |", ""]
    lines += ["## Cost of an image\n", "![processor time for each image](fleet.svg)\n"]
    lines += [
        "| images | layers | forest, bases, sharing | for each image | plans | for each image "
    ]
    lines[-1] += "| peak memory | for each image |"
    lines += ["|---|---|---|---|---|---|---|---|"]
    for size in sizes:
        arrays, plans = array_seconds(size), plan_seconds(size)
        count = size["images"]
        lines.append(
            f"| {count:,} | {size['rows']:,} | {arrays:.2f} s | {arrays / count * 1e6:.0f} µs "
            f"| {plans:.1f} s | {plans / count * 1e6:.0f} µs "
            f"| {size['peak_mb']:.0f} MB | {size['peak_mb'] / count * 1000:.1f} kB |"
        )
    (folder / "fleet.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draw(folder / "fleet.svg", sizes)


def array_seconds(size: dict[str, Any]) -> float:
    """Processor time of what is computed for all images at once."""
    return sum(float(size["parts"][name]["cpu"]) for name in ARRAYS)


def plan_seconds(size: dict[str, Any]) -> float:
    """Processor time of the plans."""
    return float(size["cpu"]) - array_seconds(size)


def draw(path: Path, sizes: Sequence[dict[str, Any]]) -> None:
    """Draw microseconds for each image over the number of images; flat is what is wanted."""
    import matplotlib as mpl  # noqa: PLC0415 - only who writes the page has it
    from matplotlib.figure import Figure  # noqa: PLC0415 - the same

    mpl.rcParams["svg.hashsalt"] = "layerscope"
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    counts = [size["images"] for size in sizes]
    for label, seconds, mark in (
        ("forest, bases, sharing", array_seconds, "o"),
        ("plans for one image in a hundred", plan_seconds, "s"),
    ):
        costs = [seconds(size) / size["images"] * 1e6 for size in sizes]
        axes.plot(counts, costs, marker=mark, label=label)
        for count, cost in zip(counts, costs, strict=True):
            axes.annotate(
                f"{cost:.0f}", (count, cost), xytext=(0, 6), textcoords="offset points", ha="center"
            )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(10, 10_000)
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("images in the registry")
    axes.set_ylabel("processor time for each image, µs")
    axes.set_title("What an image costs, by how many there are")
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(path, metadata={"Date": None})
