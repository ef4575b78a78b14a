"""`layerscope find`: every version of the paths that match a pattern."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
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
from layerscope.cli.progress import Progress
from layerscope.cli.streams import Look, Targets, standard_input
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

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

    def as_text(look: Look) -> Iterable[bytes]:
        from layerscope.render.find_text import find_text  # noqa: PLC0415 - JSON needs no rich

        return find_text(document, width=look.width, styled=look.styled)

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if any(found.versions is not None for found in document.images):
        renderers[Format.TEXT] = as_text
    targets.deliver(renderers)
    say_catalog(catalog, common)
    return say_faults(document.faults)
