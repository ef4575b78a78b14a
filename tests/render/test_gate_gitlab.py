"""The code quality report, by the rules that GitLab documents for it.

GitLab publishes no schema. It asks for a JSON array of objects with `description`, `check_name`, a
unique `fingerprint`, one of five severities, and a path of the repository with a line, without a
byte order mark.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest

from layerscope.render.gate_gitlab import gate_gitlab
from tests.render import verdicts

if TYPE_CHECKING:
    from layerscope.gate.verdict import Verdict

RULES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string"},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    "path": {"type": "string", "minLength": 1, "pattern": r"^(?!\./)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def issues(verdict: Verdict) -> list[dict[str, Any]]:
    """The report, once it was found to keep the rules."""
    data = gate_gitlab(verdict)
    assert data.isascii()
    found: list[dict[str, Any]] = json.loads(data)
    jsonschema.Draft7Validator(RULES).validate(found)
    marks = [row["fingerprint"] for row in found]
    assert len(set(marks)) == len(marks)
    return found


@pytest.mark.parametrize("name", verdicts.SAMPLES)
def test_gitlab_samples_keep_the_rules(name: str) -> None:
    verdict = verdicts.SAMPLES[name]()
    told = [row for row in verdict.checks if row.outcome in {"fail", "warn", "not-measured"}]
    assert [row["check_name"] for row in issues(verdict)] == [row.budget for row in told]


def test_gitlab_all_passed_is_an_empty_array() -> None:
    assert issues(verdicts.all_passed()) == []
    assert issues(verdicts.waived()) == []


def test_gitlab_failed_checks_have_their_places() -> None:
    growth, waste = issues(verdicts.failed())
    assert growth["location"] == {"path": "Dockerfile", "lines": {"begin": 7}}
    assert waste["location"] == {"path": "Dockerfile", "lines": {"begin": 4}}
    assert growth["description"].startswith(
        "own growth: compressed_bytes, own layers: app:2 linux/amd64: the own layers grew by"
    )
    assert growth["fingerprint"] == verdicts.growth_check().fingerprint


def test_gitlab_unknown_places_have_a_path_and_a_line() -> None:
    policy = verdicts.all_passed().policy
    row = msgspec.structs.replace(verdicts.warn_check(), policy_line=0)
    (issue,) = issues(verdicts.verdict([row]))
    assert issue["location"] == {"path": "layerscope.toml", "lines": {"begin": 1}}
    nameless = msgspec.structs.replace(policy, file="")
    (issue,) = issues(verdicts.verdict([row], policy=nameless))
    assert issue["location"] == {"path": ".", "lines": {"begin": 1}}


def test_gitlab_severity_follows_the_outcome() -> None:
    rows = [
        verdicts.waste_check(),
        verdicts.not_measured_check("fail"),
        verdicts.not_measured_check("warn"),
        verdicts.warn_check(),
        verdicts.not_measured_check("pass"),
    ]
    severities = [row["severity"] for row in issues(verdicts.verdict(rows))]
    assert severities == ["critical", "major", "minor", "minor", "info"]


def test_gitlab_shared_fingerprints_are_told_apart_the_same_each_time() -> None:
    rows = [
        msgspec.structs.replace(verdicts.waste_check(), layer=at, fingerprint="ab" * 32)
        for at in range(4)
    ]
    found = [row["fingerprint"] for row in issues(verdicts.verdict(rows))]
    assert found[0] == "ab" * 32
    assert all(len(mark) == 64 for mark in found)
    # A layer that is mended leaves the marks of the others as they were.
    rows[1] = msgspec.structs.replace(rows[1], outcome="pass", counts_as="pass")
    again = [row["fingerprint"] for row in issues(verdicts.verdict(rows))]
    assert again == [found[0], *found[2:]]


def test_gitlab_missing_fingerprints_are_made() -> None:
    rows = [msgspec.structs.replace(verdicts.waste_check(), fingerprint="")] * 3
    assert len(issues(verdicts.verdict(rows))) == 3


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_gitlab_hostile_names_keep_the_rules(text: str) -> None:
    found = issues(verdicts.hostile(text))
    # Of five outcomes three are told, each with six scopes.
    assert len(found) == 18
    for row in found:
        for told in (row["description"], row["check_name"], row["location"]["path"]):
            assert told.isprintable()
            assert len(told) <= 2000


def test_gitlab_is_the_same_for_the_same_verdict() -> None:
    assert gate_gitlab(verdicts.two_images()) == gate_gitlab(verdicts.two_images())
