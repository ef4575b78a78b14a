"""From inputs to the report: the main journey."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.journeys.remembering import keep, memory_of
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.files.columns import FileColumns
    from layerscope.journeys.layer_tasks import Scanner
    from layerscope.oci.platform import Platform
    from layerscope.report.document import Report
    from layerscope.sources.limits import Limits


@dataclass(frozen=True, slots=True)
class Analysis:
    """A report, and the file tables of each image's layers, None where one was not read."""

    report: Report
    columns: list[list[FileColumns] | None]


def analyze(
    inputs: Sequence[str],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    dive: bool = False,
    tables: Collection[str] = (),
    catalog: Catalog | None = None,
    verify: bool = False,
    scanner: Scanner | None = None,
) -> Analysis:
    """The report on all images of the inputs, every stored copy of a layer read and verified.

    With a catalog a layer is not read again whose archive was read before and was not written to
    since; `verified` of such a layer is `remembered`, and all else is the same.

    Args:
        inputs: As a user names them: paths, globs, `@list.txt`, `-`, each with or without a
            transport.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        dive: Whether dive's numbers are wanted beside the honest ones.
        tables: Names of `journeys.tables.TABLES` that the report is to hold.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.
        scanner: Who reads layers instead of processes of this program.

    Raises: `UsageError` for an input that makes no sense as one. What is wrong with an input is a
        row of `faults`.
    """
    opened = with_no_image_faults(
        open_inputs(inputs, platform=platform, limits=limits, stdin=stdin)
    )
    memory = memory_of(catalog, limits, verify=verify, packages="packages" in tables)
    outcomes = read_layers(
        opened,
        jobs=jobs,
        limits=limits,
        columns=True,
        progress=progress,
        meanwhile=_load_report,
        memory=memory,
        scanner=scanner,
    )
    from layerscope.analysis.facts import FactOptions  # noqa: PLC0415 - see `_load_report`
    from layerscope.journeys.understand import tables_of, understand  # noqa: PLC0415 - the same
    from layerscope.report.from_results import build  # noqa: PLC0415 - the same

    options = FactOptions(dive=dive, keep_trees=bool(tables))
    facts = understand(opened, outcomes, limits, options)
    columns = [
        tables_of(outcomes, place, at, len(image.layers))
        for place, one in enumerate(opened)
        for at, image in enumerate(one.images)
    ]
    found = None
    if tables:
        from layerscope.journeys.tables import tables as filled  # noqa: PLC0415 - few ask for them

        found, problems = filled(tables, opened, facts, limits)
        for place, problem in problems.items():
            facts[place] = replace(facts[place], problem=problem)
    if memory is not None:
        keep(memory, opened, outcomes)
    return Analysis(build(opened, outcomes, facts, found), columns)


def _load_report() -> None:
    """Loads what comes next, which takes a while, when there is nothing else to do."""
    import layerscope.journeys.understand  # noqa: PLC0415 - see above
    import layerscope.report.from_results  # noqa: PLC0415 - the same
    import layerscope.report.store  # noqa: F401, PLC0415 - the same
