"""The verdict of a policy: a pure function of what was measured and of a day.

The same arguments always give the same document. Nothing is read, no clock is asked, and raising a
limit never makes a verdict worse.
"""

from __future__ import annotations

from collections import Counter
from math import isfinite
from typing import TYPE_CHECKING

import msgspec

from layerscope.errors import shown
from layerscope.gate.checks import WORSE, judged
from layerscope.gate.questions import Questions
from layerscope.gate.verdict import (
    JudgedImage,
    OutcomeCounts,
    PolicyRow,
    RemarkRow,
    Verdict,
)
from layerscope.report.document import Tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from layerscope.gate.measured import Chosen, Subject
    from layerscope.gate.policy import Policy, Severity
    from layerscope.gate.questions import Evidence
    from layerscope.gate.verdict import CheckRow, Counts, Number, PartRow
    from layerscope.report.document import FaultRow, SkippedRow


def evaluate(
    policy: Policy,
    evidence: Evidence,
    *,
    today: date,
    fail_on: Severity,
    version: str,
    dockerfile: str | None = None,
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> Verdict:
    """The verdict: checks in the order of the budgets, then of the images, then of the layers.

    Args:
        policy: What is asked.
        evidence: What is known.
        today: The day on which waivers are judged.
        fail_on: From which severity on the gate fails.
        version: Of the program, for the document.
        dockerfile: The file that the lines of the evidence are of.
        skipped: What was left out of the report, passed on.
        faults: What could not be read, passed on.

    Raises: `ValueError` if the policy has no budget and no disabled rule, or images, baselines and
        histories are not as many.
    """
    if not policy.budgets and not policy.disabled:
        raise ValueError("a policy without a budget says nothing")
    if len(evidence.subjects) != len(evidence.baselines):
        raise ValueError("expected a baseline, or None, for each image")
    if evidence.history and len(evidence.history) != len(evidence.subjects):
        raise ValueError("expected a history of each image, or of none")
    questions = Questions(evidence)
    checks = [
        _blamed(judged(question, today), question.lines or {})
        for budget in policy.budgets
        for question in questions.of(budget)
    ]
    outcome: Counts = max(
        (check.counts_as for check in checks), key=WORSE.__getitem__, default="pass"
    )
    return Verdict(
        tool=Tool(version=version),
        # What could not be read was not judged either: that never lets pass.
        passed=WORSE[outcome] < WORSE[fail_on] and not faults,
        outcome=outcome,
        fail_on=fail_on,
        policy=PolicyRow(origin=policy.origin, file=policy.file, disabled=list(policy.disabled)),
        counts=_counts(checks),
        images=[
            _image(subject, chosen)
            for subject, chosen in zip(evidence.subjects, evidence.baselines, strict=True)
        ],
        checks=checks,
        remarks=[
            *_baseline_remarks(evidence, questions),
            *_remarks(policy, questions, today),
            *_fits_nothing(policy, checks),
        ],
        dockerfile=dockerfile,
        skipped=list(skipped),
        faults=list(faults),
    )


def _blamed(check: CheckRow, lines: Mapping[int, int]) -> CheckRow:
    """The check with the line of the Dockerfile to blame, if one is known.

    It is that of the layer if the check is about one, else that of the part that grew most: an
    instruction, or else a package, a path or a cause whose layer is known.
    """
    if check.layer is not None:
        return msgspec.structs.replace(check, line=lines.get(check.layer))
    for split in sorted(check.attribution, key=lambda split: split.by != "instruction"):
        most = next((part for part in split.parts if _grown(part) > 0), None)
        if most and most.line is not None:
            return msgspec.structs.replace(check, line=most.line)
    return check


def _grown(part: PartRow) -> int:
    return (part.new if part.delta is None else part.delta) or 0


def _counts(checks: Sequence[CheckRow]) -> OutcomeCounts:
    counts = Counter(check.outcome for check in checks)
    return OutcomeCounts(
        passed=counts["pass"],
        fail=counts["fail"],
        warn=counts["warn"],
        waived=counts["waived"],
        not_measured=counts["not-measured"],
    )


def _image(subject: Subject, chosen: Chosen | None) -> JudgedImage:
    return JudgedImage(
        name=subject.name,
        baseline=chosen.subject.name if chosen else None,
        baseline_from=chosen.source if chosen else "",
        old=_finite(chosen.subject.sizes()) if chosen else {},
        new=_finite(subject.sizes()),
    )


def _finite(sizes: Mapping[str, Number]) -> dict[str, Number]:
    return {
        name: None if isinstance(value, float) and not isfinite(value) else value
        for name, value in sizes.items()
    }


def _baseline_remarks(evidence: Evidence, questions: Questions) -> list[RemarkRow]:
    """What is not judged since there is nothing to compare with."""
    state = evidence.baseline_state
    if state == "missing":
        text = f"{_listed(evidence.missing)}: it is not there, so growth is not judged, only"
        text += " absolute limits hold"
        return [RemarkRow(code="no-baseline", text=text)]
    if state == "none":
        if not questions.unpaired and not questions.runs_without:
            return []
        text = "there is no baseline: growth is not judged, only absolute limits hold"
        return [RemarkRow(code="no-baseline", text=text)]
    remarks = []
    if evidence.missing:
        text = f"{_listed(evidence.missing)}: it is not there; the others are compared with"
        remarks.append(RemarkRow(code="baseline-not-there", text=text))
    for position, chosen in enumerate(evidence.baselines, start=1):
        which = f"image {position} of {len(evidence.subjects)}"
        if chosen is None:
            text = f"the baseline does not have {which}: its growth is not judged, only absolute"
            remarks.append(RemarkRow(code="baseline-image-missing", text=f"{text} limits hold"))
            continue
        if chosen.other_name:
            text = f"{which} is compared with an image of another name"
            remarks.append(RemarkRow(code="baseline-of-another-name", text=text))
        if chosen.other_platform:
            text = f"{which} is compared with an image for another platform"
            remarks.append(RemarkRow(code="baseline-of-another-platform", text=text))
    return remarks


def _listed(baselines: Sequence[str]) -> str:
    """The first baseline by name, the others by number."""
    first = f"baseline {shown(baselines[0])}" if baselines else "the baseline"
    return first + (f" and {len(baselines) - 1} more" if len(baselines) > 1 else "")


def _fits_nothing(policy: Policy, checks: Sequence[CheckRow]) -> list[RemarkRow]:
    """A remark for each pattern that fits nothing anywhere, which may be misspelt.

    Where nothing is all that is allowed, it is what is hoped for.
    """
    found: dict[str, set[Number]] = {}
    for check in checks:
        found.setdefault(check.budget, set()).update((check.value, check.baseline))
    return [
        RemarkRow(
            code="fits-nothing",
            text=f"the {budget.scope.kind} of budget {budget.name} fits nothing: is it misspelt?",
        )
        for budget in policy.budgets
        if budget.scope.kind in {"path", "package"}
        and budget.maximum != 0
        and 0 in found[budget.name] <= {0, None}
    ]


def _remarks(policy: Policy, questions: Questions, today: date) -> list[RemarkRow]:
    remarks = [
        RemarkRow(
            code="short-history",
            text=f"the history has too few earlier numbers of image {position + 1} to tell a jump",
        )
        for position in sorted(questions.short)
    ]
    remarks += [
        RemarkRow(
            code="expired-waiver",
            text=f"the waiver of budget {budget.name} expired after "
            f"{budget.waiver.until.isoformat()}",
        )
        for budget in policy.budgets
        if budget.waiver and today > budget.waiver.until
    ]
    return remarks
