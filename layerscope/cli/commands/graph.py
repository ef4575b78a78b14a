"""`layerscope graph`: the layer forest of images, and what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.cluster_options import ClusterOption, scanner_at
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    CommonOptions,
    FileOptions,
    Format,
    FormatOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.streams import USUAL_FORMATS, Look, Targets, standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

app = typer.Typer(add_completion=False, rich_markup_mode=None)

DRAWINGS = (Format.DOT, Format.MERMAID, Format.GRAPHML)
"""Formats that other programs draw."""


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
    targets = Targets.of(common, files, formats, (*USUAL_FORMATS, *DRAWINGS))
    from layerscope.journeys.graph import graph as graph_of  # noqa: PLC0415 - not for --help
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

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

    def as_text(look: Look) -> list[bytes]:
        from layerscope.render.graph_text import graph_text  # noqa: PLC0415 - JSON needs no rich

        look_at = {"verbose": common.verbose, "styled": look.styled}
        return [graph_text(document, width=look.width, **look_at)]

    def as_dot(_: Look) -> Iterable[bytes]:
        from layerscope.render.graph_dot import graph_dot  # noqa: PLC0415 - one of many formats

        return graph_dot(document)

    def as_mermaid(_: Look) -> Iterable[bytes]:
        from layerscope.render.graph_mermaid import graph_mermaid  # noqa: PLC0415 - the same

        return graph_mermaid(document)

    def as_graphml(_: Look) -> Iterable[bytes]:
        from layerscope.render.graph_graphml import graph_graphml  # noqa: PLC0415 - the same

        return graph_graphml(document)

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.images:
        renderers |= {
            Format.TEXT: as_text,
            Format.DOT: as_dot,
            Format.MERMAID: as_mermaid,
            Format.GRAPHML: as_graphml,
        }
    targets.deliver(renderers)
    say_catalog(catalog, common)
    return say_faults(document.faults)
