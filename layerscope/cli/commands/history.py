"""`layerscope history`: what each instruction of an image cost."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
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
def history(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """What each instruction of an image cost, from the base up.

    Layers that no record speaks of are <missing>; those of committed containers are marked.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.history import history as history_of  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = history_of(
            image,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )
    targets.deliver(renderers_of(document))
    say_catalog(catalog, common)
    return say_faults(document.faults)
