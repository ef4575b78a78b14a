"""What docs/guides/gate-in-ci.md shows is what there is: budgets load, inputs and files exist."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from layerscope.cli.configuration import load_policy
from tests.ci.action_runner import action
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (REPOSITORY / "docs" / "guides" / "gate-in-ci.md").read_text()
BUDGETS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
YAML = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DIVE = re.findall(r"^\| `(\w+: \S+)` \| `(.*?)`, `(.*?)` \|$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("text", BUDGETS)
def test_budgets_of_the_guide_are_a_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "layerscope.toml").write_text(text)

    [budget] = load_policy(str(tmp_path / "layerscope.toml")).budgets

    assert budget.maximum == 200_000_000


def test_steps_of_the_guide_give_the_action_inputs_that_it_has() -> None:
    steps: list[dict[str, Any]] = [
        step
        for text in YAML
        for step in (yaml.safe_load(text) if isinstance(yaml.safe_load(text), list) else [])
        if step.get("uses", "").startswith("OWNER/layerscope@")
    ]

    assert len(steps) == 2
    assert all(set(step["with"]) <= set(action()["inputs"]) for step in steps)


def test_outputs_of_the_guide_are_those_of_the_action() -> None:
    table = PAGE.split("| output | what it is |")[1].split("\n\n")[0]
    names = {
        name
        for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }

    assert names == set(action()["outputs"])


def test_hook_of_the_guide_is_one_that_there_is() -> None:
    [hook] = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())

    assert f"- id: {hook['id']}\n" in PAGE


@pytest.mark.parametrize(("rule", "metric", "bound"), DIVE)
def test_rule_of_dive_is_the_budget_beside_it(
    tmp_path: Path, rule: str, metric: str, bound: str
) -> None:
    (tmp_path / ".dive-ci").write_text(f"rules:\n  {rule}\n")
    (tmp_path / "layerscope.toml").write_text(f"[[budget]]\n{metric}\n{bound}\n")
    wanted = tomllib.loads(metric)["metric"].replace("-", "_")

    [ours] = load_policy(str(tmp_path / "layerscope.toml")).budgets
    theirs = [
        budget
        for budget in load_policy(str(tmp_path / ".dive-ci")).budgets
        if budget.metric.startswith(wanted)
    ]

    assert [(each.metric, each.minimum, each.maximum) for each in theirs] == [
        (ours.metric, ours.minimum, ours.maximum)
    ]


def test_guide_compares_every_rule_of_dive() -> None:
    assert len(DIVE) == 3
