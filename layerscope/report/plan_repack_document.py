"""The document `layerscope.plan-repack/1`: new layers for images, and what they would save.

Layouts are comparable only at equal numbers of layers: more layers share more. So each layout says
how many layers each image may have, how many it has, and how many it has now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.fleet.repack_entries import LeftOut  # noqa: TC001 - msgspec reads the types
from layerscope.report.answers import ImageName  # noqa: TC001 - msgspec reads the types
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_parts import path_text

if TYPE_CHECKING:
    from layerscope.fleet.repack import Planned, Repacked
    from layerscope.fleet.repack_layout import PlannedLayer
    from layerscope.fleet.repack_totals import LayerSizes, StackTotals

FIRST_PATHS = 5
"""How many paths of a layer are named."""


class RepackBytes(Row, frozen=True, kw_only=True):
    """Bytes of layers.

    Attributes:
        content_bytes: Of the regular files in them.
        uncompressed_bytes: Of their tars. Those of planned layers are written without padding to
            10 KiB and without user names, as `layerscope.fleet.tar_form` says.
        compressed_bytes: Always None: how far a layer that nobody has written can be compressed is
            not known, and a measured size would have nothing to be compared with.
    """

    content_bytes: int
    uncompressed_bytes: int
    compressed_bytes: int | None = None


class RepackCosts(Row, frozen=True, kw_only=True):
    """What the layers of all images in the plan cost; configs and manifests are not counted.

    Attributes:
        layers: How many different layers there are.
        registry: Each of them once, by DiffID.
        snapshots: How many different ChainIDs there are.
        node: What a node with all images holds: the layer of each ChainID once.
        updates: What each of `updates` of the document pulls: layers of the new version that the
            old one does not have.
        update: Their sum; None if there are no updates.
    """

    layers: int
    registry: RepackBytes
    snapshots: int
    node: RepackBytes
    updates: list[RepackBytes]
    update: RepackBytes | None


class RepackSaved(Row, frozen=True, kw_only=True):
    """Costs now less those of a layout; negative where the layout costs more."""

    registry: RepackBytes
    node: RepackBytes
    update: RepackBytes | None


class RepackLayer(Row, frozen=True, kw_only=True):
    """One layer of a layout.

    Attributes:
        images: Which images have it, as positions in `images` of the document; all that it holds
            is in all of them. How many there are is its popularity.
        files: How many regular files it holds, hard links to them not counted.
        entries: How many entries it holds; a file with several names is one.
        directories: How many of these are directories, most of them there to be on the way.
        signatures: How many different sets of images its files and links come from: 1, unless what
            several sets share is put together.
        updates_kept: Over how many of `updates` it stays: both versions have it.
        paths: The first of its paths that are no directories; if there are none, of directories.
    """

    images: list[int]
    files: int
    entries: int
    directories: int
    signatures: int
    updates_kept: int
    content_bytes: int
    uncompressed_bytes: int
    paths: list[str]


class RepackStack(Row, frozen=True, kw_only=True):
    """The layers of one image in a layout.

    Attributes:
        image: Its position in `images` of the document.
        most: How many layers it may have.
        layers: From the base up, positions in `layers` of the layout.
    """

    image: int
    most: int
    layers: list[int]


class RepackLayout(Row, frozen=True, kw_only=True):
    """New layers for all images in the plan.

    Attributes:
        name: `max-layers`: no image has more than `max_layers` of the document; `as-now`: none has
            more than it has now.
        same_limits_as_now: Whether every image may have exactly as many layers as it has now; only
            then is what is saved not owed to a larger or lost to a smaller number.
        images: One row for each image in the plan.
        layers: Those that most images have first, then the largest.
    """

    name: Literal["max-layers", "as-now"]
    same_limits_as_now: bool
    costs: RepackCosts
    saved: RepackSaved
    images: list[RepackStack]
    layers: list[RepackLayer]


class RepackImage(Row, frozen=True, kw_only=True):
    """One image.

    Attributes:
        layers: How many it has now.
        left_out: Why it is in no layout: `not-read` (damaged, or of a saved report, which holds no
            files), `over-limit`, `dangling-hard-link`, `unknown-entry-type`; None if it is in.
        engine_differs: How many of its paths engines unpack otherwise than umoci; layouts follow
            umoci. None if it is left out.
    """

    image: ImageName
    layers: int
    left_out: LeftOut | None
    engine_differs: int | None


class RepackUpdate(Row, frozen=True, kw_only=True):
    """Two versions of one repository, one after the other as given; positions in `images`."""

    old: int
    new: int


class PlanRepackDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-repack/1` document.

    Attributes:
        ignore_times: Whether files that differ in nothing but their times counted as one; the
            images then have other times than now.
        entries: How many different entries the finished images hold.
        signatures: How many different sets of images hold an entry: as many layers store each once.
        lower_bound: Each entry once: what no layers of these images can stay below.
        hidden_bytes: Content that a registry stores now and no image shows.
        now: What the layers cost as they are; where each was hidden or repeated is not asked.
        layouts: `max-layers`; and `as-now`, unless the limits are the same. Empty if no image is in
            the plan.
    """

    tool: Tool
    max_layers: int
    ignore_times: bool
    images: list[RepackImage]
    updates: list[RepackUpdate]
    entries: int
    signatures: int
    lower_bound: RepackBytes
    hidden_bytes: int
    now: RepackCosts
    layouts: list[RepackLayout]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-repack/1"] = "layerscope.plan-repack/1"


