"""`layerscope dockerfile lint`: what in a Dockerfile costs cache, size or run time."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.exit_codes import DONE, FAILED
from layerscope.cli.messages import say_faults
from layerscope.cli.options import CommonOptions, FileOptions, Format, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand
from layerscope.errors import UsageError

if TYPE_CHECKING:
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
    file: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE", help="The Dockerfile, or several.", show_default="Dockerfile"
        ),
    ] = None,
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

    Several files are judged one after the other, as text on standard output.
    """
    targets = Targets.of(common, files, formats)
    names = file or ["Dockerfile"]
    if len(names) > 1:
        _refuse_for_several(targets, context, image, target)
    from layerscope.cache.context import index_folder  # noqa: PLC0415 - not for --help
    from layerscope.journeys.lint import lint_file  # noqa: PLC0415 - not for --help

    statuses = []
    for name in names:
        document = lint_file(
            name, context=context, image=image, target=target, index=index_folder()
        )
        if len(names) == 1 or document.findings:
            targets.deliver(renderers_of(document))
        faulty = say_faults(document.faults)
        statuses.append(faulty or (FAILED if reached(document, fail_on) else DONE))
    return max(statuses)


def _refuse_for_several(
    targets: Targets, context: str | None, image: str | None, target: str | None
) -> None:
    if targets.format is not Format.TEXT or targets.output or targets.saves:
        raise UsageError(
            "expected one Dockerfile, found several: a document is of one file",
            hint="leave out --format, --output and --save, or give one file",
        )
    if context is not None or image is not None or target is not None:
        raise UsageError(
            "expected one Dockerfile, found several: --context, --image and --target are of one"
        )


def reached(document: LintDocument, fail_on: Severity | None) -> bool:
    """Is a finding as severe as `fail_on`, or more?"""
    if fail_on is None:
        return False
    order = list(Severity)
    severe = {each.value for each in order[: order.index(fail_on) + 1]}
    return any(row.severity in severe for row in document.findings)
