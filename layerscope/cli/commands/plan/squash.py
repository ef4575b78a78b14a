"""`layerscope plan squash`: what squashing images would do."""

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
def squash(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    first: Annotated[
        int,
        typer.Option("--from-layer", min=0, metavar="N", help="The lowest layer; 0 is the base."),
    ] = 0,
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="IMAGE", help="What else is there; repeatable."),
    ] = None,
) -> int:
    """What making one layer of all, or of the upper ones, saves, and what is shared no more.

    The tar of the new layer is predicted to the byte, as layerscope itself would write it; how
    large it is when compressed is not known. What a container sees stays the same.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.plan_reshape import plan_squash  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_squash(images, first=first, among=among or [], **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
