"""`layerscope cat`: the bytes of a file."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
    CommonOptions,
    FileOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.streams import (
    flush_output,
    refuse_target,
    standard_input,
    standard_output,
    whole_file,
)
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, ReadOptions)
def cat(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    reading: ReadOptions,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file in the image.")],
    layer: Annotated[
        int | None,
        typer.Option("--layer", min=0, metavar="N", help="As this layer stores it; 0 is the base."),
    ] = None,
) -> int:
    """The bytes of a file, as a container of the image sees it.

    Links of both kinds are followed inside the image. Whole layers are verified before the first
    byte is written: the one of --layer, else all.
    """
    from layerscope.journeys.content import write_content  # noqa: PLC0415 - not for --help

    def copy(write: Callable[[bytes | memoryview], object]) -> int:
        # On a terminal that shows the file, a line that comes and goes would wipe out part of it.
        shown = files.output is None and sys.stdout is not None and sys.stdout.isatty()
        with Progress(quiet=common.quiet or shown, verbose=common.verbose) as progress:
            faults = write_content(
                image,
                path,
                write,
                layer=layer,
                platform=reading.wanted_platform(),
                limits=reading.limits(),
                jobs=reading.jobs,
                stdin=standard_input(),
                progress=progress,
            )
        return say_faults(faults)

    if files.output is None:
        try:
            return copy(standard_output())
        finally:
            flush_output()
    refuse_target(files.output, force=files.force)
    with whole_file(files.output, force=files.force) as stream:
        return copy(stream.write)
