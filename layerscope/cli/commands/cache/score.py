"""`layerscope cache score`: predictions against what real builders did."""

from __future__ import annotations

from typing import Annotated

import typer

from layerscope.cli.build_options import BuilderOptions
from layerscope.cli.messages import say_faults
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, BuilderOptions)
def score(
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    whose: BuilderOptions,
    cases: Annotated[
        list[str], typer.Argument(metavar="CASE", help="Measured cases, or folders of them.")
    ],
) -> int:
    """How well the cache is predicted, on builds that a real builder ran.

    Only cases with a measurement of the builder and version count. Each must come out right under
    both assumptions about stages that run again, unless its tags say which one held.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.journeys.measured import score_cases  # noqa: PLC0415 - not for --help

    document = score_cases(cases, builder=whose.builder.value, version=whose.builder_version)
    targets.deliver(renderers_of(document))
    return say_faults(document.faults)
