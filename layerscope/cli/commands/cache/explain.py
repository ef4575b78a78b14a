"""`layerscope cache explain`: why one step misses, back to the first cause."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from layerscope.cli.build_options import (
    BuilderOptions,
    BuildOptions,
    refuse_beside_case,
    refuse_beside_log,
)
from layerscope.cli.exit_codes import DONE
from layerscope.cli.messages import say_error
from layerscope.cli.options import CommonOptions, FileOptions, FormatOptions, with_options
from layerscope.cli.renderings import renderers_of
from layerscope.cli.streams import Targets
from layerscope.cli.values import PlainCommand
from layerscope.errors import InputError, UsageError

if TYPE_CHECKING:
    from layerscope.report.explain_document import ExplainDocument

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(cls=PlainCommand)
@with_options(CommonOptions, FileOptions, FormatOptions, BuilderOptions, BuildOptions)
def explain(  # noqa: PLR0917 - typer gives all of them by name
    common: CommonOptions,
    files: FileOptions,
    formats: FormatOptions,
    whose: BuilderOptions,
    builds: BuildOptions,
    line: Annotated[
        int | None,
        typer.Option("--line", min=1, metavar="N", help="The step on this line of the Dockerfile."),
    ] = None,
    stage: Annotated[
        str | None, typer.Option("--stage", metavar="STAGE", help="Only steps of this stage.")
    ] = None,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="FILE", help="The log of a build that failed, instead."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE.json", help="A measured case instead of files."),
    ] = None,
) -> int:
    """Why one step misses: the chain back to the first cause.

    Without --line it is the first step that misses. With --before-context (such as the checkout of
    another machine) or --before-record (what `cache context` saved there) it also says how the two
    contexts differ: umask, executable bits, line ends, files on one side only. With --log it finds
    the step that failed and says how to open the last good one; --after names the Dockerfile.
    """
    targets = Targets.of(common, files, formats)

    try:
        document = _document(whose, builds, Question(line, stage, log, case))
    except InputError as error:
        from layerscope.cache.simulate import chosen_version  # noqa: PLC0415 - few runs
        from layerscope.report.explain_document import unread_explain  # noqa: PLC0415 - few runs

        unread = unread_explain(
            error,
            builder=whose.builder.value,
            version=chosen_version(whose.builder.value, whose.builder_version),
            assume_reruns=builds.assumed(),
        )
        targets.deliver(renderers_of(unread))
        return say_error(error)
    targets.deliver(renderers_of(document))
    return DONE


@dataclass(frozen=True, slots=True)
class Question:
    """Which step is asked about, and of what."""

    line: int | None
    stage: str | None
    log: str | None
    case: str | None


def _document(whose: BuilderOptions, builds: BuildOptions, asked: Question) -> ExplainDocument:
    from layerscope.journeys import explain as journey  # noqa: PLC0415 - not for --help

    if asked.log is not None:
        if any(each is not None for each in (asked.line, asked.stage, asked.case)):
            raise UsageError("a log tells which step failed", "--log")
        refuse_beside_log(builds)
        return journey.explain_log(asked.log, builds.after)
    if asked.case is not None:
        refuse_beside_case(builds)
        return journey.explain_case(
            asked.case,
            line=asked.line,
            stage=asked.stage,
            builder=whose.builder.value,
            version=whose.builder_version,
            assume_reruns=builds.assumed(),
        )
    return journey.explain_builds(
        builds.requests(),
        line=asked.line,
        stage=asked.stage,
        builder=whose.builder.value,
        version=whose.builder_version,
        bases=builds.base or (),
        assume_reruns=builds.assumed(),
        index=builds.index(),
    )
