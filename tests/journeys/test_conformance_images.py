"""Every image of the shared fixtures, as a report: what other programs found must be found."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from layerscope.journeys.analyze import analyze
from layerscope.report import published
from layerscope.report.store import dump
from tests.surroundings import shared

IMAGES = shared("conformance", "images")
CASES = sorted(path.parent.name for path in IMAGES.glob("*/expected.json"))

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not CASES, reason="../shared/conformance/images is not there"),
]


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(published.schema("report"))
    return loaded


def expected(case: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((IMAGES / case / "expected.json").read_bytes())
    return loaded


def layer_facts(layer: dict[str, Any]) -> dict[str, Any]:
    return {
        "digest": layer["digest"],
        "diff_id": layer["diff_id"],
        "chain_id": layer["chain_id"],
        "media_type": layer["media_type"],
        "compression": layer["compression"],
        "compressed_bytes": layer["size"],
        "uncompressed_bytes": layer["uncompressed_size"],
        "entries": layer["entries"],
        "files": layer["files"],
    }


@pytest.mark.parametrize("case", CASES)
def test_report_of_a_fixture_says_what_its_expectation_says(case: str) -> None:
    wanted = expected(case)

    document = json.loads(dump(analyze([str(IMAGES / case / wanted["image"])], jobs=1).report))

    jsonschema.validate(document, schema(), cls=jsonschema.Draft202012Validator)
    images = wanted.get("images", [])
    assert len(document["images"]) == len(images)
    for found, image in zip(document["images"], images, strict=True):
        assert found["config_digest"] == image.get("config_digest")
        if "manifest_digest" in image:
            assert found["manifest_digest"] == image["manifest_digest"]
        assert found["platform"]["os"] == image["platform"]["os"]
        assert found["platform"]["architecture"] == image["platform"]["architecture"]
        assert found["platform"].get("variant") == image["platform"].get("variant")
        assert found["created"] == image["created"]
        assert len(found["layers"]) == len(image["layers"])
        for got, layer in zip(found["layers"], image["layers"], strict=True):
            if layer.get("missing"):
                assert got["verified"] == "failed"
                assert got["missing"]
                continue
            facts = layer_facts(layer)
            assert {name: got[name] for name in facts} == facts
            assert got["verified"] == "read"
        rows = [row["layer"] for row in found["history"]]
        owners = image.get("history_to_layer") or []
        assert rows == [None if owner == "beyond" else owner for owner in owners]
        created = [record.get("created") for record in image.get("history") or []]
        assert [row["created"] for row in found["history"]] == created
        lines = [record.get("created_by") for record in image.get("history") or []]
        assert [row["created_by"] for row in found["history"]] == lines
