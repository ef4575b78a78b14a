"""`layerscope similar`: nearest images, and layers that are nearly equal."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import USUAL_FORMATS, Targets, standard_input
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def similar(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    most: Annotated[
        int, typer.Option("--most", min=1, max=1000, metavar="N", help="Neighbours to list.")
    ] = 5,
    *,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Compare tar headers even where times or owners differ."),
    ] = False,
) -> int:
    """Nearest images, and near-equal layers with the field that differs.

    How near images are is counted in bytes of file contents that a container sees. Layers of the
    same files whose digests differ are stored twice: what differs, and what could be won.
    """
    targets = Targets.of(common, files, formats, USUAL_FORMATS)
    from layerscope.journeys.similar import similar as similar_of  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = similar_of(
            images,
            most=most,
            deep=deep,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    say_catalog(catalog, common)
    return say_faults(document.faults)
