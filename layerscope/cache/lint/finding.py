"""What a rule finds, and how severe it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")
"""From the most to the least severe; `--fail-on` takes one of them."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an image or a history of builds says about one finding.

    Attributes:
        value: How much; never 0.
        unit: `bytes` of an image or a context, or `misses`: builds in which the step ran.
        text: The same for people: `41.2 MB of apt: package lists in layer 3`.
    """

    value: int
    unit: Literal["bytes", "misses"]
    text: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to change.

    Attributes:
        rule: Its code, which has a page in `docs/reference/lint/`.
        severity: Of this finding; a rule can have findings of several severities.
        line: Where the instruction starts; 0 for one that has no lines of its own.
        last_line: Where it ends.
        stage: The stage's name, `stage-K` for one without; None above the first FROM.
        message: What is wrong, in one line; it never repeats a secret. Names are as the file has
            them, so they are not safe to print unescaped.
        remedy: What to write instead.
        others: Lines of other instructions that it is about, sorted.
        subject: What `attach` looks for: a class of junk, or a path; empty if nothing.
        measured: Where an image or a history is given.
    """

    rule: str
    severity: Severity
    line: int
    last_line: int
    stage: str | None
    message: str
    remedy: str
    others: tuple[int, ...] = ()
    subject: str = ""
    measured: Measured | None = None
