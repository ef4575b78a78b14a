"""Which step of an earlier build a step is to be compared with, to say what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.cache.step import StepFacts

# Weights of what two steps can have in common. Equal text in the same stage beats the same place
# with another text; a lone equal ingredient (the environment that all RUNs share) beats neither.
SAME_TEXT = 100
SAME_STAGE = 50
SAME_PLACE = 20
SAME_FIRST_WORDS = 30
PER_INGREDIENT = 5


def counterpart(step: StepFacts, earlier: Sequence[Sequence[StepFacts]]) -> StepFacts | None:
    """The step of the earlier builds that is most like `step`; None if none is like it.

    Only steps with the same keyword count. Of equally like ones that of the latest build wins, and
    within a build the one nearest to the same place. A step is like another if its text, its first
    words (`RUN pip install`, the destination of a copy) or its place in its stage are the same.
    """
    best: StepFacts | None = None
    best_rank = (0, 0, 0)
    for age, build in enumerate(earlier, 1 - len(earlier)):
        for other in _comparable(step, build):
            rank = (likeness(step, other), age, -abs(step.position - other.position))
            if rank[0] >= SAME_PLACE and (best is None or rank >= best_rank):
                best, best_rank = other, rank
    return best


def _comparable(step: StepFacts, build: Iterable[StepFacts]) -> Iterable[StepFacts]:
    return (
        other
        for other in build
        if other.keyword == step.keyword and other.platform == step.platform
    )


def likeness(step: StepFacts, other: StepFacts) -> int:
    """How much two steps have in common; 0 is nothing."""
    same_stage = step.stage == other.stage or step.stage_index == other.stage_index
    like = 0
    if step.instruction == other.instruction:
        like += SAME_TEXT
    elif _first_words(step) == _first_words(other):
        like += SAME_FIRST_WORDS
    if same_stage and step.position == other.position:
        like += SAME_PLACE
    if like and same_stage:
        like += SAME_STAGE
    if like:
        mine = set(step.ingredients)
        like += PER_INGREDIENT * sum(1 for each in other.ingredients if each in mine)
    return like


def _first_words(step: StepFacts) -> tuple[str, ...]:
    words = step.instruction.split()
    if step.keyword in {"copy", "add"}:
        return (step.keyword, *words[-1:])
    # `RUN make` says too little.
    return tuple(words[:3]) if len(words) > 2 else ()
