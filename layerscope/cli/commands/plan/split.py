"""`layerscope plan split`: what making several layers of one would do."""

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
from layerscope.units import parse_bytes

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def split(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    layer: Annotated[
        int, typer.Option("--layer", min=0, metavar="N", help="Which layer; 0 is the base.")
    ],
    paths: Annotated[
        list[str] | None,
        typer.Option(
            "--path", metavar="GLOB", help="What comes into a layer of its own; repeatable."
        ),
    ] = None,
    most: Annotated[
        str | None,
        typer.Option("--max-bytes", metavar="SIZE", help="How large the tar of a part may be."),
    ] = None,
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="IMAGE", help="What else is there; repeatable."),
    ] = None,
) -> int:
    """What making several layers of one costs, and what could be shared then.

    Each member comes into one part: by path (--path: the first that fits counts, what fits none is
    in the lowest part), or one part after the other is filled (--max-bytes). The tars are
    predicted to the byte, as layerscope itself would write them. What a container sees stays.
    """
    targets = Targets.of(common, files, formats)
    if bool(paths) == (most is not None):
        raise UsageError("expected either --path or --max-bytes")
    most_bytes = None if most is None else parse_bytes(most)
    from layerscope.journeys.plan_reshape import plan_split  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_split(
            images, layer, patterns=paths or [], most_bytes=most_bytes, among=among or [], **how
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)
