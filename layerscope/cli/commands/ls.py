"""`layerscope ls`: the files of an image, or the members of a layer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.messages import say, say_faults
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
from layerscope.units import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from layerscope.journeys.listing import Listing

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class ContentDigest(StrEnum):
    """What the content of files is hashed with."""

    BLAKE3 = "blake3"
    SHA256 = "sha256"
    NONE = "none"


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def ls(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
    path: Annotated[
        str | None, typer.Argument(metavar="PATH", help="Only it and what is below it.")
    ] = None,
    layer: Annotated[
        int | None,
        typer.Option("--layer", min=0, metavar="N", help="A layer as stored; 0 is the base."),
    ] = None,
    digest: Annotated[
        ContentDigest, typer.Option("--digest", help="Hash the content of files.")
    ] = ContentDigest.BLAKE3,
) -> int:
    """The files of an image as a container sees them, sorted by path.

    With --layer the members of that layer as stored: duplicates, hard links and whiteouts too.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.listing import (  # noqa: PLC0415 - not for --help
        TreeListing,
        list_layer,
        list_tree,
    )
    from layerscope.render.json import files as json_pieces  # noqa: PLC0415 - as above
    from layerscope.render.listing_text import listing, tree_listing  # noqa: PLC0415 - as above

    hashed = None if digest is ContentDigest.NONE else digest.value
    found: Listing | TreeListing
    catalog = None
    if layer is None:
        catalog = reading.open_catalog()
        with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
            found = list_tree(
                image,
                path=path,
                digest=hashed,
                platform=reading.wanted_platform(),
                limits=reading.limits(),
                jobs=reading.jobs,
                stdin=standard_input(),
                progress=progress,
                catalog=catalog,
                verify=reading.verify,
            )
    else:
        found = list_layer(
            image,
            layer=layer,
            path=path,
            digest=hashed,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            stdin=standard_input(),
        )

    def as_text(look: Look) -> Iterable[bytes]:
        if isinstance(found, TreeListing):
            return tree_listing(found.rows(), found.layers, width=look.width)
        return listing(found.rows())

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.TEXT: as_text,
        Format.JSON: lambda _: json_pieces(found.head, found.rows()),
    }
    if not found.whole:
        renderers = {Format.JSON: lambda _: json_pieces(found.head, None)}
    targets.deliver(renderers)
    if found.head.engine_differs and targets.format is Format.TEXT and not common.quiet:
        differing = counted(len(found.head.engine_differs), "path")
        say(f"note: engines unpack {differing} otherwise; engine_differs of --format json has them")
    say_catalog(catalog, common)
    return say_faults(found.head.faults)
