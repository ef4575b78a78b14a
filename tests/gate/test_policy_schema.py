"""The published schema of a configuration and what reads one accept and refuse the same."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import Any

import jsonschema
import pytest

from layerscope.errors import UsageError
from layerscope.gate.metrics import METRICS, metric_named
from layerscope.gate.policy_file import BUDGETS_MOST, policy_of
from layerscope.gate.policy_scope import SCOPES
from layerscope.gate.policy_tables import TABLES, keys
from layerscope.report.published import schema

SCHEMA: dict[str, Any] = json.loads(schema("config"))

VALID = [
    'max = "200 MB"',
    "max = 200",
    "min = 0.0",
    'max-increase = "+5 %"',
    'max-increase = "1 MiB"\nmax-increase-percent = 2.5',
    'max-increase-percent = "+5%"',
    'max = 1\nlayer = "own"',
    "max = 1\nlayer = -1",
    'max = 1\nlayer = "sha256:abcdef012345"',
    'max = 1\npath = "/usr/**"',
    'max = 1\npackage = "pkg:deb/*"',
    'max = 1\ninstruction = "RUN *"',
    'max = 1\nimage = "app:*"\nname = "n"',
    'max = 1\nseverity = "warn"\nnot-measured = "pass"\nmin-change = "1 kB"',
    'max = 1\nuntil = 2026-12-31\nreason = "r"',
    'max = 1\nuntil = "2026-12-31"\nreason = "r"',
]
INVALID = [
    "",
    "min-change = 1",
    "maxx = 1",
    "max_increase = 1",
    "max = -1",
    'max = "-1 MB"',
    'max = "lots"',
    "max = true",
    "max = []",
    "max-increase-percent = -1",
    'max-increase-percent = "five"',
    'max = 1\nlayer = "top"',
    "max = 1\nlayer = true",
    "max = 1\nlayer = 1.5",
    "max = 1\nlayer = 10000",
    'max = 1\nlayer = 0\npath = "/a"',
    'max = 1\npackage = "a"\ninstruction = "b"',
    'max = 1\npath = ""',
    'max = 1\nimage = ""',
    'max = 1\nseverity = "error"',
    'max = 1\nnot-measured = "skip"',
    "max = 1\nuntil = 2026-12-31",
    'max = 1\nreason = "r"',
    'max = 1\nuntil = "soon"\nreason = "r"',
    'max = 1\nuntil = 2026-12-31\nreason = " "',
    'max = 1\nname = ""',
    f'max = 1\nname = "{"n" * 101}"',
    "max = 1\nmetric_ = 1",
]
GATES_VALID = [
    "",
    'baseline = "b.json"',
    'baseline = ["a.json", "b.tar"]\nrequire-baseline = true',
    'fail-on = "warn"\ndockerfile = "Dockerfile"',
]
GATES_INVALID = [
    'baseline = ""',
    "baseline = 1",
    "baseline = [1]",
    'require-baseline = "yes"',
    'fail-on = "error"',
    'dockerfile = ""',
    "budgets = 1",
]
FILES_INVALID = [
    "",
    "budget = []",
    "[budget]\nmax = 1",
    "budget = 3",
    "[[budget]]\nmax = 1",
    "x = 1",
]


def accepted_by_schema(text: str) -> bool:
    # JSON has no dates: an editor's plug-in gives the day as it is written.
    values = json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(values)


def accepted_by_reader(text: str) -> bool:
    try:
        policy_of(tomllib.loads(text), "f")
    except UsageError:
        return False
    return True


def budget(keys_: str) -> str:
    return f'[[budget]]\nmetric = "wasted"\n{keys_}\n'


def test_schema_is_one_of_draft_2020_12() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMA["title"] == "layerscope.config/1"


def test_schema_has_the_tables_and_keys_that_are_read() -> None:
    assert set(SCHEMA["properties"]) == set(TABLES)
    for name, kind in TABLES.items():
        part = SCHEMA["$defs"][name]
        assert set(part["properties"]) == set(keys(kind))
        needed = {key for key, field in keys(kind).items() if field.required}
        assert set(part.get("required", [])) == needed
        assert part["additionalProperties"] is False
    assert SCHEMA["properties"]["budget"]["maxItems"] == BUDGETS_MOST


def test_schema_has_the_defaults_that_hold() -> None:
    for name, kind in TABLES.items():
        for key, field in keys(kind).items():
            told = SCHEMA["$defs"][name]["properties"][key].get("default", None)
            # Without fail-on the command line decides, whose default is `fail`.
            assert told == ("fail" if key == "fail-on" else field.default) or field.required


def test_every_key_has_a_description() -> None:
    for name in TABLES:
        for key, part in SCHEMA["$defs"][name]["properties"].items():
            assert part.get("description"), key


def test_every_metric_is_in_the_schema_and_nothing_else() -> None:
    words = SCHEMA["$defs"]["budget"]["properties"]["metric"]["enum"]
    found = [metric_named(word) for word in words]

    assert None not in found
    assert {metric.name for metric in found if metric} == set(METRICS)
    assert {name.removesuffix("_bytes").replace("_", "-") for name in METRICS} <= set(words)


def test_parts_exclude_each_other_in_the_schema() -> None:
    assert set(SCHEMA["$defs"]["budget"]["dependentSchemas"]) == set(SCOPES)


@pytest.mark.parametrize("keys_", VALID)
def test_valid_budget_is_valid_in_both(keys_: str) -> None:
    assert accepted_by_reader(budget(keys_))
    assert accepted_by_schema(budget(keys_))


@pytest.mark.parametrize("keys_", INVALID)
def test_invalid_budget_is_invalid_in_both(keys_: str) -> None:
    assert not accepted_by_reader(budget(keys_))
    assert not accepted_by_schema(budget(keys_))


@pytest.mark.parametrize("keys_", GATES_VALID)
def test_valid_gate_is_valid_in_both(keys_: str) -> None:
    text = f"[gate]\n{keys_}\n{budget('max = 1')}"

    assert accepted_by_reader(text)
    assert accepted_by_schema(text)


@pytest.mark.parametrize("keys_", GATES_INVALID)
def test_invalid_gate_is_invalid_in_both(keys_: str) -> None:
    text = f"[gate]\n{keys_}\n{budget('max = 1')}"

    assert not accepted_by_reader(text)
    assert not accepted_by_schema(text)


@pytest.mark.parametrize("text", FILES_INVALID)
def test_invalid_file_is_invalid_in_both(text: str) -> None:
    assert not accepted_by_reader(text)
    assert not accepted_by_schema(text)
