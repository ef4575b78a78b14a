"""`layerscope plan remove`: what removing images would free."""

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
def remove(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="IMAGE…", help="What stays."),
    ] = None,
) -> int:
    """What removing images would really free, and what stays because of whom.

    Bytes are those of a registry and of a node, where only the images given are. An image that is
    named for both is removed, so that --keep can name a whole folder.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.plan_transfer import plan_remove  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_remove(images, keep or [], **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
