"""`layerscope dedup`: what is left to store, from whole layers to chunks of files."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.cluster_options import ClusterOption, scanner_at
from layerscope.cli.messages import say, say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets, standard_input
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def dedup(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    cluster: ClusterOption = None,
    *,
    chunks: Annotated[
        bool, typer.Option("--chunks", help="Chunks of files too; layers are read twice.")
    ] = False,
) -> int:
    """What storing all images takes if equal blobs, layers, files or chunks are kept once.

    Each level says what content is left, what its index takes at the least, and how many objects
    nodes ask for that pull an image each and hold nothing yet.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.dedup import dedup as dedup_of  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with (
        scanner_at(cluster, reading) as scanner,
        Progress(quiet=common.quiet, verbose=common.verbose) as progress,
    ):
        document = dedup_of(
            images,
            chunks=chunks,
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
    if catalog is not None and not common.quiet:
        for problem in catalog.problems:
            say(f"note: {problem}; layers are read again next time")
    return say_faults(document.faults)
