"""New layers for images that hold the same files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from layerscope.errors import OverLimitError
from layerscope.fleet.repack import LayerNow, repack
from layerscope.fleet.repack_totals import successions
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.report.answers import image_name
from layerscope.report.document import FaultRow
from layerscope.report.plan_repack_document import (
    PlanRepackDocument,
    RepackImage,
    RepackUpdate,
    bytes_row,
    costs_row,
    layouts_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.journeys.plan_transfer import Reading


def plan_repack(
    images: Sequence[str],
    *,
    max_layers: int,
    ignore_times: bool = False,
    **reading: Unpack[Reading],
) -> PlanRepackDocument:
    """The document of a plan. Images of saved reports are listed, but their files are not at hand.

    Args:
        images: Inputs; versions of one repository in the order in which they followed.
        max_layers: How many layers an image may have, at least 1.
        ignore_times: Whether files are the same that differ in nothing but their times.
        reading: How they are read.

    Raises: what `read_fleet` raises.
    """
    fleet = read_fleet(images, **reading)
    rows = fleet.rows
    updates = successions([row.names for row in rows], [str(row.platform) for row in rows])
    found = repack(
        [_layers(fleet, at) for at in range(len(rows))],
        updates,
        max_layers=max_layers,
        ignore_times=ignore_times,
    )
    unlike = dict(zip(found.images, found.entries.unlike_engines, strict=True))
    return PlanRepackDocument(
        tool=fleet.tool,
        max_layers=max_layers,
        ignore_times=ignore_times,
        images=[
            RepackImage(
                image=image_name(row),
                layers=len(row.layers),
                left_out=left_out,
                engine_differs=unlike.get(at),
            )
            for at, (row, left_out) in enumerate(zip(rows, found.left_out, strict=True))
        ],
        updates=[
            RepackUpdate(old=found.images[old], new=found.images[new]) for old, new in found.updates
        ],
        entries=len(found.entries.names),
        signatures=found.signatures,
        lower_bound=bytes_row(found.lower_bound),
        hidden_bytes=found.hidden_bytes,
        now=costs_row(found.now),
        layouts=layouts_of(found, [len(rows[at].layers) for at in found.images]),
        skipped=fleet.skipped,
        faults=[
            *fleet.faults,
            *(
                FaultRow(
                    input=row.input,
                    code=OverLimitError.code,
                    message="the tree of its layers is larger than any engine unpacks",
                    image=row.index,
                )
                for row, left_out in zip(rows, found.left_out, strict=True)
                if left_out == "over-limit"
            ),
        ],
    )


def _layers(fleet: FleetInputs, image: int) -> list[LayerNow] | None:
    tables = fleet.file_tables(image)
    if tables is None:
        return None
    return [
        LayerNow(str(scan.diff_id), scan.content_bytes, scan.uncompressed_bytes, columns)
        for scan, columns in zip(fleet.scans[image], tables, strict=True)
        if scan is not None
    ]
