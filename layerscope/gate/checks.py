"""One number against one budget: the row of a check, judged.

What the number is and what it is compared with was found out before (`gate.questions`); what it
counts as that a limit is broken, or cannot be judged, is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from layerscope.gate.check_words import GROWTH, CheckWords
from layerscope.gate.limits import (
    Before,
    absolute_rows,
    difference,
    growth_rows,
    has_growth_limit,
)
from layerscope.gate.metrics import METRICS
from layerscope.gate.verdict import CheckRow, LimitRow, ScopeRow, WaiverRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from typing import Literal

    from layerscope.gate.measured import Measured, Part
    from layerscope.gate.policy import Budget, Severity
    from layerscope.gate.verdict import Counts, Number, Outcome, SplitRow

WORSE: dict[Counts, int] = {"pass": 0, "warn": 1, "fail": 2}
"""What a check counts as, the worst last."""


class Question(msgspec.Struct, frozen=True):
    """A number that a budget bounds.

    Attributes:
        budget: Has the limits.
        image: Position of the image; None for what all images have together, or if none fits.
        now: The number.
        before: That of the baseline; None without a baseline.
        percent_of: What percentages are of; the number of the baseline, or of its whole image.
        no_baseline: Whether there is nothing to compare with: growth is then not judged.
        is_comparison: Whether the number itself says how the image differs from the baseline.
        incomparable: Why growth cannot be told though both numbers are known; empty if it can.
        part: Whose layers.
        layer: Index of the layer, where every layer is judged by itself.
        limits: Which of the limits are judged here: where own layers and those of the base are
            judged apart, absolute ones and those on growth are two checks.
        ordinary: The highest value that the history would let pass, None if it says nothing.
        severity: What breaking a limit counts as.
        fingerprint: For the row.
        lines: Lines of the Dockerfile by index of the layer.
        whole: The whole image's number now and before, for splits by package; None if those would
            tell of more than the layers in question.
    """

    budget: Budget
    image: int | None
    now: Measured
    before: Measured | None = None
    percent_of: Number = None
    no_baseline: bool = False
    is_comparison: bool = False
    incomparable: str = ""
    part: Part = "all"
    layer: int | None = None
    limits: Literal["all", "absolute", "growth"] = "all"
    ordinary: int | None = None
    severity: Severity = "fail"
    fingerprint: str = ""
    lines: Mapping[int, int] | None = None
    whole: tuple[Measured, Measured] | None = None


def judged(question: Question, today: date) -> CheckRow:
    """The row of the check.

    - A limit that does not hold counts as the severity says.
    - A limit that cannot be judged counts as the budget says of what is not measured. But growth
      that cannot be judged for want of a baseline warns at most, and says nothing beside limits
      that can be judged.
    - The worse of both decides, so that raising a limit never makes the whole worse.
    - A waiver whose day has not passed lets through whatever would have failed or warned.
    """
    budget = question.budget
    limits = _limits(question)
    words = CheckWords(
        budget.metric,
        METRICS[budget.metric].unit,
        question.now.value,
        question.before.value if question.before else None,
        question.percent_of,
        budget.min_change,
        question.part,
    )
    outcome, counts_as, reason = _outcome(question, limits, words)
    waiver = budget.waiver
    if waiver and counts_as != "pass":
        if today <= waiver.until:
            outcome, counts_as = "waived", "pass"
            reason += f"; waived until {waiver.until.isoformat()}"
        else:
            reason += f"; its waiver expired after {waiver.until.isoformat()}"
    return CheckRow(
        budget=budget.name,
        image=question.image,
        layer=question.layer,
        metric=budget.metric,
        unit=words.unit,
        scope=ScopeRow(kind=budget.scope.kind, pattern=budget.scope.pattern),
        part=question.part,
        value=words.value,
        baseline=words.baseline,
        delta=None if question.incomparable else difference(words.value, words.baseline),
        limits=limits,
        severity=question.severity,
        outcome=outcome,
        counts_as=counts_as,
        reason=reason,
        waiver=waiver_row(budget, today),
        attribution=_attribution(question, limits),
        fingerprint=question.fingerprint,
        policy_line=budget.line,
    )


def waiver_row(budget: Budget, today: date) -> WaiverRow | None:
    """The waiver of a budget, if it has one."""
    waiver = budget.waiver
    if waiver is None:
        return None
    return WaiverRow(
        until=waiver.until.isoformat(), reason=waiver.reason, expired=today > waiver.until
    )


def _limits(question: Question) -> list[LimitRow]:
    budget, now = question.budget, question.now
    rows: list[LimitRow] = []
    if question.limits != "growth":
        rows += absolute_rows(budget, now.value, now.reason)
    if question.limits != "absolute" and has_growth_limit(budget):
        before = question.before
        why = question.incomparable
        if before is None:
            why = (
                "there is no baseline" if question.no_baseline else why or "nothing to compare with"
            )
        elif before.value is None:
            why = why or f"the number of the baseline is not known: {before.reason}"
        rows += growth_rows(
            budget,
            now.value,
            Before(before.value if before else None, question.percent_of, why),
            now.reason,
        )
    if question.ordinary is not None and now.value is not None:
        rows.append(
            LimitRow(kind="history", limit=question.ordinary, holds=now.value <= question.ordinary)
        )
    return rows


def _outcome(
    question: Question, limits: list[LimitRow], words: CheckWords
) -> tuple[Outcome, Counts, str]:
    broken = any(row.holds is False for row in limits)
    unknown = _unknown_counts(question, limits)
    if broken and (unknown is None or WORSE[question.severity] >= WORSE[unknown]):
        return question.severity, question.severity, words.broken(limits)
    if unknown is not None:
        parts = [words.unknown(limits, question.now.reason or "the budget has no limit to judge")]
        if broken:
            parts.insert(0, words.broken(limits))
        return "not-measured", unknown, "; ".join(parts)
    unjudged = question.no_baseline and any(row.holds is None for row in limits)
    return "pass", "pass", words.kept(limits, no_baseline=unjudged)


def _unknown_counts(question: Question, limits: list[LimitRow]) -> Counts | None:
    """What counts for limits that cannot be judged; None if there are none that matter."""
    matter = [row for row in limits if not (question.no_baseline and row.kind in GROWTH)]
    if matter and all(row.holds is not None for row in matter):
        return None
    counts: Counts = question.budget.not_measured
    lenient = question.part == "base" or (
        question.no_baseline and (question.is_comparison or (limits and not matter))
    )
    return "warn" if lenient and counts == "fail" else counts


def _attribution(question: Question, limits: list[LimitRow]) -> list[SplitRow]:
    """The splits where a limit is broken; what the number is made of where nothing changed."""
    broken = {row.kind for row in limits if row.holds is False}
    if not broken:
        return []
    from layerscope.gate.attribution import split_rows  # noqa: PLC0415 - only what fails needs it

    before = None if question.incomparable else question.before
    rows = split_rows(before, question.now, question.lines)
    if question.whole and before is not None:
        now, then = question.whole
        rows += [msgspec.structs.replace(row, whole_image=True) for row in split_rows(then, now)]
    if not rows and broken <= {"max", "min"}:
        rows = split_rows(None, question.now, question.lines)
    return rows
