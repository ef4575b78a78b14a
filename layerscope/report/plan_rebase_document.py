"""The document `layerscope.plan-rebase/1`: what putting images on another base would do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_parts import (
    EffectRow,
    StackLayerRow,
    StackSizesRow,
    layer_row,
    path_text,
    sizes_row,
)

if TYPE_CHECKING:
    from layerscope.fleet.rebase import OldBase, Rebase
    from layerscope.fleet.rebase_conflicts import Conflict
    from layerscope.report.document import ImageRow


class OldBaseRow(Row, frozen=True, kw_only=True):
    """What an image is built on, and what tells of it.

    Attributes:
        layers: How many layers, from the first, are replaced.
        how: `given`: an image that the user named. `count`: a number that the user gave. `layers`:
            the image among those given with the most layers that this one begins with. `label`:
            what buildpacks wrote of the run image. `history`: a record names the base.
        image: The base, if it is among the images given.
    """

    layers: int
    how: Literal["given", "count", "layers", "label", "history"]
    image: ImageName | None


class ConflictRow(Row, frozen=True, kw_only=True):
    """One thing that an upper layer does to the new base, and did not to the old one.

    Attributes:
        path: What it is about; of a whiteout what it hides, of `moved-by-link` the directory.
        by: What the upper layer has there: a member, a whiteout or an opaque marker.
        layer: Index of that layer in the image as it is.
        paths: How many paths of the new base (of `moved-by-link`: members of the layer) that is.
        hidden_bytes: Content of the new base's files that is hidden.
        examples: The first of those paths, ten at the most, if they are others than `path`; of
            `moved-by-link` the directory in which members would lie; of hard links the target.
        database: The package database that is hidden: what the new base lists there is not found.
    """

    path: str
    kind: Literal[
        "overwritten-update",
        "overwritten-new",
        "overwritten-attributes",
        "file-over-directory",
        "directory-over-file",
        "deleted-update",
        "deleted-new",
        "dangling-whiteout",
        "link-target-gone",
        "link-target-changed",
        "moved-by-link",
    ]
    by: Literal["member", "whiteout", "opaque"]
    layer: int
    paths: int
    hidden_bytes: int
    examples: list[str]
    database: Literal["dpkg", "apk", "rpm"] | None


class RebasedImage(Row, frozen=True, kw_only=True):
    """One image on its new base.

    Attributes:
        onto: The new base: of those given, the one for the platform of the image.
        platform_differs: Whether that is for another platform, which the user allowed.
        kept_base_layers: With how many equal layers the two bases begin.
        before: Sizes of the image as it is.
        after: Sizes of the result, which may have more layers or fewer: compare with care.
        layers: The result, base first; `base_layers` of them are the new base's.
        gone_snapshots: ChainIDs that the image has and the result has not; None if not known.
        new_snapshots: ChainIDs that a node has to unpack, whatever it has pulled.
        new_snapshot_bytes: Bytes of the tars of those.
        pull_blobs: How many blobs a node that holds the image has to pull.
        pull_bytes: Their bytes; the new config and manifest are not counted.
        conflicts: By path; None if the files of image and bases are not at hand.
    """

    image: ImageName
    onto: ImageName
    platform_differs: bool
    old_base: OldBaseRow
    base_layers: int
    kept_base_layers: int
    before: StackSizesRow
    after: StackSizesRow
    layers: list[StackLayerRow]
    gone_snapshots: list[str] | None
    new_snapshots: list[str] | None
    new_snapshot_bytes: int | None
    pull_blobs: int | None
    pull_bytes: int | None
    conflicts: list[ConflictRow] | None


class AffectedImage(Row, frozen=True, kw_only=True):
    """An image among all given that lies on an old base, and so misses what the new one brings.

    Attributes:
        base: ChainID of the old base's last layer.
        upper_layers: How many layers lie on it.
        rebased: Whether the plan moves it.
    """

    image: ImageName
    base: str
    upper_layers: int
    rebased: bool


class PlanRebaseDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-rebase/1` document.

    Attributes:
        images: In the order of the inputs; one manifest under several names once.
        affected: All images given that lie on one of the old bases, the bases left out.
        stored: What all images given store together before and after.
    """

    tool: Tool
    images: list[RebasedImage]
    affected: list[AffectedImage]
    stored: list[EffectRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-rebase/1"] = "layerscope.plan-rebase/1"


def rebased_image(
    image: ImageRow,
    onto: ImageRow,
    base: tuple[OldBase, ImageRow | None],
    plan: Rebase,
    found: list[Conflict] | None,
    *,
    platform_differs: bool,
) -> RebasedImage:
    """The row of one image.

    Args:
        image: The image.
        onto: The new base.
        base: The old base, and its row if it is among the images given.
        plan: What becomes of the layers.
        found: Conflicts, or None if they are not known.
        platform_differs: Whether the new base is for another platform.
    """
    old, row = base
    return RebasedImage(
        image=image_name(image),
        onto=image_name(onto),
        platform_differs=platform_differs,
        old_base=OldBaseRow(layers=old.layers, how=old.how, image=image_name(row) if row else None),
        base_layers=plan.base_layers,
        kept_base_layers=plan.kept_base_layers,
        before=sizes_row(plan.before),
        after=sizes_row(plan.after),
        layers=[layer_row(index, layer) for index, layer in enumerate(plan.result)],
        gone_snapshots=None if plan.gone_snapshots is None else list(plan.gone_snapshots),
        new_snapshots=None if plan.new_snapshots is None else list(plan.new_snapshots),
        new_snapshot_bytes=plan.new_snapshot_bytes,
        pull_blobs=plan.pull_blobs,
        pull_bytes=plan.pull_bytes,
        conflicts=None if found is None else [_conflict_row(one) for one in found],
    )


def _conflict_row(one: Conflict) -> ConflictRow:
    return ConflictRow(
        path=path_text(one.path),
        kind=one.kind,
        by=one.by,
        layer=one.layer,
        paths=one.paths,
        hidden_bytes=one.hidden_bytes,
        examples=[path_text(path) for path in one.examples],
        database=one.database,
    )
