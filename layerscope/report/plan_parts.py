"""What the documents of plans have in common: layers of a stack, its sizes, what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.fleet.stacks import IDENTITIES, effect
from layerscope.report.document import Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.stacks import Stack, StackLayer, StackSizes


class StackSizesRow(Row, frozen=True, kw_only=True):
    """How many layers an image has, and their bytes; None if one is not known.

    Attributes:
        compressed_bytes: Of the blobs that a registry stores.
        uncompressed_bytes: Of the tars.
        content_bytes: Of the regular files in them.
    """

    layers: int
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None


class StackLayerRow(Row, frozen=True, kw_only=True):
    """One layer of an image as it would be.

    Attributes:
        index: 0 is the base.
        digest: Of the blob; None if it is not known, or not written yet.
        chain_id: None likewise.
    """

    index: int
    digest: str | None
    diff_id: str | None
    chain_id: str | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    created_by: str | None


class EffectRow(Row, frozen=True, kw_only=True):
    """What all images given store together before and after the plan, each layer once.

    By `blob` bytes are those of blobs, else those of tars. None where a layer or a size is not
    known, such as the blob of a layer that is yet to be written.

    Attributes:
        gone_layers: How many layers no image holds afterwards; of the images given, none others.
        new_layers: How many layers no image held before.
    """

    identity: Literal["blob", "diff_id", "chain_id"]
    before_layers: int | None
    before_bytes: int | None
    after_layers: int | None
    after_bytes: int | None
    gone_layers: int | None
    gone_bytes: int | None
    new_layers: int | None
    new_bytes: int | None


def sizes_row(sizes: StackSizes) -> StackSizesRow:
    """Sizes as a row."""
    return StackSizesRow(**sizes._asdict())


def layer_row(index: int, layer: StackLayer) -> StackLayerRow:
    """A layer as a row."""
    return StackLayerRow(
        index=index,
        digest=layer.digest,
        diff_id=layer.diff_id,
        chain_id=layer.chain_id,
        compressed_bytes=layer.compressed_bytes,
        uncompressed_bytes=layer.uncompressed_bytes,
        content_bytes=layer.content_bytes,
        created_by=layer.created_by,
    )


def effect_rows(before: Sequence[Stack], after: Sequence[Stack]) -> list[EffectRow]:
    """What images store together, before and after, by each identity."""
    return [EffectRow(**effect(before, after, identity)._asdict()) for identity in IDENTITIES]


def path_text(path: bytes) -> str:
    """A path as documents hold it: bytes that are not UTF-8 are lone surrogates."""
    return path.decode("utf-8", "surrogateescape")
