"""The document `layerscope.lint/1`: what in a Dockerfile costs cache, bytes or run time."""

from __future__ import annotations

from typing import Literal

from layerscope.report.document import FaultRow, Row, Tool


class MeasuredRow(Row, frozen=True, kw_only=True):
    """What an image or a context says about one finding.

    Attributes:
        value: How much.
        unit: `bytes`, or `misses`: builds in which the step ran.
        text: The same for people.
    """

    value: int
    unit: Literal["bytes", "misses"]
    text: str


class FindingRow(Row, frozen=True, kw_only=True):
    """One finding.

    Attributes:
        rule: Has a page in `docs/reference/lint/`.
        severity: `error`, `warning` or `info`.
        line: Where the instruction starts; 0 for one that has no lines of its own.
        last_line: Where it ends.
        stage: The stage's name, `stage-K` for one without; None above the first `FROM`.
        message: What is wrong, in one line.
        remedy: What to write instead.
        others: Lines of other instructions that it is about.
        measured: None where nothing was measured.
    """

    rule: str
    severity: Literal["error", "warning", "info"]
    line: int
    last_line: int
    stage: str | None
    message: str
    remedy: str
    others: list[int]
    measured: MeasuredRow | None


class LintDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.lint/1` document.

    Attributes:
        input: The Dockerfile as the user named it.
        findings: By line, then by rule.
        errors: How many of them are errors.
        warnings: How many are warnings.
        infos: How many are mere information.
        faults: What of the Dockerfile, its context or the image could not be read.
    """

    schema: Literal["layerscope.lint/1"] = "layerscope.lint/1"
    tool: Tool
    input: str
    findings: list[FindingRow]
    errors: int
    warnings: int
    infos: int
    faults: list[FaultRow]