def bytes_row(sizes: LayerSizes) -> RepackBytes:
    """Sizes as a row."""
    return RepackBytes(content_bytes=sizes.content_bytes, uncompressed_bytes=sizes.tar_bytes)


def costs_row(totals: StackTotals) -> RepackCosts:
    """Sums as a row."""
    return RepackCosts(
        layers=totals.layers,
        registry=bytes_row(totals.registry),
        snapshots=totals.snapshots,
        node=bytes_row(totals.node),
        updates=[bytes_row(sizes) for sizes in totals.updates],
        update=bytes_row(totals.update) if totals.updates else None,
    )


def layouts_of(found: Repacked, layers_now: list[int]) -> list[RepackLayout]:
    """The rows of the layouts of a plan.

    Args:
        found: The plan.
        layers_now: For each image in the plan how many layers it has.
    """
    if not found.images:
        return []
    now = costs_row(found.now)
    rows = [_layout("max-layers", found, found.planned, now, layers_now)]
    if found.as_many is not None:
        rows.append(_layout("as-now", found, found.as_many, now, layers_now))
    return rows


def _layout(
    name: Literal["max-layers", "as-now"],
    found: Repacked,
    planned: Planned,
    now: RepackCosts,
    layers_now: list[int],
) -> RepackLayout:
    costs = costs_row(planned.totals)
    layout = planned.layout
    return RepackLayout(
        name=name,
        same_limits_as_now=layout.limits == layers_now,
        costs=costs,
        saved=RepackSaved(
            registry=_less(now.registry, costs.registry),
            node=_less(now.node, costs.node),
            update=_less(now.update, costs.update) if now.update and costs.update else None,
        ),
        images=[
            RepackStack(image=found.images[at], most=most, layers=stack)
            for at, (most, stack) in enumerate(zip(layout.limits, layout.stacks, strict=True))
        ],
        layers=[_layer(found, layer) for layer in layout.layers],
    )


def _layer(found: Repacked, layer: PlannedLayer) -> RepackLayer:
    named = [found.entries.names[entry] for entry in layer.entries or layer.directories]
    paths = sorted(path for names in named for path in names)
    held = set(layer.images)
    return RepackLayer(
        images=[found.images[at] for at in layer.images],
        files=layer.files,
        entries=len(layer.entries) + len(layer.directories),
        directories=len(layer.directories),
        signatures=layer.signatures,
        updates_kept=sum(held.issuperset(pair) for pair in found.updates),
        content_bytes=layer.content_bytes,
        uncompressed_bytes=layer.tar_bytes,
        paths=[path_text(path) for path in paths[:FIRST_PATHS]],
    )


def _less(now: RepackBytes, then: RepackBytes) -> RepackBytes:
    return RepackBytes(
        content_bytes=now.content_bytes - then.content_bytes,
        uncompressed_bytes=now.uncompressed_bytes - then.uncompressed_bytes,
    )
