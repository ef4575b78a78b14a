"""The document `layerscope.plan-pull/1`: what a pull would move and unpack.

Sums are None where a part of them is not known; that is no 0. Images are named by their positions
in `images`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.fleet.registry_blobs import sum_of
from layerscope.fleet.transfer import pull
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_rows import BlobKind, Positions, plain_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.report.document import ImageRow


class PulledImage(Row, frozen=True, kw_only=True):
    """One image that is pulled.

    Attributes:
        blobs: How many blobs it has, each once.
        bytes: Of all of them.
        alone_bytes: What moves if only it is pulled.
        after_bytes: What moves if those before it were pulled; these sum to `moved_bytes`.
    """

    image: ImageName
    blobs: int
    bytes: int | None
    alone_bytes: int | None
    after_bytes: int | None


class PulledBlob(Row, frozen=True, kw_only=True):
    """One blob that the images need.

    Attributes:
        digest: None where the archive holds no blob as a registry has it.
        foreign: A layer that clients get from elsewhere.
        held: Whether it is there, by digest; None if that cannot be known.
        held_by_diff_id: Whether it or a layer of its DiffID is there.
        held_by_chain_id: Whether it or every snapshot that is made of it is there.
        images: Those that need it.
    """

    kind: BlobKind
    digest: str | None
    diff_id: str | None
    bytes: int | None
    foreign: bool
    held: bool | None
    held_by_diff_id: bool | None
    held_by_chain_id: bool | None
    images: list[int]


class SnapshotRow(Row, frozen=True, kw_only=True):
    """One snapshot that the images are made of.

    Attributes:
        chain_id: None if a DiffID below is not known.
        uncompressed_bytes: Of the layer's tar.
        snapshot_bytes: What docker's overlay2 store counts for it.
        held: Whether it is unpacked already; None if that cannot be known.
        images: Those that need it.
    """

    chain_id: str | None
    diff_id: str | None
    uncompressed_bytes: int | None
    snapshot_bytes: int | None
    held: bool | None
    images: list[int]


class BlobSum(Row, frozen=True, kw_only=True):
    """The blobs of one kind, or of all.

    Attributes:
        blobs: How many are needed: those held, those moved and those of which nobody can know.
        bytes: Of all of them.
    """

    kind: Literal["layer", "config", "manifest", "all"]
    blobs: int
    held_blobs: int
    moved_blobs: int
    unknown_blobs: int
    bytes: int | None
    held_bytes: int | None
    moved_bytes: int | None


class SnapshotSum(Row, frozen=True, kw_only=True):
    """What a node unpacks.

    Attributes:
        snapshots: How many are needed: those held, those unpacked, those of which nobody can know.
        uncompressed_bytes: Of the tars of all of them.
        unpacked_bytes: Of the tars that are unpacked.
        unpacked_snapshot_bytes: The same as docker's overlay2 store counts it.
    """

    snapshots: int
    held: int
    unpacked: int
    unknown: int
    uncompressed_bytes: int | None
    unpacked_bytes: int | None
    unpacked_snapshot_bytes: int | None


class PlanPullDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-pull/1` document.

    Attributes:
        images: What is pulled, in order.
        have: The images that are there.
        moved_blobs: How many blobs move, by digest.
        moved_bytes: Their bytes.
        moved_bytes_by_diff_id: What moves if layers of a DiffID that is there do not.
        moved_bytes_by_chain_id: What moves if layers whose snapshots are there do not.
        sums: For each kind of blob, then for all.
        blobs: Each once, in the order in which the images need them.
        snapshots: Likewise, base first.
    """

    tool: Tool
    images: list[PulledImage]
    have: list[ImageName]
    moved_blobs: int | None
    moved_bytes: int | None
    moved_bytes_by_diff_id: int | None
    moved_bytes_by_chain_id: int | None
    sums: list[BlobSum]
    unpacking: SnapshotSum
    blobs: list[PulledBlob]
    snapshots: list[SnapshotRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-pull/1"] = "layerscope.plan-pull/1"


def plan_pull_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    frames: Frames,
    documents: pd.DataFrame,
    *,
    wanted: Sequence[int],
    have: Sequence[int],
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> PlanPullDocument:
    """The document of a pull.

    Args:
        tool: Which program writes it.
        rows: The images of the fleet, each as in a report.
        frames: The tables of the same images.
        documents: The table `fleet.registry_blobs.DOCUMENTS` of the same images.
        wanted: The images to pull, in order.
        have: The images that are there.
        skipped: What was left out.
        faults: What is wrong.
    """
    plan = pull(frames, documents, wanted, have)
    at = Positions(frames, wanted)
    blobs = plan.blobs
    sums = [_sum(kind, blobs[blobs["kind"] == kind]) for kind in _kinds()] + [_sum("all", blobs)]
    return PlanPullDocument(
        tool=tool,
        images=[
            PulledImage(**{**row, "image": image_name(rows[row["image"]])})
            for row in plain_rows(plan.images)
        ],
        have=[image_name(rows[image]) for image in have],
        moved_blobs=None if sums[-1].unknown_blobs else sums[-1].moved_blobs,
        moved_bytes=sums[-1].moved_bytes,
        moved_bytes_by_diff_id=sum_of(blobs["bytes"], ~blobs["held_by_diff_id"]),
        moved_bytes_by_chain_id=sum_of(blobs["bytes"], ~blobs["held_by_chain_id"]),
        sums=sums,
        unpacking=_unpacking(plan.snapshots),
        blobs=[PulledBlob(**{**row, "images": at.of(row["images"])}) for row in plain_rows(blobs)],
        snapshots=[
            SnapshotRow(**{**row, "images": at.of(row["images"])})
            for row in plain_rows(plan.snapshots.drop(columns="holders"))
        ],
        skipped=list(skipped),
        faults=list(faults),
    )


def _kinds() -> list[BlobKind]:
    return ["layer", "config", "manifest"]


def _sum(kind: Literal["layer", "config", "manifest", "all"], blobs: pd.DataFrame) -> BlobSum:
    there = blobs["held"]
    unknown = int(there.isna().sum())
    held = int(there.sum())
    return BlobSum(
        kind=kind,
        blobs=len(blobs),
        held_blobs=held,
        moved_blobs=len(blobs) - held - unknown,
        unknown_blobs=unknown,
        bytes=sum_of(blobs["bytes"]),
        held_bytes=sum_of(blobs["bytes"], there),
        moved_bytes=sum_of(blobs["bytes"], ~there),
    )


def _unpacking(snapshots: pd.DataFrame) -> SnapshotSum:
    there = snapshots["held"]
    unknown = int(there.isna().sum())
    held = int(there.sum())
    return SnapshotSum(
        snapshots=len(snapshots),
        held=held,
        unpacked=len(snapshots) - held - unknown,
        unknown=unknown,
        uncompressed_bytes=sum_of(snapshots["uncompressed_bytes"]),
        unpacked_bytes=sum_of(snapshots["uncompressed_bytes"], ~there),
        unpacked_snapshot_bytes=sum_of(snapshots["snapshot_bytes"], ~there),
    )
