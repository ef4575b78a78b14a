"""What a policy says: budgets, each a bound on one number, absolute or against a baseline."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - a struct's types can be asked for
from fractions import Fraction  # noqa: TC003 - the same
from typing import Literal

import msgspec

Severity = Literal["fail", "warn"]
WhenUnknown = Literal["fail", "warn", "pass"]
ScopeKind = Literal["image", "layer", "path", "package", "instruction", "run"]


class Scope(msgspec.Struct, frozen=True):
    """Which part of an image a budget is about.

    Attributes:
        kind: `image` is all of it; `run` all images of the report together.
        pattern: Of `path` and `instruction` a glob, of `package` a glob on package URLs or names.
            Of `layer`: `own` or `base` (those together), `each` (every layer by itself), the index
            of one (negative: from the top), or the beginning of a digest or DiffID. Else empty.
    """

    kind: ScopeKind = "image"
    pattern: str = ""


class Waiver(msgspec.Struct, frozen=True):
    """Until when, that day included, a broken budget is let pass, and why."""

    until: date
    reason: str


class Budget(msgspec.Struct, frozen=True):
    """Bounds on one number of each image that the glob fits.

    Attributes:
        name: Unique in its policy.
        metric: A name of `gate.metrics.METRICS`, such as `compressed_bytes`.
        image: A glob on the names of images and on the inputs; empty fits all.
        scope: The part of the image that the number is about.
        maximum: In the unit of the metric; more is too much, as much is not.
        minimum: Less is too little.
        max_increase: By how much the number may exceed that of the baseline.
        max_increase_percent: The same in percent of the baseline's number.
        min_change: A growth of at most so much is noise, whatever the two limits above say.
        severity: What breaking the budget counts as.
        not_measured: What it counts as if the number is not known.
        waiver: None if there is none.
        line: Where the policy's file says it, for reports that need a place; 0 if not known.
    """

    name: str
    metric: str
    image: str = ""
    scope: Scope = msgspec.field(default_factory=Scope)
    maximum: Fraction | None = None
    minimum: Fraction | None = None
    max_increase: Fraction | None = None
    max_increase_percent: Fraction | None = None
    min_change: Fraction | None = None
    severity: Severity = "fail"
    not_measured: WhenUnknown = "fail"
    waiver: Waiver | None = None
    line: int = 0


class Policy(msgspec.Struct, frozen=True):
    """All that a configuration asks of a gate.

    Attributes:
        budgets: In the order of the file; none only if all of dive's rules are switched off.
        origin: `layerscope` (TOML) or `dive-ci`.
        file: The file as the user would name it; shown, and the place of budgets in reports.
        disabled: Names of rules that are switched off (only `.dive-ci` has those).
        baselines: Inputs to compare with unless the command line names some; relative to the
            folder of the file.
        require_baseline: Whether a missing baseline is an error.
        fail_on: From which severity on the gate fails; None if the file does not say.
        dockerfile: The Dockerfile whose lines are blamed; None if the file does not say.
    """

    budgets: tuple[Budget, ...]
    origin: Literal["layerscope", "dive-ci"] = "layerscope"
    file: str = ""
    disabled: tuple[str, ...] = ()
    baselines: tuple[str, ...] = ()
    require_baseline: bool = False
    fail_on: Severity | None = None
    dockerfile: str | None = None
