"""`layerscope ls`: the members of a layer."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

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
from layerscope.cli.streams import Look, Targets, standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
        typer.Option("--layer", min=0, metavar="N", help="Which layer; 0 is the base."),
    ] = None,
    digest: Annotated[
        ContentDigest, typer.Option("--digest", help="Hash the content of files.")
    ] = ContentDigest.BLAKE3,
) -> int:
    """The members of one layer, sorted by path.

    They are listed as stored: duplicates, hard links and whiteouts too.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.listing import list_layer  # noqa: PLC0415 - not for --help
    from layerscope.render.json import files as json_pieces  # noqa: PLC0415 - not for --help
    from layerscope.render.listing_text import listing as text_pieces  # noqa: PLC0415 - as above

    found = list_layer(
        image,
        layer=layer,
        path=path,
        digest=None if digest is ContentDigest.NONE else digest.value,
        platform=reading.wanted_platform(),
        limits=reading.limits(),
        stdin=standard_input(),
    )
    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.TEXT: lambda _: text_pieces(found.rows()),
        Format.JSON: lambda _: json_pieces(found.head, found.rows()),
    }
    if found.columns is None:
        renderers = {Format.JSON: lambda _: json_pieces(found.head, None)}
    targets.deliver(renderers)
    return say_faults(found.head.faults)
