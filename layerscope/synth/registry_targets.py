"""What a synthetic registry is aimed at, and what it has: a row for each figure.

The figures are those of published studies on what a registry stores at one moment. Evidence is
`S` or `S2` (one transcription of a study, or two), `calc` (arithmetic on such figures), `none` (the
calibration gives no tag) or `UNVERIFIED`, which is a guess and no fact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from layerscope.synth import registry_files as tables
from layerscope.synth.registry_model import EMPTY

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from layerscope.synth.registry_model import Registry

    Ints = npt.NDArray[np.int64]

DRIFT = 0.1
"""How far a figure may be from a target that is to be met."""

Rule = Literal["near", "at most", "at least", "compare"]


class Target(NamedTuple):
    """A figure of the studies, and what is asked of a model.

    Attributes:
        parameter: What is measured.
        statistic: And what of it.
        unit: `bytes`, `files`, `layers`, `share` (of 1) or `x` (a ratio).
        value: The figure.
        evidence: See the module.
        rule: `near`: within `DRIFT`. `compare`: nothing is asked, since the figure is UNVERIFIED,
            or is one that follows from the others and is there to be compared with.
    """

    parameter: str
    statistic: str
    unit: str
    value: float
    evidence: str
    rule: Rule


EVERY = (
    Target("layers of an image", "p50", "layers", 8, "S", "near"),
    Target("layers of an image", "p90", "layers", 18, "S", "near"),
    Target("layers of an image", "mean", "layers", 9.8, "calc", "near"),
    Target("layers of an image", "max", "layers", 120, "S", "at most"),
    Target("layers by images that have them", "one", "share", 0.90, "none", "near"),
    Target("layers by images that have them", "two", "share", 0.05, "none", "near"),
    Target("images with the empty layer", "all", "share", 0.5, "UNVERIFIED", "compare"),
)
"""Of both profiles."""

STORED = (
    Target("compressed layer", "p50", "bytes", 4e6, "S2", "at most"),
    Target("compressed layer", "p90", "bytes", 63e6, "S", "near"),
    Target("compressed layer", "mean", "bytes", 26.2e6, "calc", "near"),
    Target("layers referenced to stored", "bytes", "x", 1.8, "none", "near"),
    Target("uncompressed to compressed", "p50", "x", 2.6, "none", "near"),
    Target("uncompressed to compressed", "total", "x", 3.55, "calc", "near"),
    Target("compressed image", "p50", "bytes", 17e6, "S2", "compare"),
    Target("compressed image", "p90", "bytes", 480e6, "S2", "compare"),
    Target("uncompressed image", "p50", "bytes", 94e6, "S2", "compare"),
    Target("uncompressed image", "p90", "bytes", 1.3e9, "S2", "compare"),
    Target("files of an image", "p50", "files", 1090, "S", "near"),
    Target("files of an image", "p90", "files", 64_780, "UNVERIFIED", "compare"),
    Target("files of a layer", "mean", "files", 2945, "calc", "near"),
    Target("files of a layer", "p50", "files", 30, "UNVERIFIED", "compare"),
    Target("files of a layer", "p90", "files", 7410, "UNVERIFIED", "compare"),
    Target("file", "mean", "bytes", 31_600, "calc", "near"),
    Target("distinct contents to files", "all", "share", 0.03, "S2", "near"),
    Target("bytes of files that repeat", "all", "share", 0.857, "S2", "near"),
    Target("bytes by type of file", "elf", "share", 0.37, "S", "near"),
    Target("bytes by type of file", "archive", "share", 0.23, "S", "near"),
    Target("bytes by type of file", "text", "share", 0.14, "S", "near"),
    Target("bytes by type of file", "script", "share", 0.09, "S", "near"),
    Target("bytes by type of file", "other", "share", 0.17, "S", "near"),
    Target("bytes nine or more names deep", "all", "share", 0.5, "S", "at least"),
    Target("names of a path", "max", "names", 28, "S", "at most"),
)
"""Of what a registry stores."""

TRAFFIC = (
    Target("compressed layer below 1 MB", "all", "share", 0.65, "S", "near"),
    Target("compressed layer below 10 MB", "all", "share", 0.80, "S", "near"),
)
"""Of what clients move."""


def targets(registry: Registry) -> pd.DataFrame:
    """What was aimed at and what a registry has: one row for each target of its profile.

    Columns: those of `Target` (`value` is `target` here), then `achieved` in the same unit, `drift`
    (achieved to target, less 1), and `holds` (boolean; missing where nothing is asked). Layers are
    distinct ones that some image has, the empty one left out. The file tables of all of them are
    made in passing, which takes two minutes for 40,000 images.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    wanted = [*EVERY, *(STORED if registry.profile == "stored" else TRAFFIC)]
    found = dict(_of_layers(registry))
    if registry.profile == "stored":
        found.update(_of_files(registry))
    rows = []
    for target in wanted:
        achieved = found[target.parameter, target.statistic]
        drift = achieved / target.value - 1
        holds = {
            "near": abs(drift) <= DRIFT,
            "at most": drift <= 0,
            "at least": drift >= 0,
            "compare": None,
        }
        rows.append((*target, achieved, drift, holds[target.rule]))
    names = ["parameter", "statistic", "unit", "target", "evidence", "rule"]
    table = pd.DataFrame(rows, columns=[*names, "achieved", "drift", "holds"])
    table["holds"] = table["holds"].astype("boolean")
    return table


