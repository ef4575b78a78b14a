"""The documents `layerscope.cache/1` and `layerscope.score/1`: what a build cache will do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from layerscope import __version__
from layerscope.cache.step import Prediction
from layerscope.report.document import FaultRow, Row, Tool
from layerscope.report.fault_rows import fault_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.score import Score
    from layerscope.cache.step import CacheStep
    from layerscope.errors import InputError


class ReasonRow(Row, frozen=True, kw_only=True):
    """Why a step is no hit.

    Attributes:
        code: Has a page in `docs/reference/reasons/`.
        text: One line for people.
        paths: The files that it is about, sorted; at most 1,000.
    """

    code: str
    text: str
    paths: list[str]


class StepRow(Row, frozen=True, kw_only=True):
    """One step.

    Attributes:
        stage: The stage's name, `stage-K` for one without; None for an image named by `--from`.
        line: Where the instruction starts.
        platform: In builds for several platforms, else None.
        instruction: Its text, continuation lines joined.
        vertex: The builder's own name for it.
        outcome: `no-step` is a line that is not looked up (`FROM`).
        reason: None for a hit.
    """

    stage: str | None
    line: int
    platform: str | None
    instruction: str
    vertex: str
    outcome: Literal["hit", "miss", "unknown", "no-step"]
    reason: ReasonRow | None


class StepName(Row, frozen=True, kw_only=True):
    """Which step."""

    stage: str | None
    line: int
    instruction: str
    vertex: str


class FailureRow(Row, frozen=True, kw_only=True):
    """A build that cannot succeed.

    Attributes:
        message: What is wrong.
        line: The line of the step that fails; None where the build fails before any step.
        step: The step, where one fails.
    """

    message: str
    line: int | None
    step: StepName | None


class CacheDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.cache/1` document.

    Attributes:
        builder: `buildkit`, `classic` or `buildah`.
        version: Whose rules were followed.
        assume_reruns: What was assumed of stages that run again; None: nothing.
        steps: In the order in which the builder reports them.
        failed: None where nothing is known to fail.
        last_good: The last step before the one that fails: where to look from.
        debug: How to open the last good step, as lines of text; empty where nothing fails.
        first_miss: The line of the first miss; None if there is none. The step of a `--label`,
            which stands on no line, does not count.
        hits: Steps that are taken from the cache.
        misses: Steps that run.
        unknown: Steps of which nobody can know.
        notes: What was not known and how it was taken, such as a base that was not given.
        faults: What could not be read; nothing was predicted then.
    """

    schema: Literal["layerscope.cache/1"] = "layerscope.cache/1"
    tool: Tool
    builder: str
    version: str
    assume_reruns: Literal["same", "changed"] | None
    steps: list[StepRow]
    failed: FailureRow | None
    last_good: StepName | None
    debug: list[str]
    first_miss: int | None
    hits: int
    misses: int
    unknown: int
    notes: list[str]
    faults: list[FaultRow] = msgspec.field(default_factory=list)


class WrongStep(Row, frozen=True, kw_only=True):
    """One measured step that was predicted otherwise.

    Attributes:
        id: The case.
        predicted: An outcome, or `absent`.
        measured: `hit` or `miss`.
        assume_reruns: Under which assumption.
    """

    id: str
    line: int
    instruction: str
    predicted: str
    measured: str
    assume_reruns: Literal["same", "changed"]


class ScoreDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.score/1` document.

    Attributes:
        cases: Cases with at least one step that counts.
        cases_exact: Those without a wrong step.
        steps: Measured steps.
        steps_right: Those predicted right under each assumption that had to hold.
        unknown: Steps that are unknown where nothing is assumed.
        wrong: The others, in the order of the cases.
        not_judged: Cases that nobody could predict, and why they are left out is in their tags.
        faults: Case files that could not be read.
    """

    schema: Literal["layerscope.score/1"] = "layerscope.score/1"
    tool: Tool
    builder: str
    version: str
    cases: int
    cases_exact: int
    steps: int
    steps_right: int
    unknown: int
    wrong: list[WrongStep]
    not_judged: list[str]
    faults: list[FaultRow] = msgspec.field(default_factory=list)


def cache_document(
    prediction: Prediction,
    *,
    builder: str,
    version: str,
    assume_reruns: Literal["same", "changed"] | None,
    debug: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> CacheDocument:
    """The document of one prediction."""
    rows = [step_row(step) for step in prediction.steps]
    counted = [row.outcome for row in rows]
    failing = _failing(prediction)
    return CacheDocument(
        tool=Tool(version=__version__),
        builder=builder,
        version=version,
        assume_reruns=assume_reruns,
        steps=rows,
        failed=_failure(prediction, failing),
        last_good=_last_good(prediction, failing),
        debug=list(debug),
        first_miss=next((row.line for row in rows if row.outcome == "miss" and row.line), None),
        hits=counted.count("hit"),
        misses=counted.count("miss"),
        unknown=counted.count("unknown"),
        notes=list(notes),
    )


def unread_cache(
    error: InputError,
    *,
    builder: str,
    version: str,
    assume_reruns: Literal["same", "changed"] | None,
) -> CacheDocument:
    """The document where something could not be read: without a step, with the fault."""
    document = cache_document(
        Prediction((), None), builder=builder, version=version, assume_reruns=assume_reruns
    )
    return msgspec.structs.replace(document, faults=[fault_row(error)])


def step_row(step: CacheStep) -> StepRow:
    """The row of a step."""
    facts = step.facts
    reason = step.reason
    return StepRow(
        stage=facts.stage,
        line=facts.line,
        platform=facts.platform,
        instruction=facts.instruction,
        vertex=step.vertex,
        outcome=step.outcome.value,
        reason=None
        if reason is None
        else ReasonRow(code=reason.code, text=reason.text, paths=list(reason.paths)),
    )


def _name(step: CacheStep) -> StepName:
    facts = step.facts
    return StepName(
        stage=facts.stage, line=facts.line, instruction=facts.instruction, vertex=step.vertex
    )


def _failing(prediction: Prediction) -> CacheStep | None:
    """The step that fails: the last one with the failure's line."""
    if prediction.failed is None or not prediction.failed.line:
        return None
    return next(
        (
            step
            for step in reversed(prediction.steps)
            if step.facts.line == prediction.failed.line and step.outcome != "no-step"
        ),
        None,
    )


def _failure(prediction: Prediction, failing: CacheStep | None) -> FailureRow | None:
    if prediction.failed is None:
        return None
    return FailureRow(
        message=prediction.failed.message,
        line=prediction.failed.line or None,
        step=None if failing is None else _name(failing),
    )


def _last_good(prediction: Prediction, failing: CacheStep | None) -> StepName | None:
    if failing is None:
        return None
    before = [
        step
        for step in prediction.steps
        if step is not failing
        and step.facts.stage_index == failing.facts.stage_index
        and step.facts.platform == failing.facts.platform
        and step.facts.position < failing.facts.position
    ]
    return _name(max(before, key=lambda step: step.facts.position)) if before else None


def score_document(
    result: Score, *, builder: str, version: str, faults: Sequence[FaultRow] = ()
) -> ScoreDocument:
    """The document of a score."""
    return ScoreDocument(
        tool=Tool(version=__version__),
        builder=builder,
        version=version,
        cases=len(result.judged),
        cases_exact=result.exact,
        steps=result.rows,
        steps_right=result.rows_right,
        unknown=result.unknown,
        wrong=[
            WrongStep(
                id=row.id,
                line=row.line,
                instruction=row.instruction,
                predicted=row.predicted,
                measured=row.measured,
                assume_reruns=row.assumed,
            )
            for case in result.judged
            for row in case.wrong
        ],
        not_judged=list(result.skipped),
        faults=list(faults),
    )
