"""`layerscope plan push`: what a push would upload, mount or leave alone."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.commands.plan.reading import GatheringCommand, reading_images
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

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=GatheringCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def push(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    have: Annotated[
        list[str] | None,
        typer.Option("--have", metavar="[NAME=]IMAGE…", help="What registries hold already."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="NAME", help="The repository to push to, if not the image's."),
    ] = None,
) -> int:
    """What a push would upload, and mount from other repositories.

    Each image goes to the repository of its first name; NAME= says in which repository an image
    is that has none. Images are pushed one after the other.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.plan_transfer import plan_push  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_push(images, have or [], to=to, **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
