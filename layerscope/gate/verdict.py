"""The document `layerscope.verdict/1`: what a gate says of a report, check by check.

Field for field what `schemas/verdict-1.json` describes. It is kept beside the report, which holds
facts only. None (`null`) stands for what is not known, never for zero.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from layerscope.report.answers import ImageName  # noqa: TC001 - msgspec resolves fields' types
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool

Outcome = Literal["pass", "fail", "warn", "waived", "not-measured"]
Counts = Literal["pass", "warn", "fail"]
LimitKind = Literal["max", "min", "max-increase", "max-increase-percent", "history"]
Split = Literal["base", "instruction", "package", "path", "cause"]
Number = int | float | None


class LimitRow(Row, frozen=True, kw_only=True):
    """One bound of a budget and whether it holds.

    Attributes:
        limit: In the unit of the metric; in percent for `max-increase-percent`; for `history` the
            highest value that would still be ordinary.
        holds: None if that cannot be known; `reason` says why.
    """

    kind: LimitKind
    limit: int | float
    holds: bool | None
    reason: str = ""


class PartRow(Row, frozen=True, kw_only=True):
    """One part of a number and, with a baseline, of its change.

    Attributes:
        label: What it is: an instruction as the history has it, a package, a path; `all other` for
            the last row where `rest` is true.
        kind: Of a package `deb`, `pypi` …; of a hidden file its cause; else empty.
        old: None without a baseline.
        new: What it is now; None where a baseline kept only the largest parts of the old number
            and this part is not told from others, which only `rest` rows are.
        delta: The change; None without a baseline. The deltas of a split sum to its `delta`.
        detail: Such as `1.2.3 to 1.2.4`; empty if there is nothing to say.
        layer: Index of the layer in the new image, if it is of one.
        line: Line of the Dockerfile, if it is known.
        rest: Whether this row stands for all parts that have no row.
    """

    label: str
    kind: str = ""
    old: int | None = None
    new: int | None = None
    delta: int | None = None
    detail: str = ""
    layer: int | None = None
    line: int | None = None
    rest: bool = False


class SplitRow(Row, frozen=True, kw_only=True):
    """One way to split a number: the parts sum to it, and their changes to its change.

    Attributes:
        by: What the parts are.
        metric: Which number is split: packages and paths split content, not compressed bytes.
        parts: The largest change first (without a baseline the largest part), `rest` last.
        whole_image: Whether the split is of the whole image where the check is about own layers: of
            which package a layer's file is, is not known. The layers of the base did not change
            then, so that the changes are those of own layers.
    """

    by: Split
    metric: str
    unit: str
    old: int | None
    new: int | None
    delta: int | None
    parts: list[PartRow]
    whole_image: bool = False


class WaiverRow(Row, frozen=True, kw_only=True):
    """A waiver, and whether its day has passed; `until` is `2026-12-31`."""

    until: str
    reason: str
    expired: bool


class ScopeRow(Row, frozen=True, kw_only=True):
    """Which part of an image a check is about; see `gate.policy.Scope`."""

    kind: Literal["image", "layer", "path", "package", "instruction", "run"]
    pattern: str = ""


class CheckRow(Row, frozen=True, kw_only=True):
    """One budget on one image, or on one layer of it.

    Attributes:
        budget: The name of the budget.
        image: Position in `images`; None for what all images have together.
        layer: Index of the layer where the scope is every layer by itself; else None.
        part: `own` or `base` where the layers of the image and those of its base are judged apart;
            growth of the base is never blamed on the author.
        value: None if not measured.
        baseline: The same number of the baseline; None if there is none.
        delta: `value` less `baseline`; None if either is not known or they cannot be compared.
        outcome: `fail` and `warn` by the severity of the budget.
        counts_as: `not-measured` counts as a failure unless the budget says otherwise.
        reason: One sentence for people, without names from images.
        fingerprint: 64 hex digits that stay the same for the same budget, image and scope.
        line: Line of the Dockerfile to blame, None if not known.
        policy_line: Line of the policy's file, 0 if not known.
    """

    budget: str
    image: int | None
    layer: int | None = None
    metric: str
    unit: str
    scope: ScopeRow
    part: Literal["all", "own", "base"] = "all"
    value: Number
    baseline: Number = None
    delta: Number = None
    limits: list[LimitRow]
    severity: Literal["fail", "warn"]
    outcome: Outcome
    counts_as: Counts
    reason: str
    waiver: WaiverRow | None = None
    attribution: list[SplitRow] = msgspec.field(default_factory=list)
    fingerprint: str = ""
    line: int | None = None
    policy_line: int = 0


class JudgedImage(Row, frozen=True, kw_only=True):
    """One image, what it was compared with, and its sizes then and now.

    Attributes:
        name: What is judged.
        baseline: What it was compared with; None if nothing was.
        baseline_from: The input that the baseline came from; empty without one.
        old: Sizes of the baseline by metric, as far as it holds them.
        new: Sizes by metric, None where not measured.
    """

    name: ImageName
    baseline: ImageName | None = None
    baseline_from: str = ""
    old: dict[str, Number] = msgspec.field(default_factory=dict)
    new: dict[str, Number] = msgspec.field(default_factory=dict)


class PolicyRow(Row, frozen=True, kw_only=True):
    """Where the budgets stand; `disabled` are rules that are switched off."""

    origin: Literal["layerscope", "dive-ci"]
    file: str
    disabled: list[str] = msgspec.field(default_factory=list)


class RemarkRow(Row, frozen=True, kw_only=True):
    """Something that a reader of the verdict should know.

    `code` is such as `no-baseline`, `baseline-image-missing`, `expired-waiver`.
    """

    code: str
    text: str


class OutcomeCounts(
    Row, frozen=True, kw_only=True, rename={"passed": "pass", "not_measured": "not-measured"}
):
    """How many checks have each outcome."""

    passed: int = 0
    fail: int = 0
    warn: int = 0
    waived: int = 0
    not_measured: int = 0


class Verdict(Row, frozen=True, kw_only=True):
    """The whole document. Checks come in the order of the budgets, then of the images.

    Attributes:
        outcome: The worst that any check counts as.
        passed: Whether the gate lets pass, by `fail_on`; never if an input could not be read.
        dockerfile: The file that `line` of checks and parts is in; None if none was given.
    """

    tool: Tool
    passed: bool
    outcome: Counts
    fail_on: Literal["fail", "warn"]
    policy: PolicyRow
    counts: OutcomeCounts
    images: list[JudgedImage]
    checks: list[CheckRow]
    remarks: list[RemarkRow]
    dockerfile: str | None = None
    skipped: list[SkippedRow] = msgspec.field(default_factory=list)
    faults: list[FaultRow] = msgspec.field(default_factory=list)
    schema: Literal["layerscope.verdict/1"] = "layerscope.verdict/1"
