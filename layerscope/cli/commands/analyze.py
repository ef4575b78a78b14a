"""`layerscope analyze`: the report on all images given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.cluster_options import ClusterOption, scanner_at
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.renderings import TABULAR, formats_of, renderers_of
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand
from layerscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.report.document import Report

FORMATS = formats_of("layerscope.report/1")
"""What a report can be written as when it is saved, too."""

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def analyze(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
    tables: Annotated[
        str,
        typer.Option(
            "--tables",
            metavar="NAMES",
            help="Put tables into the report: files,growth,packages; csv, ndjson and parquet"
            " hold one, else the layers.",
        ),
    ] = "",
    cluster: ClusterOption = None,
    *,
    dive: Annotated[
        bool, typer.Option("--dive", help="dive's numbers too, and why they differ.")
    ] = False,
) -> int:
    """Layers and sizes of images, what is wasted and why, and what they share.

    Every stored byte is read and compared with its digest, once: layers of archives that were not
    written to since are remembered. What cannot be read is listed beside what can, with exit
    status 3.
    """
    targets = Targets.of(common, files, formats, (*FORMATS, Format.DIVE_JSON))
    from layerscope.journeys.analyze import analyze as report_on  # noqa: PLC0415 - not for --help

    names: tuple[str, ...] = ()
    if tables:
        from layerscope.journeys.tables import table_names  # noqa: PLC0415 - few ask for them

        names = table_names(tables)
        refuse_for_one_table(names, targets.formats)
    catalog = reading.open_catalog()
    with (
        scanner_at(cluster, reading) as scanner,
        Progress(quiet=common.quiet, verbose=common.verbose) as progress,
    ):
        analysis = report_on(
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            dive=dive,
            tables=names,
            catalog=catalog,
            verify=reading.verify,
            scanner=scanner,
        )
    deliver_report(
        analysis.report,
        targets,
        verbose=common.verbose,
        columns=analysis.columns,
        table=names[0] if len(names) == 1 else None,
    )
    say_catalog(catalog, common)
    return say_faults(analysis.report.faults)


def refuse_for_one_table(names: Collection[str], formats: Iterable[Format]) -> None:
    """Nothing if the formats have room for the tables. Raises: `UsageError` if not."""
    tabular = TABULAR.intersection(formats)
    if tabular and len(names) > 1:
        raise UsageError(
            f"{min(tabular)} holds one table, found {', '.join(names)}",
            "--tables",
            hint="ask for one; render REPORT --tables NAME writes others of a report",
        )


def deliver_report(
    report: Report,
    targets: Targets,
    *,
    verbose: bool,
    columns: Sequence[Sequence[FileColumns] | None] = (),
    table: str | None = None,
) -> None:
    """Write the report to its targets. Raises: as `Targets.deliver` does.

    Also `UsageError` if dive's export is wanted of several images, since it holds one.
    """
    if Format.DIVE_JSON in targets.formats and len(report.images) > 1:
        raise UsageError(
            f"dive's export holds one image, found {len(report.images)}",
            hint="pick one: PATH:NAME or PATH:@N",
        )

    def as_dive_json(tables: Sequence[FileColumns]) -> Iterable[bytes]:
        from layerscope.render.dive_json import dive_json  # noqa: PLC0415 - few ask for it

        return dive_json(report.images[0], tables)

    renderers = renderers_of(report, verbose=verbose, table=table)
    first = columns[0] if columns else None
    if first is not None:
        renderers[Format.DIVE_JSON] = lambda _: as_dive_json(first)
    targets.deliver(renderers)
