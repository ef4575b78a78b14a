"""Why one step of a build misses: its chain, and what differs between the builds' contexts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.cache.chain import chain, chosen_step
from layerscope.cache.debugging import how_to_open_failed
from layerscope.cache.failed_step import failed_step
from layerscope.cache.simulate import chosen_version, simulate
from layerscope.dockerfile import stages
from layerscope.errors import DockerfileError, NoSuchEntryError, UnreadableInputError, shown
from layerscope.journeys.dockerfile import read_stages
from layerscope.journeys.hidden_values import without_hidden
from layerscope.journeys.simulate import builds_of, notes_of, with_notes
from layerscope.report.explain_document import explain_document, log_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.build import Build
    from layerscope.cache.step import AssumeReruns
    from layerscope.journeys.build_inputs import BuildRequest
    from layerscope.report.explain_document import ExplainDocument


MOST_LOG_BYTES = 256 << 20
_NO_STEPS = "FROM is no step, nor are ENV and ARG in BuildKit; cache simulate lists the steps"


def explain_builds(
    requests: Sequence[BuildRequest],
    *,
    line: int | None = None,
    stage: str | None = None,
    builder: str = "buildkit",
    version: str | None = None,
    bases: Sequence[str] = (),
    assume_reruns: AssumeReruns | None = None,
    index: Path | None = None,
) -> ExplainDocument:
    """Why a step of the last of these builds misses.

    Args:
        requests: The builds in order; at least one.
        line: A line of the step; None means the first step that misses.
        stage: Only steps of this stage.
        builder: `buildkit`, `classic` or `buildah`.
        version: Whose rules; None is the default one.
        bases: `NAME=IMAGE` texts.
        assume_reruns: What a stage that runs again leaves; None: not known.
        index: Where the context's checksums are kept between runs; None keeps none.

    Raises: `NoSuchEntryError` if no step stands on that line or in that stage; `UsageError`; the
        `InputError` of a file that cannot be read.
    """
    builds, contexts = builds_of(requests, builder=builder, bases=bases, index=index)
    document = _explained(builds, line, stage, builder, version, assume_reruns)
    return with_notes(without_hidden(document, builds), contexts.keep())


def explain_case(
    path: str,
    *,
    line: int | None = None,
    stage: str | None = None,
    builder: str = "buildkit",
    version: str | None = None,
    assume_reruns: AssumeReruns | None = None,
) -> ExplainDocument:
    """Why a step of the last build of a measured case misses; see `explain_builds`."""
    from layerscope.journeys.measured import load_case  # noqa: PLC0415 - few explain a case

    builds = load_case(path).builds
    return _explained(builds, line, stage, builder, version, assume_reruns)


def _explained(  # noqa: PLR0917 - the choices of one question
    builds: Sequence[Build],
    line: int | None,
    stage: str | None,
    builder: str,
    version: str | None,
    assume_reruns: AssumeReruns | None,
) -> ExplainDocument:
    prediction = simulate(builds, builder=builder, version=version, assume_reruns=assume_reruns)
    spans = [] if line is None else _spans(builds[-1])
    step = chosen_step(prediction.steps, line, stage, spans)
    if step is None and line is not None:
        where = f"line {line}" if stage is None else f"line {line} of stage {shown(stage)}"
        problem = f"expected a step on {where}, found none"
        raise NoSuchEntryError(problem, hint=_NO_STEPS)
    if step is None and stage is not None:
        problem = f"expected a step of stage {shown(stage)} that misses, found none"
        raise NoSuchEntryError(problem)
    contexts = None
    if len(builds) > 1 and builds[-1].context is not builds[-2].context:
        from layerscope.cache.context_diff import context_differences  # noqa: PLC0415 - two of them

        contexts = context_differences(builds[-2].context, builds[-1].context)
    return explain_document(
        [] if step is None else chain(prediction.steps, step),
        contexts,
        builder=builder,
        version=chosen_version(builder, version),
        assume_reruns=assume_reruns,
        notes=notes_of(builds[-1], prediction),
    )


def _spans(build: Build) -> list[tuple[int, int]]:
    """First and last line of each instruction."""
    try:
        dockerfile = stages.read(build.dockerfile)
    except DockerfileError:
        # The builder may read it otherwise; then only first lines of steps are known.
        return []
    found = [command.location for stage in dockerfile.stages for command in stage.commands]
    return [(each.first_line, each.last_line) for each in found]


def explain_log(path: str, dockerfile: str | None = None) -> ExplainDocument:
    """Where the build of a log stopped, and how to open the last good step.

    Args:
        path: The log of BuildKit, the classic builder or buildah.
        dockerfile: The Dockerfile that was built, for its lines, `SHELL` and `USER`.

    Raises: `UnreadableInputError`; `NoSuchEntryError` for a log that shows no failure;
        `DockerfileError`.
    """
    try:
        with open(path, "rb") as stream:
            if stream.seekable():
                # Where a build stopped stands at the end.
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - MOST_LOG_BYTES))
            data = stream.read(MOST_LOG_BYTES)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    failed = failed_step(data.decode("utf-8", "surrogateescape"))
    if failed is None:
        problem = "expected the log of a build that failed, found no failed step"
        raise NoSuchEntryError(problem, shown(path))
    read = None if dockerfile is None else read_stages(dockerfile)
    return log_document(failed, how_to_open_failed(failed, read))
