"""From a miss back to what started it."""

from __future__ import annotations

import pytest

from layerscope.cache.chain import chain, chosen_step
from layerscope.cache.step import CacheStep, Cause, Outcome, StepFacts


def step(line: int, outcome: Outcome, cause: Cause | None = None, cause_line: int = 0) -> CacheStep:
    facts = StepFacts("s", 0, line, line, "run", f"RUN {line}")
    return CacheStep(facts, f"[{line}]", outcome, cause, cause_line)


STEPS = (
    step(1, Outcome.NO_STEP),
    step(2, Outcome.HIT),
    step(3, Outcome.MISS, Cause.OWN),
    step(5, Outcome.MISS, Cause.PARENT, 3),
    step(9, Outcome.UNKNOWN, Cause.RERUN, 5),
)


def lines(steps: list[CacheStep]) -> list[int]:
    return [each.facts.line for each in steps]


def test_chain_goes_back_to_the_first_cause() -> None:
    assert lines(chain(STEPS, STEPS[4])) == [9, 5, 3]


def test_chain_of_a_hit_is_the_step_alone() -> None:
    assert lines(chain(STEPS, STEPS[1])) == [2]


def test_chain_that_points_at_itself_ends() -> None:
    loop = step(4, Outcome.MISS, Cause.PARENT, 4)

    assert lines(chain([loop], loop)) == [4]


def test_without_a_line_the_first_miss_is_chosen() -> None:
    assert chosen_step(STEPS, None, None) is STEPS[2]


SPANS = [(1, 1), (2, 2), (3, 4), (5, 8), (9, 9)]


def test_line_inside_an_instruction_means_that_instruction() -> None:
    assert chosen_step(STEPS, 8, None, SPANS) is STEPS[3]
    assert chosen_step(STEPS, 3, None, SPANS) is STEPS[2]


@pytest.mark.parametrize("line", [1, 10, 99])
def test_line_without_a_step_means_none_above_it(line: int) -> None:
    assert chosen_step(STEPS, line, None, SPANS) is None


def test_stage_that_is_not_there_has_no_step() -> None:
    assert chosen_step(STEPS, None, "other") is None