def as_text(table: pd.DataFrame) -> str:
    """The table of `targets` for a terminal, at most 80 columns wide."""
    lines = [f"{'':31} {'':5} {'target':>9} {'achieved':>9} {'drift':>7} evidence"]
    for row in table.to_dict("records"):
        mark = {"at most": "<", "at least": ">"}.get(row["rule"], "")
        target = mark + _figure(row["target"], row["unit"])
        achieved = _figure(row["achieved"], row["unit"])
        # A comparison with the missing value is neither, and so no `bool`.
        asked = row["rule"] != "compare"
        verdict = "" if asked and bool(row["holds"]) else " DRIFTS" if asked else " *"
        lines.append(
            f"{row['parameter']:31} {row['statistic']:5} {target:>9} {achieved:>9} "
            f"{row['drift']:+7.1%} {row['evidence']}{verdict}"
        )
    lines.append("*: nothing is asked of it. UNVERIFIED: a guess, no fact.")
    return "\n".join(lines) + "\n"


def _figure(value: object, unit: object) -> str:
    number = float(str(value))
    if unit == "bytes":
        return f"{number / 1e6:,.4g} MB"
    return f"{number:,.4g}" + ("x" if unit == "x" else "")


def _of_layers(registry: Registry) -> Iterator[tuple[tuple[str, str], float]]:
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    count = np.diff(registry.start)
    layers = "layers of an image"
    yield (layers, "p50"), float(np.median(count))
    yield (layers, "p90"), float(np.quantile(count, 0.9))
    yield (layers, "mean"), float(count.mean())
    yield (layers, "max"), float(count.max())
    image = np.repeat(np.arange(len(count)), count)
    blobs = registry.blob[registry.nodes]
    holders = np.bincount(blobs, minlength=len(registry.files))
    there = holders > 0
    there[EMPTY] = False
    yield ("layers by images that have them", "one"), float((holders[there] == 1).mean())
    yield ("layers by images that have them", "two"), float((holders[there] == 2).mean())
    with_empty = len(np.unique(image[blobs == EMPTY])) / len(count)
    yield ("images with the empty layer", "all"), with_empty
    stored, tars = registry.compressed_bytes, registry.uncompressed_bytes
    layer = stored[there]
    yield ("compressed layer", "p50"), float(np.median(layer))
    yield ("compressed layer", "p90"), float(np.quantile(layer, 0.9))
    yield ("compressed layer", "mean"), float(layer.mean())
    yield ("compressed layer below 1 MB", "all"), float((layer < 1_000_000).mean())
    yield ("compressed layer below 10 MB", "all"), float((layer < 10_000_000).mean())
    referenced = float((stored * holders).sum() / stored[holders > 0].sum())
    yield ("layers referenced to stored", "bytes"), referenced
    yield ("uncompressed to compressed", "p50"), float(np.median(tars[there] / layer))
    yield ("uncompressed to compressed", "total"), float(tars[there].sum() / layer.sum())
    for name, size in (("compressed", stored), ("uncompressed", tars)):
        of_image = np.bincount(image, weights=size[blobs])
        yield (f"{name} image", "p50"), float(np.median(of_image))
        yield (f"{name} image", "p90"), float(np.quantile(of_image, 0.9))
    files = np.bincount(image, weights=registry.files[blobs])
    yield ("files of an image", "p50"), float(np.median(files))
    yield ("files of an image", "p90"), float(np.quantile(files, 0.9))
    yield ("files of a layer", "mean"), float(registry.files[there].mean())
    yield ("files of a layer", "p50"), float(np.median(registry.files[there]))
    yield ("files of a layer", "p90"), float(np.quantile(registry.files[there], 0.9))
    every = registry.content_bytes[there].sum() / registry.files[there].sum()
    yield ("file", "mean"), float(every)


