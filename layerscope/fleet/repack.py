"""New layers for images that hold the same files: `layerscope plan repack`.

    found = repack(images, updates, max_layers=20)

What images hold once finished is looked at, not how they came to it: `repack_entries` makes one
entry of equal ones, `repack_signatures` groups them by the images that hold them, `repack_merge`
keeps the number of layers, `repack_layout` makes layers that unpack to the same trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.fleet.repack_entries import Entries, LeftOut
from layerscope.fleet.repack_layout import Layout, Planner
from layerscope.fleet.repack_signatures import signatures
from layerscope.fleet.repack_totals import LayerSizes, StackTotals, stack_totals
from layerscope.fleet.tar_form import END_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns


@dataclass(frozen=True, slots=True)
class LayerNow:
    """A layer as an image has it today; sizes are in bytes."""

    diff_id: str
    content_bytes: int
    tar_bytes: int
    columns: FileColumns


@dataclass(frozen=True, slots=True)
class Planned:
    """A layout and what it costs."""

    layout: Layout
    totals: StackTotals


@dataclass(frozen=True, slots=True, repr=False)
class Repacked:
    """What was found for a fleet.

    Attributes:
        left_out: For each image why it is in no plan; None if it is in.
        images: The images in the plan, by their positions in the fleet; all that follows counts
            among these.
        updates: Pairs of positions among `images`: the old version, the new one.
        entries: What they consist of.
        signatures: How many different sets of images hold an entry.
        now: The layers as they are.
        hidden_bytes: Of the content that a registry stores now, what no image shows.
        lower_bound: Each entry of any image once, in one tar: no layers take less, however many.
        planned: With no more than `max_layers` layers in any image.
        as_many: With no more layers in each image than it has now; None if the limits are the same.
    """

    left_out: list[LeftOut | None]
    images: list[int]
    updates: list[tuple[int, int]]
    entries: Entries
    signatures: int
    now: StackTotals
    hidden_bytes: int
    lower_bound: LayerSizes
    planned: Planned
    as_many: Planned | None


def repack(
    images: Sequence[Sequence[LayerNow] | None],
    updates: Sequence[tuple[int, int]],
    *,
    max_layers: int,
    ignore_times: bool = False,
) -> Repacked:
    """New layers for images, and what they save.

    Args:
        images: For each image its layers, base first; None if they are not all at hand.
        updates: Pairs of images of which the second is the next version of the first.
        max_layers: How many layers an image may have, at least 1.
        ignore_times: Whether entries are the same that differ in nothing but their times.
    """
    entries = Entries(ignore_times)
    left_out: list[LeftOut | None] = []
    stacks: list[list[str]] = []
    sizes: dict[str, LayerSizes] = {}
    place: dict[int, int] = {}
    for number, layers in enumerate(images):
        if layers is None:
            left_out.append("not-read")
            continue
        why = entries.add([(layer.diff_id, layer.columns) for layer in layers])
        left_out.append(why)
        if why is None:
            place[number] = len(stacks)
            stacks.append([layer.diff_id for layer in layers])
            for layer in layers:
                sizes[layer.diff_id] = LayerSizes(layer.content_bytes, layer.tar_bytes)
    pairs = [(place[old], place[new]) for old, new in updates if old in place and new in place]
    found = signatures(entries)
    planner = Planner(entries, found, pairs)
    now = [max(1, len(stack)) for stack in stacks]
    wanted = [max_layers] * len(stacks)
    totals = stack_totals(stacks, sizes, pairs)
    content = sum(map(entries.content_bytes, range(len(entries.names))))
    tar = int(entries.tar_bytes().sum()) + END_BYTES
    seen = sum(
        size
        for columns, marks in zip(entries.tables, entries.seen, strict=True)
        for size, mark in zip(columns.size_bytes, marks, strict=True)
        if mark
    )
    return Repacked(
        left_out=left_out,
        images=list(place),
        updates=pairs,
        entries=entries,
        signatures=len(found.members),
        now=totals,
        hidden_bytes=totals.registry.content_bytes - seen,
        lower_bound=LayerSizes(content, tar) if entries.names else LayerSizes(),
        planned=_planned(planner, wanted, pairs),
        as_many=None if now == wanted else _planned(planner, now, pairs),
    )


def _planned(
    planner: Planner, limits: Sequence[int], updates: Sequence[tuple[int, int]]
) -> Planned:
    layout = planner.layout(limits)
    sizes = {
        at: LayerSizes(layer.content_bytes, layer.tar_bytes)
        for at, layer in enumerate(layout.layers)
    }
    return Planned(layout, stack_totals(layout.stacks, sizes, updates))
