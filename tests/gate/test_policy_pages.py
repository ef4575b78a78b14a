"""The pages on configuration and metrics say what the code knows."""

from __future__ import annotations

import re
import tomllib

from layerscope.gate.dive_ci import DEFAULTS
from layerscope.gate.metrics import METRICS, metric_named
from layerscope.gate.policy_file import metric_words, policy_of
from layerscope.gate.policy_tables import TABLES, keys
from layerscope.report.metrics import UNITS
from tests.surroundings import REPOSITORY

PAGES = REPOSITORY / "docs" / "reference"
ORDER = ("image", "layer", "path", "package", "instruction", "run")


def section(page: str, heading: str) -> str:
    """What stands below a heading, up to the next of its kind."""
    text = (PAGES / page).read_text(encoding="utf-8")
    return text.partition(f"\n## {heading}")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_every_key_has_a_row_in_order() -> None:
    for name, heading in (("gate", "`[gate]`"), ("budget", "`[[budget]]`")):
        table = section("configuration.md", heading).partition("\n### ")[0]
        found = [row[0].strip("`") for row in rows(table)]

        assert sorted(found) == sorted(keys(TABLES[name]))


def test_every_default_is_in_its_row() -> None:
    for name, heading in (("gate", "`[gate]`"), ("budget", "`[[budget]]`")):
        table = section("configuration.md", heading).partition("\n### ")[0]
        defaults = {row[0].strip("`"): row[2] for row in rows(table)}
        for key, field in keys(TABLES[name]).items():
            if isinstance(field.default, bool):
                assert defaults[key] == f"`{str(field.default).lower()}`"
            elif isinstance(field.default, str):
                assert defaults[key] == f'`"{field.default}"`'


def test_every_metric_has_a_row_with_unit_parts_and_words() -> None:
    found = [
        (row[0].strip("`"), row[1], row[2], row[3])
        for row in rows(section("configuration.md", "Metrics"))
    ]

    assert found == [
        (
            word,
            metric.unit,
            ", ".join(kind for kind in ORDER if kind in metric.scopes),
            metric.about,
        )
        for word, metric in zip(metric_words(), METRICS.values(), strict=True)
    ]


def test_every_metric_that_no_report_lists_has_a_row_on_the_page_of_metrics() -> None:
    found = {
        row[0].strip("`"): (row[1], row[2])
        for row in rows(section("metrics.md", "What only a gate asks for"))
    }

    assert found == {
        name: (", ".join(kind for kind in ORDER if kind in metric.scopes), metric.unit)
        for name, metric in METRICS.items()
        if name not in UNITS
    }
    assert list(found) == sorted(found)


def test_every_example_is_a_policy() -> None:
    text = (PAGES / "configuration.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert len(examples) == 3

    for example in examples:
        values = tomllib.loads(example)
        values.setdefault("budget", [{"metric": "files", "max": 1}])
        assert policy_of(values, "f").budgets


def test_every_rule_of_dive_has_a_row_with_default_and_budget() -> None:
    found = rows(section("configuration.md", "dive-ci"))

    assert {row[0].strip("`"): row[1].strip("`") for row in found} == DEFAULTS
    for row in found:
        metric = metric_named(row[2].split("`")[1])
        assert metric is not None
        assert metric.name.startswith("dive_")
