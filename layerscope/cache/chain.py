"""From a step that misses back to the step that started it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.step import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.step import CacheStep


def chain(steps: Sequence[CacheStep], step: CacheStep) -> list[CacheStep]:
    """The step, then the one its miss follows from, and so on to the first cause.

    Each link goes to a step that comes earlier in `steps` or, for what is copied from a stage, to
    one of that stage; a step comes up once at most.
    """
    found = [step]
    while found[-1].cause_line and found[-1].outcome is not Outcome.HIT:
        before = _cause_of(steps, found[-1], found)
        if before is None:
            break
        found.append(before)
    return found


def _cause_of(
    steps: Sequence[CacheStep], step: CacheStep, seen: Sequence[CacheStep]
) -> CacheStep | None:
    candidates = [
        other
        for other in steps
        if other.facts.line == step.cause_line
        and other.outcome not in {Outcome.HIT, Outcome.NO_STEP}
        and not any(other is one for one in seen)
    ]
    same_platform = [other for other in candidates if other.facts.platform == step.facts.platform]
    return next(iter(same_platform or candidates), None)


def chosen_step(
    steps: Sequence[CacheStep],
    line: int | None,
    stage: str | None,
    spans: Sequence[tuple[int, int]] = (),
) -> CacheStep | None:
    """The step that a person means: on this line, of this stage; without either the first miss.

    Of several rows on one line (`COPY --link`, several platforms) the first that misses counts.

    Args:
        steps: Those of the prediction.
        line: Where the step starts, or any line of its instruction.
        stage: Its stage, by the name that rows have.
        spans: First and last line of each instruction of the file.
    """
    rows = [
        step
        for step in steps
        if step.outcome is not Outcome.NO_STEP
        and (stage is None or (step.facts.stage or "").lower() == stage.lower())
    ]
    if line is None:
        return next((step for step in rows if step.outcome is not Outcome.HIT), None)
    starts = {line} | {first for first, last in spans if first <= line <= last}
    # A builder that knows no here-documents has rows for the lines in them.
    start = max((step.facts.line for step in rows if step.facts.line in starts), default=None)
    rows = [step for step in rows if step.facts.line == start]
    return next((step for step in rows if step.outcome is not Outcome.HIT), next(iter(rows), None))
