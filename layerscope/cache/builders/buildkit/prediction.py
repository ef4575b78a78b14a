"""What builds do on top of one another, as a prediction for the last one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.entries import Entries
from layerscope.cache.builders.buildkit.execution import Execution, KnownTrees, origin
from layerscope.cache.builders.buildkit.lowering import lower
from layerscope.cache.builders.buildkit.records import Records
from layerscope.cache.builders.buildkit.solving import Solver
from layerscope.cache.definition import Local, Remote
from layerscope.cache.step import (
    CacheStep,
    Cause,
    Failure,
    Outcome,
    Prediction,
    Selection,
)
from layerscope.errors import DockerfileError, DockerignoreError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.builders.buildkit.solving import Solved
    from layerscope.cache.definition import Definition, Row
    from layerscope.cache.step import StepFacts


@dataclass(frozen=True, slots=True)
class Lowered:
    """A build as a graph, or what is wrong with its Dockerfile."""

    build: Build
    definition: Definition | None
    failure: Failure | None


@dataclass(slots=True)
class Sequences:
    """Builds that were read once and can be run with several assumptions."""

    rules: Dialect
    lowered: Sequence[Lowered]
    trees: KnownTrees = field(default_factory=KnownTrees)

    def predict(self, *, assume_same: bool) -> tuple[Prediction, tuple[bool, ...]]:
        """The prediction for the last build, and which of its steps hang on the unknown."""
        records = Records()
        earlier: list[tuple[StepFacts, ...]] = []
        *before, last = list(enumerate(self.lowered))
        for number, each in before:
            solved = self._run(records, number, each, assume_same=assume_same)
            earlier.append(tuple(self._stored(each, solved)))
        number, each = last
        solved = self._run(records, number, each, assume_same=assume_same)
        steps: list[CacheStep] = []
        doubtful: list[bool] = []
        failed = each.failure
        for row in () if each.definition is None else each.definition.rows:
            step, doubt = self._step(row, solved)
            if step is None:
                continue
            steps.append(step)
            doubtful.append(doubt)
            if step.cause is Cause.FAILS and failed is None:
                failed = Failure(step.detail, step.facts.line)
        return Prediction(tuple(steps), failed, tuple(earlier)), tuple(doubtful)

    def _run(
        self, records: Records, number: int, each: Lowered, *, assume_same: bool
    ) -> Mapping[int, Solved]:
        if each.definition is None:
            return {}
        execution = Execution(
            self.rules,
            each.build,
            each.definition,
            number,
            records=records,
            trees=self.trees,
        )
        solver = Solver(records, execution, number, assume_same=assume_same)
        return solver.solve(each.definition)

    def _stored(self, each: Lowered, solved: Mapping[int, Solved]) -> Iterator[StepFacts]:
        """The facts of the steps of an earlier build that are in the cache."""
        for row in () if each.definition is None else each.definition.rows:
            if row.vertex is None:
                yield row.facts
            elif solved[row.vertex.number].snapshot is not None:
                yield self._facts(row, solved)

    def _step(self, row: Row, solved: Mapping[int, Solved]) -> tuple[CacheStep | None, bool]:
        if row.vertex is None:
            return CacheStep(row.facts, row.name, Outcome.NO_STEP), False
        result = solved[row.vertex.number]
        facts = self._facts(row, solved)
        if result.failure:
            step = CacheStep(facts, row.name, Outcome.MISS, Cause.FAILS, detail=result.failure)
            return step, False
        if not result.started:
            failure = _failed_source(row, solved)
            if not failure:
                return None, False
            step = CacheStep(facts, row.name, Outcome.MISS, Cause.FAILS, detail=failure)
            return step, False
        step = CacheStep(facts, row.name, result.outcome, result.cause, result.cause_line)
        return step, result.doubtful

    def _facts(self, row: Row, solved: Mapping[int, Solved]) -> StepFacts:
        if row.vertex is None or not row.sources:
            return row.facts
        selections = []
        for source, index, selector in row.sources:
            vertex = row.vertex.inputs[index].vertex
            snapshot = solved[vertex.number].snapshot
            entries = None
            if snapshot is not None and not snapshot.files.marks:
                entries = Entries(snapshot.checksums, selector)
            selections.append(Selection(source, origin(vertex), entries))
        return replace(row.facts, selections=tuple(selections))


def _failed_source(row: Row, solved: Mapping[int, Solved]) -> str:
    """What is wrong with the URL or context that a step takes files from; empty if nothing is."""
    if row.vertex is None:
        return ""
    for _, index, _ in row.sources:
        taken_from = row.vertex.inputs[index].vertex
        if isinstance(taken_from.operation, Local | Remote):
            failure = solved[taken_from.number].failure
            if failure:
                return failure
    return ""


def read(build: Build, rules: Dialect) -> Lowered:
    """The graph of a build, or what is wrong with it."""
    try:
        return Lowered(build, lower(build, rules), None)
    except (DockerfileError, DockerignoreError) as error:
        return Lowered(
            build, None, Failure(error.problem, getattr(error, "first_line", 0), parse=True)
        )


def combined(same: Prediction, changed: Prediction, doubtful: Sequence[bool]) -> Prediction:
    """What can be said where nobody knows what the stages that run again leave.

    A step whose outcome hangs on it is unknown, and so are those that hang on such a step.
    """
    by_place = {_place(step): step for step in same.steps}
    steps = []
    for step, doubt in zip(changed.steps, doubtful, strict=True):
        other = by_place.get(_place(step))
        if other is None or other.outcome is step.outcome:
            # If nothing else changes, what is left is the sure reason.
            steps.append(other or step)
            continue
        cause = Cause.RERUN if doubt else step.cause
        if cause is Cause.OWN:
            # What it took before is what nobody knows.
            cause = Cause.SOURCE
        steps.append(replace(step, outcome=Outcome.UNKNOWN, cause=cause))
    return replace(changed, steps=tuple(steps), failed=same.failed and changed.failed)


def _place(step: CacheStep) -> tuple[object, ...]:
    facts = step.facts
    place = (facts.stage_index, facts.position, facts.line, facts.platform)
    return (*place, step.vertex)
