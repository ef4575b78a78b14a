"""Predictions against what real builders did, row by row.

Rules: the format of measured cases. `FROM` rows are left out, since their flag says something
else; the other rows of one stage, line and platform are compared as a multiset; only groups that
were measured count. A case with the tag `rerun-same` or `rerun-changed` is judged under that
assumption, one without either must come out right under both; one with both, or tagged
`unknowable`, is not judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.simulate import simulator
from layerscope.cache.step import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from layerscope.cache.cases import Case, Measured, MeasuredRow
    from layerscope.cache.step import AssumeReruns, Prediction

    Group = tuple[str | None, int, str | None]

BOTH: tuple[AssumeReruns, ...] = ("same", "changed")


@dataclass(frozen=True, slots=True)
class WrongRow:
    """One measured row that was predicted otherwise.

    `predicted` is an outcome, or `absent` where no row was predicted; `assumed` says under which
    assumption.
    """

    id: str
    line: int
    instruction: str
    predicted: str
    measured: str
    assumed: AssumeReruns


@dataclass(frozen=True, slots=True)
class Judged:
    """One case: rows that counted, wrong ones, and those unknown where nothing is assumed."""

    id: str
    rows: int
    unknown: int
    wrong: tuple[WrongRow, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """The sum over cases; `skipped` names those that cannot be judged."""

    judged: tuple[Judged, ...]
    skipped: tuple[str, ...]

    @property
    def rows(self) -> int:
        """All rows that counted."""
        return sum(case.rows for case in self.judged)

    @property
    def rows_right(self) -> int:
        """Rows that were predicted right under every assumption that had to hold."""
        return self.rows - sum(_rows_wrong(case) for case in self.judged)

    @property
    def exact(self) -> int:
        """Cases without a wrong row."""
        return sum(1 for case in self.judged if not case.wrong)

    @property
    def unknown(self) -> int:
        """Rows that are unknown where nothing is assumed."""
        return sum(case.unknown for case in self.judged)


def score(cases: Iterable[Case], builder: str, version: str) -> Score:
    """How well `builder` is predicted on the cases that it was measured on."""
    judged: list[Judged] = []
    skipped: list[str] = []
    for case in cases:
        measured = case.truth.get(f"{builder}-{version}")
        if measured is None:
            continue
        result = judge(case, measured, builder, version)
        if result is None:
            skipped.append(case.id)
        elif result.rows:
            judged.append(result)
    return Score(tuple(judged), tuple(skipped))


def judge(case: Case, measured: Measured, builder: str, version: str) -> Judged | None:
    """One case against its measurement; None if it cannot be judged."""
    assumptions = assumptions_of(case)
    if not assumptions:
        return None
    wrong: list[WrongRow] = []
    for assumed in assumptions:
        prediction = simulator(builder).simulate(
            case.builds, version=version, assume_reruns=assumed
        )
        wrong.extend(wrong_rows(case.id, prediction, measured, assumed))
    plain = simulator(builder).simulate(case.builds, version=version, assume_reruns=None)
    groups = {_group(row) for row in scored(measured)}
    unknown = sum(
        1
        for step in plain.steps
        if step.outcome is Outcome.UNKNOWN
        and (
            (step.facts.stage, step.facts.line, step.facts.platform) in groups
            or (None, step.facts.line, None) in groups
        )
    )
    return Judged(case.id, sum(1 for _ in scored(measured)), unknown, tuple(wrong))


def assumptions_of(case: Case) -> tuple[AssumeReruns, ...]:
    """Under which assumptions a case must come out right; none if it cannot be judged."""
    same, changed = "rerun-same" in case.tags, "rerun-changed" in case.tags
    if "unknowable" in case.tags or (same and changed):
        return ()
    if same:
        return ("same",)
    return ("changed",) if changed else BOTH


def scored(measured: Measured) -> Iterator[MeasuredRow]:
    """The rows that count: all but those of a `FROM` itself."""
    for row in measured.rows:
        if not _is_from(row):
            yield row


def _is_from(row: MeasuredRow) -> bool:
    # An ONBUILD trigger has the instruction of its FROM; its own name tells the difference.
    name = row.vertex.partition("] ")[2] if row.vertex.startswith("[") else row.vertex
    return name.split(maxsplit=1)[:1] == ["FROM"]


def wrong_rows(
    case_id: str, prediction: Prediction, measured: Measured, assumed: AssumeReruns
) -> Iterator[WrongRow]:
    """The measured rows that the prediction does not have, with what it has in their place."""
    predicted: dict[Group, Counter[str]] = defaultdict(Counter)
    for step in prediction.steps:
        if step.outcome is Outcome.NO_STEP:
            continue
        facts = step.facts
        predicted[facts.stage, facts.line, facts.platform][step.outcome] += 1
        if facts.stage is not None:
            predicted[None, facts.line, None][step.outcome] += 1
    groups: dict[Group, list[MeasuredRow]] = defaultdict(list)
    for row in scored(measured):
        groups[_group(row)].append(row)
    for group, rows in groups.items():
        have = predicted[group]
        missing = []
        for row in rows:
            verdict = "hit" if row.cached else "miss"
            if have[verdict]:
                have[verdict] -= 1
            else:
                missing.append((row, verdict))
        rest = sorted((+have).elements())
        for index, (row, verdict) in enumerate(missing):
            instead = rest[index] if index < len(rest) else "absent"
            yield WrongRow(case_id, row.line, row.instruction, instead, verdict, assumed)


def _group(row: MeasuredRow) -> Group:
    return row.stage, row.line, row.platform


def _rows_wrong(case: Judged) -> int:
    """Wrong rows of a case; a row that is wrong under both assumptions counts once."""
    counts = Counter(row.assumed for row in case.wrong)
    by_assumption = max(counts.values(), default=0)
    different = len({(row.line, row.instruction, row.measured) for row in case.wrong})
    return max(by_assumption, different)
