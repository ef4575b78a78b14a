"""An image put on another base: which layers stay, which go, and what is stored and moved then.

The layers above the old base are put on those of the new one as they are: their tars, blobs and
DiffIDs stay, only the ChainIDs above change, and with them the snapshots that nodes unpack. Nothing
is run again. That is what `crane rebase` and the rebase of buildpacks do; whether the upper layers
fit on the new base is for `fleet.rebase_conflicts`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from layerscope.fleet.stacks import (
    Stack,
    StackLayer,
    common_layers,
    missing_bytes,
    sizes_of,
    stacked,
    total,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.stacks import StackSizes

How = Literal["given", "count", "layers", "label", "history"]
"""What tells how many layers the old base has: an image or a number that the user gave; an image
among those given that this one begins with; a label of buildpacks, or a record of the history."""

BUILDPACKS_LABEL = "io.buildpacks.lifecycle.metadata"
LABEL_CHARACTERS = 4 * 1024 * 1024
"""Longer labels are not read; those of images with hundreds of layers have some 100 kB."""


class OldBase(NamedTuple):
    """The layers of an image that are to be replaced.

    Attributes:
        layers: How many, from the first.
        how: What tells of it.
        image: Position of the base among the images given, or None.
    """

    layers: int
    how: How
    image: int | None = None


class Rebase(NamedTuple):
    """An image on another base.

    Attributes:
        result: Its layers afterwards.
        base_layers: How many of them are the new base's.
        old_base_layers: How many layers that replaces.
        kept_base_layers: With how many equal layers the two bases begin.
        before: Sizes of the image as it is.
        after: Sizes of the result.
        gone_snapshots: ChainIDs of the image that the result does not have, in order.
        new_snapshots: ChainIDs of the result that the image does not have, in order.
        new_snapshot_bytes: Bytes of the tars of those.
        pull_blobs: How many blobs a node that holds the image has to pull for the result.
        pull_bytes: Bytes of those; config and manifest are not counted.
    """

    result: Stack
    base_layers: int
    old_base_layers: int
    kept_base_layers: int
    before: StackSizes
    after: StackSizes
    gone_snapshots: tuple[str, ...] | None
    new_snapshots: tuple[str, ...] | None
    new_snapshot_bytes: int | None
    pull_blobs: int | None
    pull_bytes: int | None


def rebase(image: Stack, old_base_layers: int, onto: Stack) -> Rebase:
    """The image with its first layers replaced by those of another base.

    Args:
        image: The layers of the image.
        old_base_layers: How many of them are the old base.
        onto: The layers of the new base.
    """
    result = stacked((*onto, *image[old_base_layers:]))
    old, new = _chains(image), _chains(result)
    gone = come = None
    size = None
    if old is not None and new is not None:
        gone = tuple(chain for chain in old if chain not in new)
        come = tuple(chain for chain in new if chain not in old)
        size = total(new[chain].uncompressed_bytes for chain in come)
    blobs, bytes_moved = missing_bytes(result, image)
    return Rebase(
        result=result,
        base_layers=len(onto),
        old_base_layers=old_base_layers,
        kept_base_layers=common_layers(image[:old_base_layers], onto),
        before=sizes_of(image),
        after=sizes_of(result),
        gone_snapshots=gone,
        new_snapshots=come,
        new_snapshot_bytes=size,
        pull_blobs=blobs,
        pull_bytes=bytes_moved,
    )


def longest_base(image: Stack, others: Sequence[tuple[int, Stack]]) -> OldBase | None:
    """The other image with the most layers that this one begins with and goes on from.

    Of several the first counts; an image without layers is no base.
    """
    best: OldBase | None = None
    for position, other in others:
        count = len(other)
        if on_same_base(image, other) and (best is None or count > best.layers):
            best = OldBase(count, "layers", position)
    return best


def on_same_base(stack: Stack, base: Stack) -> bool:
    """Whether a stack begins with a base and has layers above it; None is equal to nothing."""
    return 0 < len(base) < len(stack) and common_layers(stack, base) == len(base)


def run_image_top(labels: object) -> str | None:
    """The DiffID of the base's last layer as buildpacks write it into a label, or None.

    Source: Cloud Native Buildpacks, platform specification, 'Rebaser' and 'Labels': `runImage` has
    `topLayer`. Annotations that name a base say which it was, not where it ends.
    """
    text = labels.get(BUILDPACKS_LABEL) if isinstance(labels, dict) else None
    if not isinstance(text, str) or len(text) > LABEL_CHARACTERS:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    run_image = value.get("runImage") if isinstance(value, dict) else None
    top = run_image.get("topLayer") if isinstance(run_image, dict) else None
    return top if isinstance(top, str) else None


def _chains(stack: Stack) -> dict[str, StackLayer] | None:
    """The layers by ChainID, in order; None if one is not known."""
    found: dict[str, StackLayer] = {}
    for layer in stack:
        if layer.chain_id is None:
            return None
        found[layer.chain_id] = layer
    return found
