"""`layerscope validate`: every fault of every input."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
    CommonOptions,
    FileOptions,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def validate(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """All that is wrong with documents, digests, sizes and tars.

    The exit status is 0 if nothing is, else 3.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.validate import validate as verdict_on  # noqa: PLC0415 - not for --help

    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = verdict_on(
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
        )
    targets.deliver(renderers_of(document))
    return say_faults(document.faults)
