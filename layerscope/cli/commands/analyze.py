"""`layerscope analyze`: the report on all images given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

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
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from layerscope.report.document import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def analyze(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """Layers, sizes and history of images, and what they share.

    Every stored byte is read and compared with its digest. What cannot be read is listed beside
    what can, with exit status 3.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.analyze import analyze as report_on  # noqa: PLC0415 - not for --help

    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        report = report_on(
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
        )
    deliver_report(report, targets, verbose=common.verbose)
    return say_faults(report.faults)


def deliver_report(report: Report, targets: Targets, *, verbose: bool) -> None:
    """Write the report to its targets. Raises: as `Targets.deliver` does."""

    def as_text(width: int, *, styled: bool) -> list[bytes]:
        from layerscope.render.text import report_text  # noqa: PLC0415 - JSON needs no rich

        return [report_text(report, verbose=verbose, width=width, styled=styled)]

    def as_json() -> list[bytes]:
        from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

        return [dump(report)]

    targets.deliver(
        {
            Format.TEXT: lambda look: as_text(look.width, styled=look.styled),
            Format.JSON: lambda _: as_json(),
        }
    )
