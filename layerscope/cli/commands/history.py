"""`layerscope history`: what each instruction of an image cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.streams import Look, Targets, standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def history(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """What each instruction of an image cost, from the base up.

    Layers that no record speaks of are <missing>; those of committed containers are marked.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.history import history as history_of  # noqa: PLC0415 - not for --help
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = history_of(
            image,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )

    def as_text(look: Look) -> list[bytes]:
        from layerscope.render.history_text import history_text  # noqa: PLC0415 - JSON needs no rich

        return [history_text(document, width=look.width, styled=look.styled)]

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.image is not None:
        renderers[Format.TEXT] = as_text
    targets.deliver(renderers)
    say_catalog(catalog, common)
    return say_faults(document.faults)
