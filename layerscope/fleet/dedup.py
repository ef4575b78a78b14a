"""The dedup ladder: what is left to store of the same images, the finer one looks for equal things.

Levels go from whole layers to chunks of files. Each keeps every one of its objects once:

- `referenced`: nothing is shared, every image keeps its layers;
- `blob`: layers as they are stored, what a registry does;
- `diff_id`: layers once they are unpacked, however they were compressed;
- `file`: files by their content;
- the schemes of `files.chunking.SCHEMES`: chunks of files.

Content bytes are those of regular files, uncompressed, and the unit in which all levels compare:
each level has at most those of the one before, and each scheme at most those of `file`. Compressed
bytes are known of blobs alone: what files or chunks would take compressed depends on the store.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from layerscope.fleet.dedup_objects import Tally
from layerscope.fleet.holdings import UNKNOWN_BYTES, holdings

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from layerscope.fleet.dedup_objects import Counted
    from layerscope.fleet.frames import Frames
    from layerscope.fleet.holdings import Holdings

    Longs = npt.NDArray[np.int64]
    Objects = tuple[npt.NDArray[np.uint64], Longs]

DIGEST_BYTES = 32
LENGTH_BYTES = 8
INDEX_ENTRY_BYTES = DIGEST_BYTES + LENGTH_BYTES
"""What an index takes for an object, and a list of objects for each entry: a digest and a length.

It is a model, the same for all levels so that they compare, and the least that any store needs to
find and check objects: sha256 and BLAKE3 digests have 32 bytes. Names and modes of files, offsets
in a blob and how an index is encoded come on top, and differ from format to format.
"""

LEVELS = {
    "level": ("str", "the level's name"),
    "objects": ("Int64", "things that are kept once; missing if a layer was not read"),
    "entries": ("Int64", "how often images (layers: in files and chunks) list one"),
    "compressed_bytes": ("Int64", "of all objects as stored; missing where it is not known"),
    "content_bytes": ("Int64", "of regular files in all objects, uncompressed"),
    "index_bytes": ("Int64", "`INDEX_ENTRY_BYTES` for each object and each entry"),
    "requests": ("Int64", "objects of each image, summed: one request each if pulled cold"),
}
"""Columns of the table of levels, in order, with dtype and meaning; rows from coarse to fine."""

IMAGE_LEVELS = {
    "image": ("int32", "id of the image"),
    "level": ("str", "the level's name"),
    "objects": ("Int64", "distinct ones that it holds: requests of a cold pull"),
    "compressed_bytes": ("Int64", "of these as stored"),
    "content_bytes": ("Int64", "of regular files in these"),
    "unique_bytes": ("Int64", "content bytes of those that no other image holds"),
}
"""Columns of the table of images and levels, in order; sorted by image, then as the levels are.

