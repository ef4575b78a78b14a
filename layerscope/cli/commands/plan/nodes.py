"""`layerscope plan nodes`: what nodes with caches would pull during a rollout."""

from __future__ import annotations

from enum import StrEnum
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


class Evict(StrEnum):
    """Which layers a full cache drops first."""

    LRU = "lru"
    SIZE = "size"
    SHARING = "sharing"


class Sizes(StrEnum):
    """Which bytes of a layer count."""

    BLOB = "blob"
    TAR = "tar"


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def nodes(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    *,
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE", help="Archive, layout or folder; or a saved report."),
    ],
    trace: Annotated[
        str,
        typer.Option("--trace", metavar="FILE", help="What starts when: CSV or JSON."),
    ],
    count: Annotated[
        int, typer.Option("--nodes", min=1, metavar="N", help="How many nodes there are.")
    ] = 1,
    cache_size: Annotated[
        str | None,
        typer.Option("--cache-size", metavar="SIZE", help="Of each node; without it no limit."),
    ] = None,
    evict: Annotated[
        Evict, typer.Option("--evict", help="Layers used longest ago, largest, or least shared.")
    ] = Evict.LRU,
    bandwidth: Annotated[
        str, typer.Option("--bandwidth", metavar="RATE", help="Bytes in a second to each node.")
    ] = "100MB",
    sizes: Annotated[
        Sizes, typer.Option("--sizes", help="Compressed layers, or their tars by DiffID.")
    ] = Sizes.BLOB,
) -> int:
    """What nodes with caches would pull during a rollout, and how long pulls would take.

    The trace has columns time (in seconds) and image, and if wanted node, count, and seconds that
    an image runs for; without a node, nodes take turns.
    """
    targets = Targets.of(common, files, formats)
    cache_bytes = None if cache_size is None else _size("--cache-size", cache_size)
    rate = _size("--bandwidth", bandwidth.removesuffix("/s"))
    from layerscope.journeys.plan_nodes import plan_nodes  # noqa: PLC0415 - not for --help

    with reading_images(common, reading) as how:
        document = plan_nodes(
            images,
            trace,
            nodes=count,
            bandwidth=rate,
            cache_bytes=cache_bytes,
            evict=evict.value,
            counted=sizes.value,
            **how,
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    return say_faults(document.faults)


def _size(option: str, text: str) -> int:
    try:
        return parse_bytes(text)
    except UsageError as error:
        error.within(option)
        raise
