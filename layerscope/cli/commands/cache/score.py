"""`layerscope cache score`: predictions against what real builders did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.build_options import BuilderOptions
from layerscope.cli.messages import say_faults
from layerscope.cli.options import CommonOptions, FileOptions, Format, FormatOptions, with_options
from layerscope.cli.streams import Look, Targets
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

    document = score_cases(cases, builder=whose.builder.value, version=whose.builder_version)

    def as_text(look: Look) -> Iterable[bytes]:
        from layerscope.render.cache_text import score_text  # noqa: PLC0415 - JSON needs no rich

        return [score_text(document, width=look.width, styled=look.styled)]

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.cases:
        renderers[Format.TEXT] = as_text
    targets.deliver(renderers)
    return say_faults(document.faults)
