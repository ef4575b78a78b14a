"""The SARIF document against the schema of OASIS, and what GitHub asks of it beyond that."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

import jsonschema
import msgspec
import pytest

from layerscope.gate.verdict import LimitRow
from layerscope.render.gate_sarif import CATEGORY, RESULTS, SCHEMA, gate_sarif
from tests.render import verdicts

if TYPE_CHECKING:
    from layerscope.gate.verdict import Verdict

OFFICIAL = Path(__file__).parent / "official" / "sarif-schema-2.1.0.json"
URI = re.compile(r"(file:///)?[A-Za-z0-9._~%/-]+")
# Section 3.11.6: a link of a plain text message.
LINK = re.compile(r"\[[^\[\]]*\]\(")


@cache
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(OFFICIAL.read_bytes()))


def run_of(verdict: Verdict) -> dict[str, Any]:
    """The run of the document, once it was found valid and fit for GitHub."""
    data = gate_sarif(verdict)
    assert data.isascii()
    log = json.loads(data)
    validator().validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        # Section 3.27.10: a level other than none goes with the kind "fail" only.
        assert (result["kind"], result["level"] != "none") == ("fail", True)
        for location in result.get("locations", []):
            place = location["physicalLocation"]
            assert place["region"]["startLine"] >= 1
            assert URI.fullmatch(place["artifactLocation"]["uri"])
    for text in texts(log):
        assert not LINK.search(text)
        # Section 3.11.5: braces come doubled, since `{0}` is a placeholder.
        assert not re.search(r"[{}]", text.replace("{{", "").replace("}}", ""))
    found: dict[str, Any] = run
    return found


def texts(value: object) -> list[str]:
    """The texts of all messages."""
    if isinstance(value, dict):
        own = [value["text"]] if set(value) == {"text"} else []
        return own + [text for part in value.values() for text in texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in texts(part)]
    return []


def place_of(result: dict[str, Any]) -> tuple[str, int]:
    (location,) = result["locations"]
    place = location["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_sarif_schema_is_the_published_one() -> None:
    assert hashlib.sha256(OFFICIAL.read_bytes()).hexdigest() in (
        OFFICIAL.parent / "NOTICE.md"
    ).read_text("utf-8")
    assert json.loads(OFFICIAL.read_bytes())["id"] == SCHEMA


@pytest.mark.parametrize("name", verdicts.SAMPLES)
def test_sarif_samples_are_valid(name: str) -> None:
    verdict = verdicts.SAMPLES[name]()
    run = run_of(verdict)
    told = [row.budget for row in verdict.checks if row.outcome != "pass"]
    assert [row["ruleId"] for row in run["results"]] == told
    budgets = list(dict.fromkeys(row.budget for row in verdict.checks))
    assert [row["id"] for row in run["tool"]["driver"]["rules"]] == budgets


def test_sarif_failed_check_has_place_numbers_and_fingerprint() -> None:
    growth, waste = run_of(verdicts.failed())["results"]
    assert (growth["level"], place_of(growth)) == ("error", ("Dockerfile", 7))
    assert (waste["level"], place_of(waste)) == ("error", ("Dockerfile", 4))
    mark = verdicts.growth_check().fingerprint
    assert growth["partialFingerprints"] == {
        "layerscopeCheck/v1": mark,
        "primaryLocationLineHash": mark,
    }
    numbers = growth["properties"]
    assert [numbers[name] for name in ("value", "baseline", "delta")] == [
        81_200_000,
        60_000_000,
        21_200_000,
    ]
    first = growth["message"]["text"].split("\n")[0]
    assert first == "app:2 linux/amd64: the own layers grew by 21.2 MB; at most 10.0 MB are allowed"


def test_sarif_category_has_an_empty_last_part() -> None:
    assert run_of(verdicts.all_passed())["automationDetails"] == {"id": CATEGORY}
    assert CATEGORY.endswith("/")


def test_sarif_passed_checks_are_rules_only() -> None:
    run = run_of(verdicts.all_passed())
    assert run["results"] == []
    rules = run["tool"]["driver"]["rules"]
    assert [row["shortDescription"]["text"] for row in rules] == [
        "compressed_bytes of image: max 200.0 MB, max increase 25%",
        "efficiency of image: min 85%",
        "layers of image: max 40",
    ]


def test_sarif_levels_follow_what_checks_count_as() -> None:
    rows = [verdicts.warn_check(), verdicts.waste_check()]
    rows += [verdicts.not_measured_check(counts) for counts in ("fail", "warn", "pass")]
    levels = [row["level"] for row in run_of(verdicts.verdict(rows))["results"]]
    assert levels == ["warning", "error", "error", "warning", "note"]


def test_sarif_base_that_warns_leaves_its_budget_an_error() -> None:
    rules = run_of(verdicts.base_grew())["tool"]["driver"]["rules"]
    assert rules[-1]["id"] == "own growth"
    assert rules[-1]["defaultConfiguration"] == {"level": "error"}


def test_sarif_waiver_is_a_suppression_and_others_say_that_they_have_none() -> None:
    rows = [verdicts.waived_check(), verdicts.waste_check()]
    waived, failed = run_of(verdicts.verdict(rows))["results"]
    assert waived["suppressions"] == [
        {"kind": "external", "status": "accepted", "justification": "CUDA wheels until #812"}
    ]
    assert (waived["level"], failed["suppressions"]) == ("note", [])


def test_sarif_expired_waiver_suppresses_nothing() -> None:
    run = run_of(verdicts.expired_waiver())
    assert [(row["level"], row["suppressions"]) for row in run["results"]] == [("error", [])]


def test_sarif_faults_and_remarks_are_notifications() -> None:
    (invocation,) = run_of(verdicts.not_measured())["invocations"]
    assert invocation["executionSuccessful"] is False
    told = invocation["toolExecutionNotifications"]
    assert [(row["level"], row["descriptor"]["id"]) for row in told] == [
        ("error", "digest-mismatch"),
        ("warning", "no-baseline"),
    ]


def test_sarif_paths_are_uris() -> None:
    def uri(path: str) -> str:
        verdict = verdicts.verdict([verdicts.growth_check()], dockerfile=path)
        (result,) = run_of(verdict)["results"]
        return place_of(result)[0]

    assert uri("./my app/Dockerfile") == "my%20app/Dockerfile"
    assert uri("/builds/a:b/Dockerfile") == "file:///builds/a%3Ab/Dockerfile"
    assert uri("c:x#y?z") == "c%3Ax%23y%3Fz"
    assert unquote_to_bytes(uri("\udcff\xe9")) == b"\xff\xc3\xa9"


def test_sarif_no_file_has_no_location() -> None:
    policy = msgspec.structs.replace(verdicts.all_passed().policy, file="")
    (result,) = run_of(verdicts.verdict([verdicts.warn_check()], policy=policy))["results"]
    assert "locations" not in result


def test_sarif_braces_are_doubled() -> None:
    row = msgspec.structs.replace(verdicts.warn_check(), reason="${A} {0} [a](1)")
    (result,) = run_of(verdicts.verdict([row]))["results"]
    assert result["message"]["text"] == "app:2 linux/amd64: ${{A}} {{0}} [a] (1)"


def test_sarif_history_limit_stands_in_words() -> None:
    limits = [LimitRow(kind="history", limit=3, holds=False)]
    row = msgspec.structs.replace(verdicts.waste_check(), limits=limits)
    (rule,) = run_of(verdicts.verdict([row]))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == "wasted_bytes of image: usual max"


def test_sarif_too_many_results_keep_the_worst() -> None:
    warned = msgspec.structs.replace(verdicts.warn_check(), line=9)
    failed = msgspec.structs.replace(verdicts.waste_check(), attribution=[])
    data = gate_sarif(verdicts.verdict([warned, warned, *[failed] * (RESULTS - 1)]))
    (run,) = json.loads(data)["runs"]
    assert len(run["results"]) == RESULTS
    assert [row["level"] for row in run["results"][:2]] == ["warning", "error"]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert told["message"]["text"] == "… 1 more results are left out"


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_sarif_hostile_names_are_valid(text: str) -> None:
    run = run_of(verdicts.hostile(text))
    # Of five outcomes four are told, each with six scopes.
    assert len(run["results"]) == 24
    for told in texts(run):
        assert all(char.isprintable() or char == "\n" for char in told)


def test_sarif_is_the_same_for_the_same_verdict() -> None:
    assert gate_sarif(verdicts.two_images()) == gate_sarif(verdicts.two_images())
