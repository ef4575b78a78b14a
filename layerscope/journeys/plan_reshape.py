"""What putting layers of images together, or taking one apart, would do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from layerscope.analysis.glob import Glob
from layerscope.errors import UsageError, shown
from layerscope.files.squash import squash
from layerscope.fleet.merge import merged
from layerscope.fleet.split import by_pattern, by_size, split
from layerscope.fleet.stacks import (
    IDENTITIES,
    StackLayer,
    shared_bytes,
    sizes_of,
    stack_of,
    stacked,
    total,
)
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.report.answers import image_name
from layerscope.report.plan_parts import effect_rows, path_text, sizes_row
from layerscope.report.plan_reshape_document import (
    PlanMergeDocument,
    PlanSplitDocument,
    PlanSquashDocument,
    ReshapedImage,
    SharedRow,
    new_layer_row,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.fleet.new_layer import NewLayer
    from layerscope.fleet.stacks import Stack
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.journeys.plan_transfer import Reading
    from layerscope.report.plan_parts import EffectRow

IMAGES, AMONG = range(2)
"""The groups of inputs."""


def plan_squash(
    images: Sequence[str],
    *,
    first: int = 0,
    among: Sequence[str] = (),
    **reading: Unpack[Reading],
) -> PlanSquashDocument:
    """The document of a squash: all layers from `first` up become one.

    Args:
        images: Inputs with the images.
        first: Index of the lowest layer that is squashed.
        among: Inputs with images that are there as well, and stay as they are.
        reading: How they are read.

    Raises: `UsageError` if an image has no such layer; what `read_fleet` raises.
    """
    fleet = read_fleet(images, among, **reading)
    rows, stored = _reshaped(fleet, lambda count: (first, max(count - 1, first)), _merged)
    return PlanSquashDocument(
        tool=fleet.tool, images=rows, stored=stored, skipped=fleet.skipped, faults=fleet.faults
    )


def plan_merge(
    images: Sequence[str],
    first: int,
    last: int,
    *,
    among: Sequence[str] = (),
    **reading: Unpack[Reading],
) -> PlanMergeDocument:
    """The document of a merge: the layers from `first` to `last` become one.

    Raises: `UsageError` if an image has no such layers; what `read_fleet` raises.
    """
    fleet = read_fleet(images, among, **reading)
    rows, stored = _reshaped(fleet, lambda _: (first, last), _merged)
    return PlanMergeDocument(
        tool=fleet.tool, images=rows, stored=stored, skipped=fleet.skipped, faults=fleet.faults
    )


def plan_split(
    images: Sequence[str],
    layer: int,
    *,
    patterns: Sequence[str] = (),
    most_bytes: int | None = None,
    among: Sequence[str] = (),
    **reading: Unpack[Reading],
) -> PlanSplitDocument:
    """The document of a split: a layer becomes several.

    Args:
        images: Inputs with the images.
        layer: Index of the layer.
        patterns: Globs (`analysis.glob`): what each fits comes into a layer of its own, above what
            none fits.
        most_bytes: Without patterns: how large the tar of a part may be.
        among: Inputs with images that are there as well, and stay as they are.
        reading: How they are read.

    Raises: `UsageError` if an image has no such layer, or a pattern is none; what `read_fleet`
        raises.
    """
    globs = [Glob(pattern) for pattern in patterns]
    fits = [(lambda path, glob=glob: bool(glob.matches([path]))) for glob in globs]

    def parts(tables: list[FileColumns], first: int, _: int) -> list[NewLayer]:
        columns = tables[first]
        chooser = by_pattern(columns, fits) if most_bytes is None else by_size(columns, most_bytes)
        return split(tables, first, chooser)

    fleet = read_fleet(images, among, **reading)
    rows, stored = _reshaped(fleet, lambda _: (layer, layer), parts)
    return PlanSplitDocument(
        tool=fleet.tool, images=rows, stored=stored, skipped=fleet.skipped, faults=fleet.faults
    )


def _merged(tables: list[FileColumns], first: int, last: int) -> list[NewLayer]:
    return [merged(tables, first, last)]


@dataclass(frozen=True, slots=True)
class _Change:
    """One image, which of its layers are replaced, and by what.

    `layers` is None if files are not at hand; `counted` says whether their number is known then.
    """

    image: int
    first: int
    last: int
    layers: list[NewLayer] | None
    counted: bool
    result: Stack


def _reshaped(
    fleet: FleetInputs,
    span: Callable[[int], tuple[int, int]],
    make: Callable[[list[FileColumns], int, int], list[NewLayer]],
) -> tuple[list[ReshapedImage], list[EffectRow]]:
    """The rows of all images, and what is stored before and after.

    Args:
        fleet: The images.
        span: Says which layers are replaced, given how many there are.
        make: Makes the new ones, given file tables and the span.
    """
    same = fleet.frames.images["same_as"].tolist()
    before = [stack_of(fleet.frames, at) for at in range(len(fleet.rows))]
    after = list(before)
    changes = []
    for at in dict.fromkeys(same[at] for at in fleet.in_group(IMAGES)):
        first, last = span(len(before[at]))
        if not 0 <= first <= last < len(before[at]):
            row = fleet.rows[at]
            raise UsageError(
                f"expected layers {first} to {last}, found {len(before[at])} from 0 on",
                shown(row.names[0] if row.names else row.input, 120),
            )
        tables = fleet.file_tables(at)
        layers = None if tables is None else make(tables, first, last)
        counted = layers is not None or make is _merged
        result = _result(before[at], first, last, layers, counted=counted)
        change = _Change(at, first, last, layers, counted, result)
        changes.append(change)
        for twin, one in enumerate(same):
            if one == at:
                after[twin] = change.result
    units = [at for at, one in enumerate(same) if at == one]
    old, new = [before[at] for at in units], [after[at] for at in units]
    rows = [_row(fleet, change, units.index(change.image), (old, new)) for change in changes]
    return rows, effect_rows(before, after) if rows else []


def _result(
    stack: Stack, first: int, last: int, layers: list[NewLayer] | None, *, counted: bool
) -> Stack:
    """The layers of the image afterwards. Equal layers on equal ones become equal layers."""
    if not counted:
        # One layer of which nothing is known, so that nothing is known of the whole.
        return stacked((*stack[:first], StackLayer(), *stack[last + 1 :]))
    count = 1 if layers is None else len(layers)
    names = [layer.chain_id or layer.diff_id or repr(layer) for layer in stack[: last + 1]]
    planned = [
        StackLayer(
            planned=f"{first} {count} {at} {names[-1]}",
            uncompressed_bytes=None if layers is None else layers[at].uncompressed_bytes,
            content_bytes=None if layers is None else layers[at].content_bytes,
        )
        for at in range(count)
    ]
    return stacked((*stack[:first], *planned, *stack[last + 1 :]))


def _row(
    fleet: FleetInputs, change: _Change, place: int, stacks: tuple[list[Stack], list[Stack]]
) -> ReshapedImage:
    old, new = stacks
    stack = old[place]
    replaced = sizes_of(stack[change.first : change.last + 1])
    made: list[NewLayer | None] = [None] if change.layers is None else [*change.layers]
    content = total(layer.content_bytes if layer else None for layer in made)
    hidden = None
    if content is not None and replaced.content_bytes is not None:
        hidden = replaced.content_bytes - content
    tables = fleet.file_tables(change.image)
    differs = sorted(squash(tables).engine_differs) if tables else []
    return ReshapedImage(
        image=image_name(fleet.rows[change.image]),
        first_layer=change.first,
        last_layer=change.last,
        replaced=sizes_row(replaced),
        new_layers=[new_layer_row(change.first + at, layer) for at, layer in enumerate(made)],
        before=sizes_row(sizes_of(stack)),
        after=sizes_row(sizes_of(change.result)) if change.counted else None,
        hidden_bytes=hidden,
        shared=[
            SharedRow(
                identity=identity,
                before_bytes=shared_bytes(old, place, identity),
                after_bytes=shared_bytes(new, place, identity),
            )
            for identity in IDENTITIES
        ],
        engine_differs=[path_text(path) for path in differs],
    )
