"""`layerscope plan pull`: what a pull would move and unpack."""

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
def pull(
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
        typer.Option("--have", metavar="IMAGE…", help="What is there already."),
    ] = None,
) -> int:
    """What a pull would move and unpack, given what is there.

    Blobs move: layers, configs and manifests, each once. What `docker save` wrote uncompressed has
    no known size as a blob of a registry.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.plan_transfer import plan_pull  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_pull(images, have or [], **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
