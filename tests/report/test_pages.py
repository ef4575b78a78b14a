"""The pages on documents and metrics say what the code knows."""

from __future__ import annotations

import json
import re

from layerscope.analysis.facts import facts_of
from layerscope.report.from_results import build
from layerscope.report.metrics import UNITS
from layerscope.report.published import names, schema
from layerscope.sources.limits import DEFAULT_LIMITS
from tests.report.made import image, layer, opened, outcomes
from tests.surroundings import REPOSITORY

PAGES = REPOSITORY / "docs" / "reference"


def rows_of(page: str) -> list[list[str]]:
    """The cells of each row of the page's first table whose first cell is a name."""
    lines = (PAGES / page).read_text(encoding="utf-8").partition("\n## ")[0].splitlines()
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| `")
    ]


def test_every_metric_has_a_row_with_its_unit_in_order() -> None:
    assert [(name, unit) for name, _, unit, _ in rows_of("metrics.md")] == sorted(UNITS.items())


def test_every_metric_has_the_scope_of_its_row() -> None:
    inputs = [opened(image("a", layer(0, "base")))]
    facts = dict.fromkeys([(0, 0)], facts_of(inputs[0].images, [None], DEFAULT_LIMITS)[0])
    report = build(inputs, outcomes(inputs, {"base": (1, 2, 3)}), facts)

    scopes = {row.name: row.scope.partition(":")[0] for row in report.metrics}

    assert scopes == {name: scope for name, scope, _, _ in rows_of("metrics.md")}


def test_every_document_has_a_row_with_its_fields() -> None:
    found = {name: re.findall(r"\w+", fields) for name, _, fields in rows_of("documents.md")}

    assert sorted(found) == names()
    assert found == {name: sorted(json.loads(schema(name))["properties"]) for name in names()}
