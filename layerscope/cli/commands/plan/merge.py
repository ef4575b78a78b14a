"""`layerscope plan merge`: what making one layer of several would do."""

from __future__ import annotations

import re
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
from layerscope.errors import UsageError, shown

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def merge(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    layers: Annotated[
        str,
        typer.Option("--layers", metavar="I-J", help="The lowest and the highest; 0 is the base."),
    ],
    among: Annotated[
        list[str] | None,
        typer.Option("--among", metavar="IMAGE", help="What else is there; repeatable."),
    ] = None,
) -> int:
    """What making one layer of several saves, and what is shared no more.

    The tar of the new layer is predicted to the byte, as layerscope itself would write it; how
    large it is when compressed is not known. What a container sees stays the same.
    """
    targets = Targets.of(common, files, formats)
    first, last = _span(layers)
    from layerscope.journeys.plan_reshape import plan_merge  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_merge(images, first, last, among=among or [], **how)
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)


def _span(text: str) -> tuple[int, int]:
    """The two numbers of a text such as 1-3. Raises: `UsageError`."""
    match = re.fullmatch(r"([0-9]{1,6})-([0-9]{1,6})", text)
    if match is None or int(match[1]) > int(match[2]):
        raise UsageError(f"expected two layers such as 1-3, found {shown(text, 40)}", "--layers")
    return int(match[1]), int(match[2])
