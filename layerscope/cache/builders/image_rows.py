"""The rows of one build of a builder that keeps an image for every step, and why steps miss."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope.cache.step import CacheStep, Cause, Failure, Outcome, Prediction
from layerscope.errors import OverLimitError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from layerscope.cache.builders.image_chain import Assumption
    from layerscope.cache.step import StepFacts

MAX_STEPS = 2_000
"""Instructions of one Dockerfile; engines stop long before, at 127 layers."""

Builds = tuple[tuple["Rows", Failure | None], ...]


def check_steps(count: int) -> None:
    """Refuse a Dockerfile with too many instructions. Raises: `OverLimitError`."""
    if count > MAX_STEPS:
        problem = f"the Dockerfile has more than {MAX_STEPS} instructions"
        raise OverLimitError(problem)


@dataclass(slots=True)
class Rows:
    """What one build reports.

    Attributes:
        cold: Was nothing built before?
        steps: The rows so far.
        kept: The facts of the steps that are in the cache after this build.
    """

    cold: bool
    steps: list[CacheStep] = field(default_factory=list)
    kept: list[StepFacts] = field(default_factory=list)

    def no_step(self, facts: StepFacts, vertex: str) -> None:
        """A line that is reported without a verdict."""
        self.steps.append(CacheStep(facts, vertex, Outcome.NO_STEP))

    def hit(self, facts: StepFacts, vertex: str) -> None:
        """A step taken from the cache."""
        self.steps.append(CacheStep(facts, vertex, Outcome.HIT))
        self.kept.append(facts)

    def miss(self, facts: StepFacts, vertex: str, why: Why) -> None:
        """A step that ran."""
        cause = Cause.NEVER if self.cold else why.cause
        line = 0 if self.cold else why.line
        self.steps.append(CacheStep(facts, vertex, Outcome.MISS, cause, line))
        self.kept.append(facts)

    def fails(self, facts: StepFacts, vertex: str, message: str) -> None:
        """A step that cannot succeed, the last one of its build."""
        self.steps.append(CacheStep(facts, vertex, Outcome.MISS, Cause.FAILS, detail=message))


@dataclass(frozen=True, slots=True)
class Why:
    """Why a step ran, and the line that this is about (0: none)."""

    cause: Cause
    line: int = 0


def why_missed(*, forced: bool, miss_below: int, content_from: int | None) -> Why:
    """The rule by which a step missed.

    Args:
        forced: Was nothing looked up?
        miss_below: The line of the first step that missed in the chain of images below; 0 if none.
        content_from: Not None if only what is copied from elsewhere differs; the line of the first
            miss there.
    """
    if forced:
        return Why(Cause.FORCED)
    if miss_below:
        return Why(Cause.PARENT, miss_below)
    if content_from is not None:
        return Why(Cause.SOURCE, content_from)
    return Why(Cause.OWN)


def prediction_of(run: Callable[[Assumption], Builds], assumption: Assumption) -> Prediction:
    """The prediction under an assumption."""
    builds = run(assumption)
    rows, failed = builds[-1]
    earlier = tuple(tuple(before.kept) for before, _ in builds[:-1])
    return Prediction(tuple(rows.steps), failed, earlier)


def merged(same: Prediction, changed: Prediction) -> Prediction:
    """What is certain, where nobody knows whether commands leave the same files when run again.

    Rows that the two assumptions tell differently are unknown.
    """
    others = {_place(step): step for step in same.steps}
    steps = tuple(_unless_sure(changed.steps, others))
    both_fail = same.failed is not None and changed.failed is not None
    return Prediction(steps, changed.failed if both_fail else None, changed.earlier)


def _unless_sure(
    steps: Sequence[CacheStep], others: dict[tuple[int, int], CacheStep]
) -> Iterator[CacheStep]:
    line = 0
    for step in steps:
        other = others.get(_place(step))
        if other is None or other.outcome is step.outcome:
            # If nothing else changes, what is left is the sure reason.
            yield other or step
            continue
        if step.cause is Cause.SOURCE:
            line = step.cause_line
        yield replace(step, outcome=Outcome.UNKNOWN, cause=Cause.RERUN, cause_line=line, detail="")


def _place(step: CacheStep) -> tuple[int, int]:
    return step.facts.stage_index, step.facts.position
