"""The layer forest of all images given, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from layerscope.analysis.bases import bases
from layerscope.fleet.frames import frames_of_images, frames_of_report, joined
from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.journeys.saved_reports import saved_images, split_arguments
from layerscope.report.from_results import build
from layerscope.report.graph_document import GraphDocument, graph_document
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.fleet.frames import Frames
    from layerscope.journeys.pool import LayerOutcome, Place
    from layerscope.oci.platform import Platform
    from layerscope.report.document import ImageRow
    from layerscope.sources.image import OpenedInput
    from layerscope.sources.limits import Limits


def graph(
    inputs: Sequence[str],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GraphDocument:
    """The document of a fleet: images in the order of the inputs, then those of saved reports.

    Args:
        inputs: As a user names them: images, or reports that `analyze --format json` wrote.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.

    Raises: `UsageError` for an input that makes no sense as one; `BadDocumentError` for a report
        whose layers cannot be.
    """
    texts, files = split_arguments(inputs)
    opened: list[OpenedInput] = []
    if texts:
        opened = with_no_image_faults(
            open_inputs(texts, platform=platform, limits=limits, stdin=stdin)
        )
    outcomes = read_layers(opened, jobs=jobs, limits=limits, columns=True, progress=progress)
    report = build(opened, outcomes)
    saved = saved_images(files, platform)
    parts = [_opened_frames(opened, outcomes)] if opened or not saved.rows else []
    if saved.rows:
        parts.append(frames_of_report({"images": _plain(saved.rows)}))
    return graph_document(
        report.tool,
        [*report.images, *saved.rows],
        joined(parts),
        skipped=[*report.skipped, *saved.skipped],
        faults=[*report.faults, *saved.faults],
    )


def _opened_frames(opened: Sequence[OpenedInput], outcomes: dict[Place, LayerOutcome]) -> Frames:
    images = [image for one in opened for image in one.images]
    found = [
        [outcomes.get((place, at, layer.index)) for layer in image.layers]
        for place, one in enumerate(opened)
        for at, image in enumerate(one.images)
    ]
    scans = [[outcome.scan if outcome else None for outcome in one] for one in found]
    return frames_of_images(images, scans, bases(images))


def _plain(rows: Sequence[ImageRow]) -> object:
    return msgspec.to_builtins(rows)
