"""The documents of `plan squash`, `plan merge`, `plan split`: layers put together or apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.report.answers import ImageName  # noqa: TC001 - msgspec needs it at run time
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_parts import EffectRow, StackSizesRow, path_text

if TYPE_CHECKING:
    from layerscope.fleet.new_layer import NewLayer


class RefusedPath(Row, frozen=True, kw_only=True):
    """A path that keeps a layer from being written, and why."""

    path: str
    why: str


class NewLayerRow(Row, frozen=True, kw_only=True):
    """A layer that is yet to be written.

    Attributes:
        index: Its place in the result, 0 is the base.
        entries: How many members it has; None if files are not at hand.
        uncompressed_bytes: Of its tar, as layerscope would write it; None if it cannot be written.
        content_bytes: Of the regular files in it; None likewise.
        refused: What keeps it from being written.
    """

    index: int
    entries: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    refused: list[RefusedPath]


class SharedRow(Row, frozen=True, kw_only=True):
    """Bytes of an image's layers that another image given has too, before and after.

    By `blob` bytes are those of blobs, else those of tars; None if not known.
    """

    identity: Literal["blob", "diff_id", "chain_id"]
    before_bytes: int | None
    after_bytes: int | None


class ReshapedImage(Row, frozen=True, kw_only=True):
    """One image with other layers and the same files.

    Attributes:
        first_layer: Index of the lowest layer that is replaced.
        last_layer: Index of the highest one.
        replaced: Sizes of the layers that are replaced.
        new_layers: What comes in their place, the lowest first.
        before: Sizes of the image as it is.
        after: Sizes of the result, which has more layers or fewer: compare with care. How large a
            layer that nobody has written is when compressed is not known. None if it is not known
            how many layers a split would make.
        hidden_bytes: Content that the replaced layers have and the new ones have not, since none of
            it is seen from above them; None if not known.
        shared: What the image shares with others, by each identity.
        engine_differs: Paths at which engines and umoci disagree already; the plan keeps umoci's.
    """

    image: ImageName
    first_layer: int
    last_layer: int
    replaced: StackSizesRow
    new_layers: list[NewLayerRow]
    before: StackSizesRow
    after: StackSizesRow | None
    hidden_bytes: int | None
    shared: list[SharedRow]
    engine_differs: list[str]


class PlanSquashDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-squash/1` document: the upper layers of images, or all, become one.

    Attributes:
        images: In the order of the inputs; one manifest under several names once.
        stored: What all images given store together before and after.
    """

    tool: Tool
    images: list[ReshapedImage]
    stored: list[EffectRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-squash/1"] = "layerscope.plan-squash/1"


class PlanMergeDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-merge/1` document: some layers of images become one.

    Attributes:
        images: In the order of the inputs; one manifest under several names once.
        stored: What all images given store together before and after.
    """

    tool: Tool
    images: list[ReshapedImage]
    stored: list[EffectRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-merge/1"] = "layerscope.plan-merge/1"


class PlanSplitDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-split/1` document: a layer of images becomes several.

    Attributes:
        images: In the order of the inputs; one manifest under several names once.
        stored: What all images given store together before and after.
    """

    tool: Tool
    images: list[ReshapedImage]
    stored: list[EffectRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-split/1"] = "layerscope.plan-split/1"


PlanReshapeDocument = PlanSquashDocument | PlanMergeDocument | PlanSplitDocument


def new_layer_row(index: int, layer: NewLayer | None) -> NewLayerRow:
    """The row of a new layer; None is one of which the files are not at hand."""
    if layer is None:
        return NewLayerRow(
            index=index, entries=None, uncompressed_bytes=None, content_bytes=None, refused=[]
        )
    return NewLayerRow(
        index=index,
        entries=layer.entries,
        uncompressed_bytes=layer.uncompressed_bytes,
        content_bytes=layer.content_bytes,
        refused=[RefusedPath(path=path_text(one.path), why=one.why) for one in layer.refused],
    )