def _of_files(registry: Registry) -> Iterator[tuple[tuple[str, str], float]]:
    import numpy as np  # noqa: PLC0415 - see `_of_layers`

    seen: dict[int, npt.NDArray[np.bool_]] = {}
    has_empty = False
    files = distinct = total = once = deepest = 0
    by_place = np.zeros(tables.FILES)
    used = np.unique(registry.blob[registry.nodes])
    for blob in used[used != EMPTY].tolist():
        contents, sizes = tables.file_table(registry, blob)
        new = _first_seen(contents, seen)
        empty = np.flatnonzero(contents == tables.EMPTY)
        new[empty[: 0 if has_empty else 1]] = True
        has_empty |= len(empty) > 0
        files, distinct = files + len(contents), distinct + int(new.sum())
        total, once = total + int(sizes.sum()), once + int(sizes[new].sum())
        places = tables.places(contents)
        by_place += np.bincount(places, weights=sizes, minlength=tables.FILES)
        deepest = max(deepest, int(np.array(tables.DEPTHS)[places].max()))
    yield ("distinct contents to files", "all"), distinct / files
    yield ("bytes of files that repeat", "all"), 1 - once / total
    shares = by_place / total
    for kind in dict.fromkeys(tables.KINDS):
        own = [at for at, word in enumerate(tables.KINDS) if word == kind]
        yield ("bytes by type of file", kind), float(shares[own].sum())
    deep = [at for at, depth in enumerate(tables.DEPTHS) if depth >= 9]
    yield ("bytes nine or more names deep", "all"), float(shares[deep].sum())
    yield ("names of a path", "max"), float(deepest)


def _first_seen(contents: Ints, seen: dict[int, npt.NDArray[np.bool_]]) -> npt.NDArray[np.bool_]:
    """Which contents of a layer are met for the first time; `seen` is kept for each package size.

    A layer holds a content of the pool once: its runs do not overlap. The empty file is left out.
    """
    import numpy as np  # noqa: PLC0415 - see `_of_layers`

    new = contents < 0
    pool = np.flatnonzero(contents > 0)
    levels, places = np.divmod(contents[pool] - 1, tables.MOST_RANKS * tables.FILES)
    for level in np.unique(levels).tolist():
        own = levels == level
        at = places[own]
        known = seen.get(level)
        most = int(at.max()) + 1
        if known is None or len(known) < most:
            grown = np.zeros(2 * most, dtype=bool)
            if known is not None:
                grown[: len(known)] = known
            seen[level] = known = grown
        new[pool[own]] = ~known[at]
        known[at] = True
    return new
