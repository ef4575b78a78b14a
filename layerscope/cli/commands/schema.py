"""`layerscope schema`: the JSON Schemas of the documents."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.options import CommonOptions, FileOptions, with_options
from layerscope.cli.streams import flush_output, refuse_target, standard_output, whole_file
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions)
def schema(
    common: CommonOptions,  # noqa: ARG001 - every command takes the common options
    files: FileOptions,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Such as report or layerscope.report/1.")
    ] = None,
) -> int:
    """The JSON Schema of a document; without a name, which there are."""
    from layerscope.report import published  # noqa: PLC0415 - not for --help

    if name is None:
        data = "".join(f"{known}\n" for known in published.names()).encode()
    else:
        data = published.schema(name)
    if files.output is None:
        standard_output()(data)
        flush_output()
        return 0
    refuse_target(files.output, force=files.force)
    with whole_file(files.output, force=files.force) as stream:
        stream.write(data)
    return 0
