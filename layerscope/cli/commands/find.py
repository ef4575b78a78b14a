"""`layerscope find`: every version of the paths that match a pattern."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
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
def find(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    pattern: Annotated[
        str, typer.Argument(metavar="PATTERN", help="Such as /etc/**/*.conf or 'libssl*'.")
    ],
    images: Annotated[list[str], typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """Every version of matching paths, top layer first, and what hides the rest.

    ** crosses /, * and ? do not; [a-z] is one character. A pattern without / matches the last part
    of a path.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.find import find as look_up  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = look_up(
            pattern,
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )
    targets.deliver(renderers_of(document))
    say_catalog(catalog, common)
    return say_faults(document.faults)
