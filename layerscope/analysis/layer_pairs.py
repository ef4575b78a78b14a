"""Which layers of two images correspond: by DiffID, then by the instruction that made them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.alignment import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """What is known of a layer of one image: its DiffID and its instruction, None where unknown."""

    diff_id: str | None
    created_by: str | None


@dataclass(frozen=True, slots=True)
class LayerPair:
    """A layer of the old image, of the new one, or one of each that correspond, by their indexes.

    `matched_by` is None where there is only one.
    """

    old: int | None
    new: int | None
    matched_by: Literal["diff-id", "instruction"] | None


def pair_layers(old: Sequence[LayerFacts], new: Sequence[LayerFacts]) -> list[LayerPair]:
    """Each layer of both images once, from the base up; what went stands before what came.

    Layers with equal DiffIDs are aligned first, in order; of those between two such pairs, the
    ones with equal instructions. A layer whose DiffID or instruction is unknown equals none.
    """
    pairs: list[LayerPair] = []
    left = right = 0
    anchors = aligned(
        [layer.diff_id or ("old", number) for number, layer in enumerate(old)],
        [layer.diff_id or ("new", number) for number, layer in enumerate(new)],
    )
    for old_end, new_end in [*anchors, (len(old), len(new))]:
        pairs += _between(old, range(left, old_end), new, range(right, new_end))
        if old_end < len(old) and new_end < len(new):
            pairs.append(LayerPair(old_end, new_end, "diff-id"))
        left, right = old_end + 1, new_end + 1
    return pairs


def shared_base(old: Sequence[LayerFacts], new: Sequence[LayerFacts]) -> int:
    """How many layers both images have in common from the base up, by DiffID."""
    count = 0
    for before, after in zip(old, new, strict=False):
        if before.diff_id is None or before.diff_id != after.diff_id:
            break
        count += 1
    return count


def _between(
    old: Sequence[LayerFacts], lefts: range, new: Sequence[LayerFacts], rights: range
) -> list[LayerPair]:
    anchors = aligned(
        [old[number].created_by or ("old", number) for number in lefts],
        [new[number].created_by or ("new", number) for number in rights],
    )
    pairs: list[LayerPair] = []
    left = right = 0
    for old_end, new_end in [*anchors, (len(lefts), len(rights))]:
        pairs += [LayerPair(lefts[number], None, None) for number in range(left, old_end)]
        pairs += [LayerPair(None, rights[number], None) for number in range(right, new_end)]
        if old_end < len(lefts) and new_end < len(rights):
            pairs.append(LayerPair(lefts[old_end], rights[new_end], "instruction"))
        left, right = old_end + 1, new_end + 1
    return pairs
