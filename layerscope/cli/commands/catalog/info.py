"""`layerscope catalog info`: how much is remembered of layers."""

from __future__ import annotations

import typer

from layerscope.cli.catalog_options import CatalogOptions, looking_through, show_catalog
from layerscope.cli.exit_codes import DONE
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, CatalogOptions)
def info(
    common: CommonOptions, files: FileOptions, formats: FormatOptions, which: CatalogOptions
) -> int:
    """How many objects of each kind the catalog holds, and their bytes."""
    targets = Targets.of(common, files, formats)
    with looking_through(which) as catalog:
        show_catalog(targets, catalog)
    return DONE
