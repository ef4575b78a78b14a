"""The published JSON Schemas and the types that documents are made of say the same."""

from __future__ import annotations

import json
from typing import Any, get_args, get_type_hints

import jsonschema
import msgspec
import pytest

from layerscope.errors import UsageError
from layerscope.gate import baseline_document, verdict
from layerscope.report import (
    answers,
    cache_document,
    catalog_document,
    context_document,
    dedup_document,
    diff_document,
    dockerfile_parsed,
    document,
    explain_document,
    find_document,
    graph_document,
    lint_document,
    metrics,
    plan_nodes_document,
    plan_pull_document,
    plan_push_document,
    plan_rebase_document,
    plan_remove_document,
    plan_repack_document,
    plan_reshape_document,
    published,
    similar_document,
)

DOCUMENTS: dict[str, type[document.Row]] = {
    "layerscope.baseline/1": baseline_document.BaselineDocument,
    "layerscope.cache/1": cache_document.CacheDocument,
    "layerscope.catalog/1": catalog_document.CatalogDocument,
    "layerscope.context/1": context_document.ContextDocument,
    "layerscope.dockerfile/1": dockerfile_parsed.DockerfileDocument,
    "layerscope.explain/1": explain_document.ExplainDocument,
    "layerscope.lint/1": lint_document.LintDocument,
    "layerscope.score/1": cache_document.ScoreDocument,
    "layerscope.dedup/1": dedup_document.DedupDocument,
    "layerscope.diff/1": diff_document.DiffDocument,
    "layerscope.find/1": find_document.FindDocument,
    "layerscope.graph/1": graph_document.GraphDocument,
    "layerscope.plan-nodes/1": plan_nodes_document.PlanNodesDocument,
    "layerscope.plan-pull/1": plan_pull_document.PlanPullDocument,
    "layerscope.plan-push/1": plan_push_document.PlanPushDocument,
    "layerscope.plan-remove/1": plan_remove_document.PlanRemoveDocument,
    "layerscope.plan-rebase/1": plan_rebase_document.PlanRebaseDocument,
    "layerscope.plan-repack/1": plan_repack_document.PlanRepackDocument,
    "layerscope.plan-squash/1": plan_reshape_document.PlanSquashDocument,
    "layerscope.plan-merge/1": plan_reshape_document.PlanMergeDocument,
    "layerscope.plan-split/1": plan_reshape_document.PlanSplitDocument,
    "layerscope.report/1": document.Report,
    "layerscope.files/1": answers.FilesHead,
    "layerscope.similar/1": similar_document.SimilarDocument,
    "layerscope.history/1": answers.HistoryDocument,
    "layerscope.validate/1": answers.ValidateDocument,
    "layerscope.verdict/1": verdict.Verdict,
}
WRITTEN_APART = {"layerscope.files/1": {"entries"}}
READ = {"layerscope.config/1"}
"""What describes what layerscope reads: tests/gate/test_policy_schema.py."""


def loaded(name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(published.schema(name))
    return value


def resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    for option in [part, part.get("items", {}), *part.get("anyOf", [])]:
        if "$ref" in option:
            target: dict[str, Any] = schema["$defs"][option["$ref"].rpartition("/")[2]]
            return target
        if "properties" in option:
            return dict(option)
    raise AssertionError(part)


def test_every_schema_is_one_of_draft_2020_12() -> None:
    assert published.names() == sorted(DOCUMENTS.keys() | READ)
    for name in published.names():
        jsonschema.Draft202012Validator.check_schema(loaded(name))
        assert loaded(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_schema_has_the_fields_of_the_document(name: str) -> None:
    schema = loaded(name)

    written = {field.encode_name for field in msgspec.structs.fields(DOCUMENTS[name])}

    assert set(schema["properties"]) == written | WRITTEN_APART.get(name, set())
    assert schema["properties"]["schema"] == {"const": name}


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_schema_has_the_fields_of_every_row(name: str) -> None:
    schema = loaded(name)
    stack = [(schema, DOCUMENTS[name])]
    seen = 0
    while stack:
        part, kind = stack.pop()
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
        assert fields.keys() <= part["properties"].keys(), kind
        hints = get_type_hints(kind)
        for encoded, field in fields.items():
            inner = [
                row
                for option in (hints[field], *get_args(hints[field]))
                for row in (option, *get_args(option))
                if isinstance(row, type) and issubclass(row, document.Row)
            ]
            if inner:
                stack.append((resolved(schema, part["properties"][encoded]), inner[0]))
                seen += 1
    assert seen


def test_file_rows_have_the_fields_of_the_schema() -> None:
    entry = loaded("files")["$defs"]["entry"]

    assert set(entry["properties"]) == set(answers.FileRow.__struct_fields__)


def test_every_unit_of_a_metric_is_in_the_schema() -> None:
    units = loaded("report")["$defs"]["metric"]["properties"]["unit"]["enum"]

    assert set(metrics.UNITS.values()) <= set(units)


def test_schema_is_found_by_its_short_names() -> None:
    assert published.schema("report") == published.schema("report/1")
    assert published.schema("report") == published.schema("layerscope.report/1")


def test_schema_of_an_unknown_name_is_a_usage_error_that_lists_the_known() -> None:
    with pytest.raises(UsageError) as caught:
        published.schema("report/9")

    assert "layerscope.report/1" in caught.value.hint
