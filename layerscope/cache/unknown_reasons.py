"""Why nobody can know what becomes of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.step import Cause, Outcome, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.step import CacheStep


def of_unknown(step: CacheStep, steps: Sequence[CacheStep]) -> Reason:
    """The reason of a step whose outcome is unknown; `steps` are all of the prediction."""
    line = step.cause_line
    if line and line == step.facts.line:
        return Reason("follows-unknown", "depends on what it copies, of which nobody can know")
    if not line:
        return _of_source(step)
    runs = 0 if step.cause is Cause.PARENT else _surely_runs(line, steps)
    if runs:
        what = "whether it leaves the same files, nobody can know"
        return Reason("rerun-unknown", f"its stage runs again from line {runs} on; {what}")
    return Reason("follows-unknown", f"depends on line {line}, of which nobody can know")


def _surely_runs(line: int, steps: Sequence[CacheStep]) -> int:
    """The line from which on the stage of the step on `line` surely runs; 0 if nobody knows."""
    stages = {step.facts.stage_index for step in steps if step.facts.line == line}
    lines = [
        step.facts.line
        for step in steps
        if step.outcome is Outcome.MISS and step.facts.stage_index in stages
    ]
    return min(lines, default=0)


def _of_source(step: CacheStep) -> Reason:
    """The reason of a step that takes files which are no other step's."""
    remote = step.facts.keyword == "add" or step.cause is Cause.OWN
    if remote or any(each.origin.startswith("url") for each in step.facts.selections):
        text = "whether what is at the remote address has changed, nobody can know"
        return Reason("remote-unknown", text)
    text = "it takes files from another image than before; whether they are the same is not known"
    return Reason("image-unknown", text)
