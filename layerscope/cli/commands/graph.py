"""`layerscope graph`: the layer forest of images, and what they share."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.cluster_options import ClusterOption, scanner_at
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.renderings import formats_of, renderers_of
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def graph(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    cluster: ClusterOption = None,
) -> int:
    """Which layers lie on which in all images, and what each image really costs.

    What an image shares is counted by blob digest, by DiffID, by ChainID, and as docker does.
    """
    targets = Targets.of(common, files, formats, formats_of("layerscope.graph/1"))
    from layerscope.journeys.graph import graph as graph_of  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with (
        scanner_at(cluster, reading) as scanner,
        Progress(quiet=common.quiet, verbose=common.verbose) as progress,
    ):
        document = graph_of(
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
            scanner=scanner,
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    say_catalog(catalog, common)
    return say_faults(document.faults)
