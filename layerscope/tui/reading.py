"""One image read for the explorer: its layers through the catalog, its facts, its report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerscope.analysis.facts import FactOptions
from layerscope.journeys.choose import image_or_faults
from layerscope.journeys.remembering import read_tables
from layerscope.journeys.understand import understand
from layerscope.report.from_results import build
from layerscope.tui.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.oci.platform import Platform
    from layerscope.report.document import FaultRow
    from layerscope.sources.limits import Limits


class Found(NamedTuple):
    """The model of the image, None if nobody can say what is in it; and what is wrong."""

    model: Model | None
    faults: list[FaultRow]


def read_model(
    text: str,
    *,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
) -> Found:
    """The model of the image that `text` names, every layer read and verified.

    Args:
        text: Names one image.
        platform: Only images for it; None means all.
        limits: What the input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.

    Raises: `UsageError` if there are several images, which its hint lists. What is wrong with the
        input is a fault.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    outcomes = read_tables(
        opened, catalog=catalog, verify=verify, limits=limits, jobs=jobs, progress=progress
    )
    facts = understand(opened, outcomes, limits, FactOptions(keep_trees=True))
    report = build(opened, outcomes, facts)
    tree = facts[0, 0].tree if opened[0].images else None
    if tree is None or tree.squashed is None:
        return Found(None, report.faults)
    return Found(Model(report.images[0], tree.squashed, tree.wasted), report.faults)
