"""`layerscope plan push`: what a push would upload, mount or leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.commands.plan.reading import GatheringCommand, reading_images
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.streams import Look, Targets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_push(images, have or [], to=to, **how)

    def as_text(look: Look) -> list[bytes]:
        from layerscope.render.plan_push_text import (  # noqa: PLC0415 - JSON needs no rich
            plan_push_text,
        )

        look_at = {"verbose": common.verbose, "styled": look.styled}
        return [plan_push_text(document, width=look.width, **look_at)]

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.images:
        renderers[Format.TEXT] = as_text
    targets.deliver(renderers)
    return say_faults(document.faults)
