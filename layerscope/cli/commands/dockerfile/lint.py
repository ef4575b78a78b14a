"""`layerscope dockerfile lint`: what in a Dockerfile costs cache, size or run time."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.exit_codes import DONE, FAILED
from layerscope.cli.messages import say_faults
from layerscope.cli.options import CommonOptions, FileOptions, Format, FormatOptions, with_options
from layerscope.cli.streams import Look, Targets
from layerscope.cli.values import PlainCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from layerscope.report.lint_document import LintDocument

app = typer.Typer(add_completion=False, rich_markup_mode=None)


class Severity(StrEnum):
    """From the most to the least severe."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions)
def lint(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The Dockerfile.")] = "Dockerfile",
    context: Annotated[
        str | None, typer.Option("--context", metavar="DIR", help="Its build context.")
    ] = None,
    image: Annotated[
        str | None,
        typer.Option("--image", metavar="IMAGE", help="What was built from it, to measure."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="STAGE", help="The stage whose size counts.")
    ] = None,
    fail_on: Annotated[
        Severity | None,
        typer.Option("--fail-on", help="Exit with 1 if a finding is as severe, or more."),
    ] = None,
) -> int:
    """What in a Dockerfile costs cache, size or run time, and what to write instead.

    With --context it also looks for a missing ignore file; with --image it says how many bytes a
    finding costs. A comment `# layerscope: ignore=RULE` above an instruction is heeded.
    """
    targets = Targets.of(common, files, formats)
    from layerscope.cache.context import index_folder  # noqa: PLC0415 - not for --help
    from layerscope.journeys.lint import lint_file  # noqa: PLC0415 - not for --help
    from layerscope.report.store import dump  # noqa: PLC0415 - not for --help

    document = lint_file(file, context=context, image=image, target=target, index=index_folder())

    def as_text(look: Look) -> Iterable[bytes]:
        from layerscope.render.lint_text import lint_text  # noqa: PLC0415 - JSON needs no rich

        return [lint_text(document, width=look.width, styled=look.styled)]

    renderers: dict[Format, Callable[[Look], Iterable[bytes]]] = {
        Format.JSON: lambda _: [dump(document)]
    }
    if document.findings or not document.faults:
        renderers[Format.TEXT] = as_text
    targets.deliver(renderers)
    status = say_faults(document.faults)
    return status or (FAILED if reached(document, fail_on) else DONE)


def reached(document: LintDocument, fail_on: Severity | None) -> bool:
    """Is a finding as severe as `fail_on`, or more?"""
    if fail_on is None:
        return False
    order = list(Severity)
    severe = {each.value for each in order[: order.index(fail_on) + 1]}
    return any(row.severity in severe for row in document.findings)
