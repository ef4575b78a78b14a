"""A verdict as SARIF 2.1.0, the format of code scanning: a rule for each budget, results by check.

- A check that is not in order is a result of kind `fail`, its level by what it counts as: `error`,
  `warning`, or `note` where it passes unmeasured. SARIF's kind `open` would fit what was not
  measured, but forbids a level, and GitHub would then not show it.
- A waived check is a `note` with an accepted suppression. SARIF asks that all results of a run say
  whether they are suppressed if one does: the others have an empty list.
- Checks that pass are left out: GitHub makes an alert of each result, whatever its kind.
- Both fingerprints are the check's. GitHub knows `primaryLocationLineHash` only, and would take two
  images that break one budget at one line for the same alert if it made that up itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from layerscope.render.escape import exact, line
from layerscope.render.gate_amounts import LIMIT_WORDS, limit_words
from layerscope.render.gate_findings import (
    blame_lines,
    fault_text,
    findings,
    scope_text,
    worst_findings,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.verdict import CheckRow, Verdict
    from layerscope.render.gate_findings import Finding, Place

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
"""The identifier of the schema that the document follows; nothing is loaded from there."""
RESULTS = 25_000
"""GitHub refuses a run with more results, or with more rules."""
CATEGORY = "layerscope/gate/"
"""What GitHub tells this analysis apart by; the empty last part says that runs have no name."""

_LEVELS = {"fail": "error", "warn": "warning", "pass": "note"}


def gate_sarif(verdict: Verdict) -> bytes:
    """The document as one line of ASCII JSON, results in the order of the checks."""
    rows = [row for row in findings(verdict) if row.check.outcome != "pass"]
    told, left = rows, 0
    if len(rows) > RESULTS:
        worst = {id(row) for row in worst_findings(rows)[:RESULTS]}
        told, left = [row for row in rows if id(row) in worst], len(rows) - RESULTS
    budgets = _budgets(verdict.checks if not left else [row.check for row in told])
    indexes = {budget: at for at, budget in enumerate(budgets)}
    run = {
        "tool": {
            "driver": {
                "name": line(verdict.tool.name),
                "version": line(verdict.tool.version),
                "rules": [_rule(verdict, checks) for checks in budgets.values()],
            }
        },
        "automationDetails": {"id": CATEGORY},
        "invocations": [
            {
                "executionSuccessful": not verdict.faults,
                "toolExecutionNotifications": _notifications(verdict, left),
            }
        ],
        "results": [_result(row, indexes[row.check.budget]) for row in told],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, sort_keys=True, allow_nan=False).encode("ascii") + b"\n"


def _budgets(checks: Sequence[CheckRow]) -> dict[str, list[CheckRow]]:
    """The checks of each budget, in the order in which budgets come."""
    budgets: dict[str, list[CheckRow]] = {}
    for check in checks:
        if check.budget in budgets or len(budgets) < RESULTS:
            budgets.setdefault(check.budget, []).append(check)
    return budgets


def _rule(verdict: Verdict, checks: Sequence[CheckRow]) -> dict[str, Any]:
    check = checks[0]
    about = "each layer"
    if check.scope.kind != "layer" or check.scope.pattern != "each":
        about = scope_text(msgspec.structs.replace(check, layer=None, part="all"))
    # What is ordinary differs between the images that a budget is for.
    bounds = [
        LIMIT_WORDS["history"] if row.kind == "history" else limit_words(row, check.unit)
        for row in check.limits
    ]
    words = f"{line(check.metric)} of {about}: {', '.join(bounds)}"
    name, where = exact(check.budget), line(verdict.policy.file) or "the policy"
    help_text = (
        f"The budget {name} of {where} bounds {words}. Where it is broken, make the image smaller, "
        "raise the budget, or waive it until a day, with a reason."
    )
    return {
        "id": name,
        "shortDescription": _text(words),
        "fullDescription": _text(words),
        "help": _text(help_text),
        "defaultConfiguration": {
            "level": "error" if any(row.severity == "fail" for row in checks) else "warning"
        },
    }


def _result(row: Finding, rule: int) -> dict[str, Any]:
    check = row.check
    waiver = check.waiver
    suppressions = []
    if check.outcome == "waived":
        reason = line(waiver.reason, 400) if waiver else ""
        suppressions.append({"kind": "external", "status": "accepted", "justification": reason})
    result: dict[str, Any] = {
        "ruleId": exact(check.budget),
        "ruleIndex": rule,
        "kind": "fail",
        "level": _LEVELS[check.counts_as],
        "message": _text("\n".join([f"{row.image}: {row.message}", *blame_lines(check)])),
        "partialFingerprints": {
            "layerscopeCheck/v1": row.fingerprint,
            "primaryLocationLineHash": row.fingerprint,
        },
        "suppressions": suppressions,
        "properties": {
            "image": row.image,
            "scope": scope_text(check),
            "metric": line(check.metric),
            "unit": line(check.unit),
            "outcome": check.outcome,
            "value": check.value,
            "baseline": check.baseline,
            "delta": check.delta,
            "limits": [{"kind": row.kind, "limit": row.limit} for row in check.limits],
        },
    }
    if row.place is not None:
        result["locations"] = [_location(row.place)]
    return result


def _location(place: Place) -> dict[str, Any]:
    """A place as GitHub wants it, which asks for a line: the first if none is known."""
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(place.path)},
            "region": {"startLine": max(place.line, 1)},
        }
    }


def _uri(path: str) -> str:
    """A path as a URI reference: relative as it stands, absolute as a `file:` one."""
    try:
        encoded = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # Not the name of any file: only surrogates that stand for a byte are in those.
        encoded = path.encode("utf-8", "backslashreplace")
    quoted = quote(encoded, safe="/")
    return f"file://{quoted}" if path.startswith("/") else quoted


def _notifications(verdict: Verdict, left: int) -> list[dict[str, Any]]:
    told = [("error", fault.code, fault_text(fault)) for fault in verdict.faults]
    told += [("warning", row.code, line(row.text, 400)) for row in verdict.remarks]
    if left:
        told.append(("warning", "too-many-results", f"… {left:,} more results are left out"))
    return [
        {"level": level, "descriptor": {"id": line(code, 40)}, "message": _text(text)}
        for level, code, text in told
    ]


def _text(text: str) -> dict[str, str]:
    """A plain text message: braces doubled, as section 3.11.5 asks, and no link of 3.11.6 in it."""
    return {"text": text.replace("{", "{{").replace("}", "}}").replace("](", "] (")}
