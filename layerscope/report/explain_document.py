"""The document `layerscope.explain/1`: the chain of one miss, and what differs between contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from layerscope import __version__
from layerscope.report.cache_document import StepRow, step_row
from layerscope.report.document import FaultRow, Row, Tool
from layerscope.report.fault_rows import fault_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.context_diff import ContextDifferences
    from layerscope.cache.failed_step import FailedStep, LogStep
    from layerscope.cache.step import AssumeReruns, CacheStep
    from layerscope.errors import InputError

MOST_DIFFERENCES = 10_000


class DifferenceRow(Row, frozen=True, kw_only=True):
    """One file of two contexts that differs.

    Attributes:
        code: As in reasons: `content-changed`, `mode-changed` …
        path: Relative to the context.
        text: One line for people.
    """

    code: str
    path: str
    text: str


class CulpritRow(Row, frozen=True, kw_only=True):
    """What explains many differences at once.

    Attributes:
        code: `umask`, `executable-bit`, `line-ends` or `file-set`.
        text: What it is, and what to do.
        paths: The files it explains.
    """

    code: str
    text: str
    paths: list[str]


class ContextsRow(Row, frozen=True, kw_only=True):
    """What differs between the contexts of two builds.

    Attributes:
        differing: How many differences there are.
        differences: The first 10,000, by path.
        culprits: What explains many of them.
    """

    differing: int
    differences: list[DifferenceRow]
    culprits: list[CulpritRow]


class LoggedStep(Row, frozen=True, kw_only=True):
    """One step of a build log.

    Attributes:
        number: As the builder counts it; None where it is not counted.
        stage: As the log names it; None where it does not.
        instruction: As the log has it.
        image: Id of the image after it, where the log has one.
    """

    number: int | None
    stage: str | None
    instruction: str
    image: str | None


class LogRow(Row, frozen=True, kw_only=True):
    """Where the build of a log stopped.

    Attributes:
        step: The step that failed; None where the build failed before any.
        last_good: The last good step of the same stage; None where there is none.
        message: What the builder said.
    """

    step: LoggedStep | None
    last_good: LoggedStep | None
    message: str


class ExplainDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.explain/1` document.

    Attributes:
        builder: Whose cache.
        version: Whose rules were followed; None for a log, which does not say.
        assume_reruns: What was assumed of stages that run again; None: nothing.
        chain: The step in question first, then the one its miss follows from, to the first cause;
            empty if nothing misses.
        contexts: None where both builds have one and the same context.
        log: Where the build of a log stopped, if a log was given, else None; the chain is empty
            then.
        debug: How to open the last good step of that log, as lines of text.
        notes: What was not known and how it was taken.
        faults: What could not be read; nothing was explained then.
    """

    schema: Literal["layerscope.explain/1"] = "layerscope.explain/1"
    tool: Tool
    builder: str
    version: str | None
    assume_reruns: Literal["same", "changed"] | None
    chain: list[StepRow]
    contexts: ContextsRow | None
    log: LogRow | None
    debug: list[str]
    notes: list[str]
    faults: list[FaultRow] = msgspec.field(default_factory=list)


def explain_document(
    chain: Sequence[CacheStep],
    contexts: ContextDifferences | None,
    *,
    builder: str,
    version: str,
    assume_reruns: AssumeReruns | None,
    notes: Sequence[str],
) -> ExplainDocument:
    """The document of one chain."""
    return ExplainDocument(
        tool=Tool(version=__version__),
        builder=builder,
        version=version,
        assume_reruns=assume_reruns,
        chain=[step_row(step) for step in chain],
        contexts=None if contexts is None else _contexts(contexts),
        log=None,
        debug=[],
        notes=list(notes),
    )


def log_document(failed: FailedStep, debug: Sequence[str]) -> ExplainDocument:
    """The document of a log of a build that failed."""
    return ExplainDocument(
        tool=Tool(version=__version__),
        builder=failed.builder,
        version=None,
        assume_reruns=None,
        chain=[],
        contexts=None,
        log=LogRow(
            step=_logged(failed.step), last_good=_logged(failed.last_good), message=failed.message
        ),
        debug=list(debug),
        notes=[],
    )


def unread_explain(
    error: InputError, *, builder: str, version: str, assume_reruns: AssumeReruns | None
) -> ExplainDocument:
    """The document where something could not be read: without a chain, with the fault."""
    document = explain_document(
        (), None, builder=builder, version=version, assume_reruns=assume_reruns, notes=()
    )
    return msgspec.structs.replace(document, faults=[fault_row(error)])


def _logged(step: LogStep | None) -> LoggedStep | None:
    if step is None:
        return None
    return LoggedStep(
        number=step.number or None, stage=step.stage, instruction=step.text, image=step.image
    )


def _contexts(found: ContextDifferences) -> ContextsRow:
    return ContextsRow(
        differing=len(found.changes),
        differences=[
            DifferenceRow(code=change.code, path=change.path, text=change.text)
            for change in found.changes[:MOST_DIFFERENCES]
        ],
        culprits=[
            CulpritRow(code=each.code, text=each.text, paths=list(each.paths[:MOST_DIFFERENCES]))
            for each in found.culprits
        ],
    )
