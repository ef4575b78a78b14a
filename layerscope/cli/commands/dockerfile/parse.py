"""`layerscope dockerfile parse`: a Dockerfile as BuildKit reads it."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.exit_codes import DONE
from layerscope.cli.messages import say_error
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions)
def parse(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The Dockerfile.")],
) -> int:
    """A Dockerfile as BuildKit reads it: directives, instructions with lines, stages.

    A file that BuildKit refuses is still written as far as it goes, and the exit status is 3.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.dockerfile import parse_file  # noqa: PLC0415 - not for --help

    document, error = parse_file(file)
    targets.deliver(renderers_of(document))
    return DONE if error is None else say_error(error)
