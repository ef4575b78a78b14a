"""`layerscope diff`: what changed between two images and what made them grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.exit_codes import DONE
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
    targets = Targets.of(common, files, formats, (*USUAL_FORMATS, Format.MARKDOWN))
    from layerscope.journeys.compare import compare  # noqa: PLC0415 - not for --help
    from layerscope.journeys.packages import packages_of  # noqa: PLC0415 - not for --help
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

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

    def as_text(look: Look) -> list[bytes]:
        from layerscope.render.diff_text import diff_text  # noqa: PLC0415 - JSON needs no rich

        text = diff_text(document, verbose=common.verbose, width=look.width, styled=look.styled)
        return [text]

    def as_markdown(_: Look) -> list[bytes]:
        from layerscope.render.diff_markdown import diff_markdown  # noqa: PLC0415 - as above

        return [diff_markdown(document)]

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.pairs or document.removed_images or document.added_images:
        renderers[Format.TEXT] = as_text
        renderers[Format.MARKDOWN] = as_markdown
    targets.deliver(renderers)
    say_catalog(catalog, common)
    status = say_faults(document.faults)
    if status == DONE and exit_code and document.equal is not True:
        return DIFFERENT
    return status
