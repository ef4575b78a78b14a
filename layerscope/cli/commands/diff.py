"""`layerscope diff`: what changed between two images and what made them grow."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.exit_codes import DONE
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

DIFFERENT = 1
"""The exit status of `--exit-code` where something differs, or cannot be told to be equal."""

IMAGE_HELP = "Image, or a report that analyze -f json wrote."

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, ReadOptions)
def diff(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    reading: ReadOptions,
    old: Annotated[str, typer.Argument(metavar="OLD", help=IMAGE_HELP)],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The same.")],
    *,
    semantic: Annotated[
        bool, typer.Option("--semantic", help="Times and the order of entries do not count.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if anything differs.")
    ] = False,
) -> int:
    """What changed between images, and what made them grow.

    Sizes, files, settings, instructions. The growth is split by base, instruction, package, folder
    and type of file; each split sums to it. Of several images, those of one platform and name are
    compared.
    """
    targets = Targets.of(common, files, formats, formats_of("layerscope.diff/1"))
    from layerscope.journeys.compare import compare  # noqa: PLC0415 - not for --help
    from layerscope.journeys.packages import packages_of  # noqa: PLC0415 - not for --help

    limits = reading.limits()
    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        document = compare(
            old,
            new,
            semantic=semantic,
            platform=reading.wanted_platform(),
            limits=limits,
            jobs=reading.jobs,
            stdin=standard_input(),
            packages_of=lambda image, _, tree: packages_of(image.layers, tree, limits),
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )
    targets.deliver(renderers_of(document, verbose=common.verbose))
    say_catalog(catalog, common)
    status = say_faults(document.faults)
    if status == DONE and exit_code and document.equal is not True:
        return DIFFERENT
    return status