An image that an input lists several times has the same numbers each time.
"""


class Ladder(NamedTuple):
    """The two tables of the ladder; `LEVELS` and `IMAGE_LEVELS` list their columns."""

    levels: pd.DataFrame
    images: pd.DataFrame


class Level(NamedTuple):
    """One level: its row of `LEVELS`, and for each image a row of `IMAGE_LEVELS` by column."""

    row: dict[str, Any]
    images: dict[str, list[Any]]


def ladder(frames: Frames, finer: Iterable[Level] = ()) -> Ladder:
    """The ladder of a fleet: the levels of whole layers, then those given.

    Args:
        frames: The fleet.
        finer: What `object_level` made of files and chunks.
    """
    found = [*_layer_levels(frames), *finer]
    levels = {name: [level.row[name] for level in found] for name in LEVELS}
    count = len(frames.images)
    cells: dict[str, list[Any]] = {
        name: [level.images[name][image] for image in range(count) for level in found]
        for name in IMAGE_LEVELS
        if name not in {"image", "level"}
    }
    cells["image"] = [image for image in range(count) for _ in found]
    cells["level"] = [level.row["level"] for _ in range(count) for level in found]
    return Ladder(_table(levels, LEVELS), _table(cells, IMAGE_LEVELS))


def _table(cells: dict[str, list[Any]], columns: dict[str, tuple[str, str]]) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    return pd.DataFrame(
        {name: pd.Series(cells[name], dtype=dtype) for name, (dtype, _) in columns.items()}
    )


def distinct_layers(frames: Frames) -> list[str]:
    """The DiffIDs of a fleet, each once: layer `n` of `object_level` is the n-th of them."""
    held = holdings(frames, "diff_id")
    names = frames.image_layers["diff_id"].cat.categories[held.names]
    return [str(name) for name in names]


def object_level(
    frames: Frames, name: str, layers: Iterable[Objects | None], tally: Tally | None = None
) -> Level:
    """The level of whatever layers are made of.

    Args:
        frames: The fleet.
        name: Of the level.
        layers: For each of `distinct_layers`, in their order, the digests and sizes of its objects
            (`Tally.add`); None if they are not known, and then neither is a sum that needs them.
        tally: An empty one; None is one with the usual bound on memory.

    Raises: `ValueError` for another number of layers; as `Tally.add` does.
    """
    held = holdings(frames, "diff_id")
    tally = tally or Tally()
    known = []
    for layer, objects in enumerate(layers):
        known.append(objects is not None)
        if objects is not None:
            tally.add(layer, *objects)
    if len(known) != len(held.sizes):
        raise ValueError(f"expected the objects of {len(held.sizes)} layers, found {len(known)}")
    # A manifest that is listed twice is one image: it shares nothing with itself.
    own = [
        held.of(image).tolist() if image == unit else []
        for image, unit in enumerate(held.units.tolist())
    ]
    counted = tally.count(own)
    whole = [
        bool(there) and all(known[layer] for layer in layers)
        for there, layers in zip(held.whole.tolist(), own, strict=True)
    ]
    row = dict.fromkeys(LEVELS) | {"level": name}
    if all(whole):
        row |= _object_row(counted)
    everything = [all(whole)] * len(whole)
    nothing = [False] * len(whole)
    figures = {
        "objects": (counted.image_objects, whole),
        "compressed_bytes": (counted.image_bytes, nothing),
        "content_bytes": (counted.image_bytes, whole),
        "unique_bytes": (counted.image_unique_bytes, everything),
    }
    units = held.units.tolist()
    images = {
        column: [values[unit] if there[unit] else None for unit in units]
        for column, (values, there) in figures.items()
    }
    return Level(row, images)


def _object_row(counted: Counted) -> dict[str, Any]:
    return {
        "objects": counted.objects,
        "entries": counted.entries,
        "content_bytes": counted.content_bytes,
        "index_bytes": INDEX_ENTRY_BYTES * (counted.objects + counted.entries),
        "requests": sum(counted.image_objects),
    }


def _layer_levels(frames: Frames) -> list[Level]:
    """The levels of whole layers, by what tells layers from one another."""
    blobs, tars = holdings(frames, "blob"), holdings(frames, "diff_id")
    return [
        _layer_level(frames, blobs, "referenced"),
        _layer_level(frames, blobs, "blob"),
        _layer_level(frames, tars, "diff_id"),
    ]


def _layer_level(frames: Frames, held: Holdings, name: str) -> Level:
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    content = _sizes(frames, held, "content_bytes")
    measured = {"content_bytes": content}
    if name != "diff_id":
        measured["compressed_bytes"] = _sizes(frames, held, "compressed_bytes")
    apart = name == "referenced"
    there = held.holders > 0
    times = held.holders.astype(np.int64) if apart else there.astype(np.int64)
    entries = len(held.things)
    whole = bool(held.whole.all())
    objects = entries if apart else int(there.sum())
    row: dict[str, Any] = dict.fromkeys(LEVELS) | {"level": name}
    if whole:
        row |= {"objects": objects, "entries": entries, "requests": entries}
        row["index_bytes"] = INDEX_ENTRY_BYTES * (objects + entries)
        for column, sizes in measured.items():
            if not (sizes[there] < 0).any():
                row[column] = int((sizes * times).sum())
    known = held.whole[held.units]
    images = {
        "objects": _cells(_image_sums(held, np.ones_like(held.things)), known),
        "compressed_bytes": _cells(held.units, np.zeros_like(known)),
    }
    for column, sizes in measured.items():
        of_image = sizes[held.things]
        gaps = _image_sums(held, of_image < 0) > 0
        images[column] = _cells(_image_sums(held, of_image), known & ~gaps)
    alone = np.ones_like(there) if apart else held.holders == 1
    of_image = np.where(alone, content, 0)[held.things]
    gaps = _image_sums(held, of_image < 0) > 0
    images["unique_bytes"] = _cells(_image_sums(held, of_image), ~gaps & whole)
    return Level(row, images)


def _image_sums(held: Holdings, values: npt.NDArray[Any]) -> Longs:
    """For each image the sum over its things of `values`, which has one for each of `things`."""
    import numpy as np  # noqa: PLC0415 - see `_layer_level`

    ends = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    sums: Longs = (ends[held.start[1:]] - ends[held.start[:-1]])[held.units]
    return sums


def _cells(values: npt.NDArray[Any], known: npt.NDArray[np.bool_]) -> list[int | None]:
    """The values as integers, None where they are not known."""
    pairs = zip(values.tolist(), known.tolist(), strict=True)
    return [value if there else None for value, there in pairs]


def _sizes(frames: Frames, held: Holdings, column: str) -> Longs:
    """For each thing its bytes by a column of the table of layers, of the first copy measured."""
    import numpy as np  # noqa: PLC0415 - see `_layer_level`

    sizes = np.full(len(held.sizes), UNKNOWN_BYTES, dtype=np.int64)
    measured = frames.image_layers[column].to_numpy(dtype=np.int64, na_value=UNKNOWN_BYTES)
    known = (measured >= 0) & (held.of_row >= 0)
    sizes[held.of_row[known][::-1]] = measured[known][::-1]
    return sizes
