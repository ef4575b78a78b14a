"""`layerscope plan rebase`: what putting images on another base would do."""

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
from layerscope.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def rebase(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    onto: Annotated[str, typer.Option("--onto", metavar="IMAGE", help="The new base.")],
    old: Annotated[
        str | None,
        typer.Option("--from", metavar="IMAGE", help="The old base, if nothing else tells."),
    ] = None,
    old_layers: Annotated[
        int | None,
        typer.Option("--from-layers", min=0, metavar="N", help="How many layers it has."),
    ] = None,
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="IMAGE", help="What else is there; repeatable."),
    ] = None,
    any_platform: Annotated[
        bool, typer.Option("--any-platform", help="A base for another platform will do.")
    ] = False,
) -> int:
    """What putting images on another base moves and stores, and where layers do not fit on it.

    The layers above the old base stay as they are; nothing is run again. Conflicts are paths that
    these layers hide, delete or link to, and that the new base changed. The old base is the image
    given that an image begins with, else what its labels or its history say.
    """
    targets = Targets.of(common, files, formats)
    if old is not None and old_layers is not None:
        raise UsageError("expected --from or --from-layers, found both")
    from layerscope.journeys.plan_rebase import plan_rebase  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_rebase(
            images,
            onto,
            old=old,
            old_layers=old_layers,
            among=among or [],
            any_platform=any_platform,
            **how,
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
