"""A verdict as GitLab's code quality report: one issue for each check that is not in order.

GitLab asks for a description, the name of the check, a fingerprint that no other issue of the file
has, a severity, and a path of the repository with a line. Passed and waived checks are no issues.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, line
from layerscope.render.gate_findings import blame_lines, findings
from layerscope.render.gate_words import ended

if TYPE_CHECKING:
    from layerscope.gate.verdict import CheckRow, Verdict
    from layerscope.render.gate_findings import Finding

DESCRIPTION_CHARACTERS = 2000
NO_FILE = "."
"""The path of an issue that no file is known for: GitLab drops an issue without a path."""


def gate_gitlab(verdict: Verdict) -> bytes:
    """The report as ASCII JSON: an array, an issue a line, in the order of the checks."""
    issues = [
        json.dumps(_issue(row), sort_keys=True)
        for row in findings(verdict)
        if row.check.outcome in {"fail", "warn", "not-measured"}
    ]
    listed = ",\n".join(issues)
    return f"[\n{listed}\n]\n".encode("ascii")


def _issue(row: Finding) -> dict[str, object]:
    words = "; ".join([f"{row.title}: {row.image}: {row.message}", *blame_lines(row.check)])
    place = row.place
    return {
        "description": ended(words, DESCRIPTION_CHARACTERS),
        "check_name": exact(row.check.budget),
        "fingerprint": row.fingerprint,
        "severity": _severity(row.check),
        "location": {
            "path": NO_FILE if place is None else line(place.path),
            "lines": {"begin": 1 if place is None else max(place.line, 1)},
        },
    }


def _severity(check: CheckRow) -> str:
    """`critical` for a broken budget, `major` for one that fails unmeasured, down to `info`."""
    if check.counts_as == "fail":
        return "major" if check.outcome == "not-measured" else "critical"
    return "minor" if check.counts_as == "warn" else "info"
