"""The document `layerscope.plan-remove/1`: what removing images would free.

Images that are removed are named by their positions in `images`, those that are kept by theirs in
`keep`. Sums are None where a part of them is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from layerscope.fleet.registry_blobs import sum_of
from layerscope.fleet.removal import SIZES, keepers, remove
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_rows import BlobKind, Positions, plain_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.report.document import ImageRow

Counted = Literal["blob", "chain_id", "docker"]
"""What is counted: blobs of a registry, snapshots as tars, snapshots as docker counts them."""


class Goes(Row, frozen=True, kw_only=True):
    """What one image holds, each thing once, and what would go if only it went."""

    bytes: int | None
    alone_bytes: int | None


class RemovedImage(Row, frozen=True, kw_only=True):
    """One image that is removed; see `Counted` for the three numbers."""

    image: ImageName
    blob: Goes
    chain_id: Goes
    docker: Goes


class RemovalSum(Row, frozen=True, kw_only=True):
    """What goes and what stays by one identity.

    Attributes:
        things: How many blobs or snapshots the removed images hold, each once: those freed, those
            kept and those of which nobody can know.
        bytes: Of all of them: freed and kept.
    """

    identity: Counted
    things: int
    freed_things: int
    kept_things: int
    unknown_things: int
    bytes: int | None
    freed_bytes: int | None
    kept_bytes: int | None


class KeeperSet(Row, frozen=True, kw_only=True):
    """What stays because exactly these kept images need it."""

    identity: Counted
    keepers: list[int]
    things: int
    bytes: int | None


class RemovedBlob(Row, frozen=True, kw_only=True):
    """One blob of the removed images.

    Attributes:
        kept: Whether a kept image needs it; None if nobody can know.
        images: The removed images that hold it.
        keepers: The kept images that need it.
    """

    kind: BlobKind
    digest: str | None
    diff_id: str | None
    bytes: int | None
    kept: bool | None
    images: list[int]
    keepers: list[int]


class RemovedSnapshot(Row, frozen=True, kw_only=True):
    """One snapshot of the removed images; see `RemovedBlob`.

    Attributes:
        uncompressed_bytes: Of the layer's tar.
        snapshot_bytes: What docker's overlay2 store counts for it.
    """

    chain_id: str | None
    diff_id: str | None
    uncompressed_bytes: int | None
    snapshot_bytes: int | None
    kept: bool | None
    images: list[int]
    keepers: list[int]


class PlanRemoveDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-remove/1` document.

    Attributes:
        images: What is removed.
        keep: What is kept.
        sums: One for each of `Counted`.
        stays: By identity, then by bytes, the most first; their bytes sum to `kept_bytes`.
    """

    tool: Tool
    images: list[RemovedImage]
    keep: list[ImageName]
    sums: list[RemovalSum]
    stays: list[KeeperSet]
    blobs: list[RemovedBlob]
    snapshots: list[RemovedSnapshot]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-remove/1"] = "layerscope.plan-remove/1"


def plan_remove_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    frames: Frames,
    documents: pd.DataFrame,
    *,
    removed: Sequence[int],
    kept: Sequence[int],
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> PlanRemoveDocument:
    """The document of a removal; the arguments are those of `plan_pull_document`."""
    plan = remove(frames, documents, removed, kept)
    going, staying = Positions(frames, removed), Positions(frames, kept)
    counted: list[Counted] = ["blob", "chain_id", "docker"]
    tables = {name: plan.blobs if name == "blob" else plan.snapshots for name in counted}

    def linked(table: pd.DataFrame) -> list[dict[str, Any]]:
        return [
            {
                **{name: value for name, value in row.items() if name not in ("held", "holders")},
                "kept": row["held"],
                "images": going.of(row["images"]),
                "keepers": staying.of(row["holders"]),
            }
            for row in plain_rows(table)
        ]

    return PlanRemoveDocument(
        tool=tool,
        images=[
            RemovedImage(
                image=image_name(rows[row["image"]]),
                **{
                    name: Goes(bytes=row[f"{name}_bytes"], alone_bytes=row[f"{name}_alone_bytes"])
                    for name in counted
                },
            )
            for row in plain_rows(plan.images)
        ],
        keep=[image_name(rows[image]) for image in kept],
        sums=[_sum(name, table) for name, table in tables.items()],
        stays=[
            KeeperSet(
                identity=name,
                keepers=staying.of(row["holders"]),
                things=row["things"],
                bytes=row["bytes"],
            )
            for name, table in tables.items()
            for row in plain_rows(keepers(table, SIZES[name]))
        ],
        blobs=[RemovedBlob(**row) for row in linked(plan.blobs)],
        snapshots=[RemovedSnapshot(**row) for row in linked(plan.snapshots)],
        skipped=list(skipped),
        faults=list(faults),
    )


def _sum(identity: Counted, things: pd.DataFrame) -> RemovalSum:
    stay, sizes = things["held"], things[SIZES[identity]]
    unknown, kept = int(stay.isna().sum()), int(stay.sum())
    return RemovalSum(
        identity=identity,
        things=len(things),
        freed_things=len(things) - kept - unknown,
        kept_things=kept,
        unknown_things=unknown,
        bytes=sum_of(sizes),
        freed_bytes=sum_of(sizes, ~stay),
        kept_bytes=sum_of(sizes, stay),
    )
