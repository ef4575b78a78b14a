"""Images of many inputs and of saved reports, read once: what each question of a fleet asks of.

Inputs come in groups (`plan pull IMAGE… --have IMAGE…`): what all groups hold is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from layerscope.analysis.bases import bases
from layerscope.fleet.frames import frames_of_images, frames_of_report, joined
from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.journeys.saved_reports import saved_images, split_arguments
from layerscope.report.from_results import build
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.files.columns import FileColumns
    from layerscope.files.scan_layer import LayerScan
    from layerscope.fleet.frames import Frames
    from layerscope.journeys.layer_tasks import Scanner
    from layerscope.oci.platform import Platform
    from layerscope.report.document import FaultRow, ImageRow, SkippedRow, Tool
    from layerscope.sources.image import Image, OpenedInput
    from layerscope.sources.limits import Limits


@dataclass(frozen=True, slots=True, repr=False)
class FleetInputs:
    """The images of a fleet: those at hand in the order of the groups, then those of reports.

    Attributes:
        tool: Which program read them.
        rows: Every image, as in a report.
        groups: For each image the group of inputs that it was named in: 0, 1 …
        images: The images at hand: as many as there are, they are the first of `rows`.
        scans: For each image at hand what reading each of its layers found, None for a layer that
            is damaged or not there; with `columns` if those were asked for.
        frames: The tables of all images, in the same order.
        skipped: What was left out.
        faults: What is wrong.
    """

    tool: Tool
    rows: list[ImageRow]
    groups: list[int]
    images: list[Image]
    scans: list[list[LayerScan | None]]
    frames: Frames
    skipped: list[SkippedRow]
    faults: list[FaultRow]

    def __repr__(self) -> str:
        """How many images there are."""
        return f"<FleetInputs of {len(self.rows)} images>"

    def in_group(self, group: int) -> list[int]:
        """Positions of the images of one group, in order."""
        return [at for at, own in enumerate(self.groups) if own == group]

    def file_tables(self, image: int) -> list[FileColumns] | None:
        """The file tables of an image's layers, base first; None unless all of them were read."""
        if image >= len(self.scans):
            return None
        tables = [scan.columns for scan in self.scans[image] if scan and scan.columns is not None]
        return tables if len(tables) == len(self.scans[image]) else None


def read_fleet(
    *groups: Sequence[str],
    columns: bool = True,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
    scanner: Scanner | None = None,
) -> FleetInputs:
    """The images of groups of inputs, every layer of those at hand read and verified.

    Args:
        groups: Inputs as a user names them: images, or reports that `analyze --format json` wrote.
        columns: Whether file tables are wanted.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.
        scanner: Who reads layers, if not processes of this program (`journeys.pool_cluster`).

    Raises: `UsageError` for an input that makes no sense as one; `BadDocumentError` for a report
        whose layers cannot be.
    """
    opened: list[OpenedInput] = []
    opened_groups: list[int] = []
    rows: list[ImageRow] = []
    row_groups: list[int] = []
    skipped: list[SkippedRow] = []
    faults: list[FaultRow] = []
    for group, inputs in enumerate(groups):
        texts, files = split_arguments(inputs)
        if texts:
            found = with_no_image_faults(
                open_inputs(texts, platform=platform, limits=limits, stdin=stdin)
            )
            opened += found
            opened_groups += [group for one in found for _ in one.images]
        saved = saved_images(files, platform)
        rows += saved.rows
        row_groups += [group] * len(saved.rows)
        skipped += saved.skipped
        faults += saved.faults
    memory = None
    if catalog is not None:
        from layerscope.journeys.memory import Memory  # noqa: PLC0415 - not without a catalog

        memory = Memory.of(catalog, limits, verify=verify, packages=False)
    outcomes = read_layers(
        opened,
        jobs=jobs,
        limits=limits,
        # Workers of a cluster put tables into the catalog themselves.
        columns=columns or (memory is not None and scanner is None),
        progress=progress,
        memory=memory,
        scanner=scanner,
    )
    if memory is not None:
        memory.keep(
            (opened[one].images[image].layers[layer], outcome.scan)
            for (one, image, layer), outcome in outcomes.items()
            if outcome.scan is not None
        )
    report = build(opened, outcomes)
    images = [image for one in opened for image in one.images]
    places = [(place, at) for place, one in enumerate(opened) for at in range(len(one.images))]
    outcomes_of = [
        [outcomes.get((*place, layer.index)) for layer in image.layers]
        for place, image in zip(places, images, strict=True)
    ]
    scans = [[outcome.scan if outcome else None for outcome in one] for one in outcomes_of]
    parts = [frames_of_images(images, scans, bases(images))] if opened or not rows else []
    if rows:
        parts.append(frames_of_report({"images": msgspec.to_builtins(rows)}))
    return FleetInputs(
        tool=report.tool,
        rows=[*report.images, *rows],
        groups=[*opened_groups, *row_groups],
        images=images,
        scans=scans,
        frames=joined(parts),
        skipped=[*report.skipped, *skipped],
        faults=[*report.faults, *faults],
    )
