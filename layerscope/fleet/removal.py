"""What removing images would free: in a registry by blob, on a node by snapshot.

A thing goes if no image that is kept needs it. Everything else stays, and the images that keep it
are its keepers. By each identity, and to the byte:

    freed + kept by each set of keepers = what the removed images hold, each thing once
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerscope.fleet.registry_blobs import (
    distinct,
    held,
    registry_blobs,
    rows_of,
    sum_of,
    units_of,
)
from layerscope.fleet.snapshots import snapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames

SIZES = {
    "blob": "bytes",
    "chain_id": "uncompressed_bytes",
    "docker": "snapshot_bytes",
}
"""What is counted by each identity; see `fleet.holdings.IDENTITIES`.

`blob` is what a registry frees once it has collected its garbage, documents included.
"""


class Removal(NamedTuple):
    """What removing images would do.

    Attributes:
        blobs: One row for each blob of the removed images: `kind`, `digest`, `diff_id`, `bytes`
            (Int64), `held` (boolean: whether a kept image needs it; missing if nobody can know),
            `images` and `holders` (tuples of the removed and of the kept images that need it).
        snapshots: See `fleet.snapshots`; `held` and `holders` are of the kept images.
        images: One row for each removed image: `image`, then for each identity I of `SIZES`
            `I_bytes` what it holds, each thing once, and `I_alone_bytes` what would go if only it
            went (Int64; missing if not known).
    """

    blobs: pd.DataFrame
    snapshots: pd.DataFrame
    images: pd.DataFrame


def remove(
    frames: Frames, documents: pd.DataFrame, removed: Sequence[int], kept: Sequence[int]
) -> Removal:
    """What removing images would free if others are kept and no other image is there.

    A manifest that is removed under one name and kept under another, in one input, is kept.

    Args:
        frames: The fleet.
        documents: The table `registry_blobs.DOCUMENTS` of the same images.
        removed: The images to remove, in order.
        kept: The images that stay, in order.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    units, others = units_of(frames, removed), units_of(frames, kept)
    table = registry_blobs(frames, documents)
    stay = rows_of(table, others)
    blobs = distinct(rows_of(table, units))
    blobs["held"] = held(blobs, stay)
    holders = distinct(stay[stay["thing"].isin(blobs["thing"])])["images"].reindex(blobs.index)
    blobs["holders"] = [each if isinstance(each, tuple) else () for each in holders]
    columns = ["kind", "digest", "diff_id", "bytes", "held", "images", "holders"]
    blobs = blobs[columns].reset_index(drop=True)
    layers = snapshots(frames, units, others)
    alike = frames.images["same_as"].to_numpy()
    rows: list[dict[str, int | None]] = [{"image": image} for image in removed]
    for identity, size in SIZES.items():
        sums = _of_each(blobs if identity == "blob" else layers, size, units)
        for row, image in zip(rows, removed, strict=True):
            whole, alone = sums[int(alike[image])]
            row |= {f"{identity}_bytes": whole, f"{identity}_alone_bytes": alone}
    names = ["image", *(f"{name}_{what}" for name in SIZES for what in ("bytes", "alone_bytes"))]
    images = {name: pd.Series([row[name] for row in rows], dtype="Int64") for name in names}
    return Removal(blobs, layers, pd.DataFrame(images))


def _of_each(
    things: pd.DataFrame, size: str, units: Sequence[int]
) -> dict[int, tuple[int | None, int | None]]:
    """For each removed image the bytes that it holds, and those that go if only it goes."""
    whole: dict[int, int | None] = dict.fromkeys(units, 0)
    alone: dict[int, int | None] = dict.fromkeys(units, 0)
    sizes, stays = things[size], things["held"]
    for images, count, unknown, kept, doubtful in zip(
        things["images"].tolist(),
        sizes.fillna(0).tolist(),
        sizes.isna().tolist(),
        stays.fillna(value=False).tolist(),
        stays.isna().tolist(),
        strict=True,
    ):
        for image in images:
            whole[image] = None if unknown else _plus(whole[image], count)
        # The other removed images are there still if only one of them goes.
        if len(images) == 1 and not kept:
            (image,) = images
            alone[image] = None if unknown or doubtful else _plus(alone[image], count)
    return {image: (whole[image], alone[image]) for image in units}


def _plus(total: int | None, count: int) -> int | None:
    return None if total is None else total + count


def keepers(things: pd.DataFrame, size: str) -> pd.DataFrame:
    """The sets of kept images that keep something, each thing in exactly one of them.

    Args:
        things: `Removal.blobs` or `Removal.snapshots`.
        size: The column of the bytes that count.

    Returns:
        One row for each set, the largest by bytes first, sets with an unknown size last: `holders`
        (a tuple of images), `things` how many, `bytes` of them (Int64, missing if not known).
    """
    import pandas as pd  # noqa: PLC0415 - see `remove`

    stay = things[things["held"].fillna(value=False).astype(bool)]
    rows = [
        (holders, len(own), sum_of(own[size]))
        for holders, own in stay.groupby("holders", sort=True)
    ]
    rows.sort(key=lambda row: (row[2] is None, -(row[2] or 0)))
    return pd.DataFrame(
        {
            "holders": pd.Series([row[0] for row in rows], dtype=object),
            "things": pd.Series([row[1] for row in rows], dtype="int64"),
            "bytes": pd.Series([row[2] for row in rows], dtype="Int64"),
        }
    )
