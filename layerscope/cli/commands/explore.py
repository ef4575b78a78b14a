"""`layerscope explore`: one image, layer by layer, in the terminal."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from layerscope.cli.catalog_options import say_catalog
from layerscope.cli.messages import say_faults
from layerscope.cli.options import (
    IMAGE_HELP,
    Color,
    CommonOptions,
    ReadOptions,
    with_options,
)
from layerscope.cli.progress import Progress
from layerscope.cli.values import PlainCommand
from layerscope.errors import UsageError

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, ReadOptions)
def explore(
    common: CommonOptions,
    reading: ReadOptions,
    image: Annotated[str, typer.Argument(metavar="IMAGE", help=IMAGE_HELP)],
) -> int:
    """Explore one image in the terminal: its layers, the tree after each, and what is hidden.

    The keys are dive's, and some more; ? lists them. Needs pip install 'layerscope[tui]'.
    """
    try:
        from layerscope.tui.app import Explorer  # noqa: PLC0415 - not for --help; an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "textual":
            raise
        raise UsageError(
            "explore needs the package textual, which is not installed",
            hint="pip install 'layerscope[tui]'",
        ) from None
    _refuse_without_terminal()
    from layerscope.tui.reading import read_model  # noqa: PLC0415 - not for --help

    catalog = reading.open_catalog()
    with Progress(quiet=common.quiet, verbose=common.verbose) as progress:
        found = read_model(
            image,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=None,
            progress=progress,
            catalog=catalog,
            verify=reading.verify,
        )
    if found.model is not None:
        _heed_color(common.color)
        explorer = Explorer(found.model)
        explorer.run()
        if explorer.fault is not None:
            raise explorer.fault
    say_catalog(catalog, common)
    return say_faults(found.faults)


def _refuse_without_terminal() -> None:
    """Nothing, if keys can be read and a screen be drawn. Raises: `UsageError` if not."""
    # Textual reads keys from the first and draws on the last; a screen that goes to a file by
    # `> file` was not wanted as one.
    streams = {
        "standard input": sys.stdin,
        "standard output": sys.stdout,
        "standard error": sys.stderr,
    }
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise UsageError(
                "expected a terminal, found none",
                name,
                "layerscope ls, history and analyze print what explore shows",
            )


def _heed_color(color: Color) -> None:
    """Textual asks the environment alone."""
    if color is Color.NEVER:
        os.environ["NO_COLOR"] = "1"
    elif color is Color.ALWAYS:
        os.environ.pop("NO_COLOR", None)
