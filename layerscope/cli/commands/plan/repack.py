"""`layerscope plan repack`: new layers for images that hold the same files."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.commands.plan.reading import reading_images
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def repack(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder."),
    ],
    max_layers: Annotated[
        int,
        typer.Option("--max-layers", min=1, metavar="K", help="Layers that an image may have."),
    ],
    ignore_times: Annotated[
        bool, typer.Option("--ignore-times", help="Files of other times alone are the same.")
    ] = False,
) -> int:
    """Which layers would store what images share once, and what that saves.

    The finished images stay as they are; only what lies in which layer changes. Images of one
    repository are its versions, in the order given: what an update pulls is counted for them.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.plan_repack import plan_repack  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_repack(images, max_layers=max_layers, ignore_times=ignore_times, **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
