"""The layer forest of all images given, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.report.graph_document import GraphDocument, graph_document
from layerscope.sources.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.journeys.layer_tasks import Scanner
    from layerscope.oci.platform import Platform
    from layerscope.sources.limits import Limits


def graph(
    inputs: Sequence[str],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
    scanner: Scanner | None = None,
) -> GraphDocument:
    """The document of a fleet: images in the order of the inputs, then those of saved reports.

    The arguments, and what is raised, are those of `journeys.fleet_inputs.read_fleet`.
    """
    fleet = read_fleet(
        inputs,
        columns=False,
        platform=platform,
        limits=limits,
        jobs=jobs,
        stdin=stdin,
        progress=progress,
        catalog=catalog,
        verify=verify,
        scanner=scanner,
    )
    return graph_document(
        fleet.tool, fleet.rows, fleet.frames, skipped=fleet.skipped, faults=fleet.faults
    )
