"""`layerscope catalog gc`: make the catalog smaller."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.catalog_options import CatalogOptions, looking_through, show_catalog
from layerscope.cli.exit_codes import DONE
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand
from layerscope.errors import UsageError
from layerscope.units import parse_bytes

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, CatalogOptions)
def gc(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    which: CatalogOptions,
    max_size: Annotated[
        str | None,
        typer.Option("--max-size", metavar="SIZE", help="What the catalog may take, such as 2GB."),
    ] = None,
) -> int:
    """Remove what nobody can use, and with --max-size what was of use longest ago.

    What is removed is read again when it is needed: nothing is lost but time.
    """
    targets = Targets.of(common, files, formats)
    most = _size(max_size)
    from layerscope.catalog.gc import gc as collect  # noqa: PLC0415 - not for --help

    with looking_through(which) as catalog:
        show_catalog(targets, catalog, collect(catalog, most))
    return DONE


def _size(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return parse_bytes(text)
    except UsageError as error:
        error.within("--max-size")
        raise
