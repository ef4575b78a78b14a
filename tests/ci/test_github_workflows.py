"""The files for GitHub, by their schemas and by the rules that keep forks harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.ci.checking import CI, conforms, decoded, shellcheck
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOWS = sorted((CI / "github").glob("*.yml"))


def workflow(path: Path) -> dict[str, Any]:
    """The decoded workflow. YAML 1.1 takes the key `on` for a truth value, GitHub does not."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text())
    return {"on" if key is True else key: value for key, value in found.items()}


def test_action_has_the_form_that_github_documents() -> None:
    conforms(decoded(REPOSITORY / "action.yml"), "github-action.json")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_has_the_form_that_github_documents(path: Path) -> None:

    conforms(workflow(path), "github-workflow.json")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflow_pastes_no_expression_into_a_script(path: Path) -> None:
    for job in decoded(path)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
            assert shellcheck(step.get("run", ""), "bash") == ""


def test_workflow_that_runs_foreign_code_may_only_read() -> None:
    found = decoded(CI / "github" / "gate.yml")

    assert found["permissions"] == {"contents": "read"}
    assert all("permissions" not in job for job in found["jobs"].values())
    assert "secrets." not in (CI / "github" / "gate.yml").read_text()
    [checkout] = [
        step
        for step in found["jobs"]["gate"]["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert checkout["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_to_commits(path: Path) -> None:
    uses = re.findall(r"uses: (\S+)@(\S+)", path.read_text())

    assert all(
        re.fullmatch("[0-9a-f]{40}", pin) or (name, pin) == ("OWNER/layerscope", "COMMIT")
        for name, pin in uses
    )


def test_comment_workflow_waits_for_the_gate_workflow_and_its_artifact() -> None:
    gate, comment = (workflow(CI / "github" / name) for name in ("gate.yml", "gate-comment.yml"))
    [upload] = [
        step
        for step in gate["jobs"]["gate"]["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    ]

    assert comment["on"]["workflow_run"]["workflows"] == [gate["name"]]
    assert upload["with"]["path"] == "${{ steps.gate.outputs.comment }}"
    script = comment["jobs"]["comment"]["steps"][0]["run"]
    assert f'"{upload["with"]["name"]}"' in script
    assert "unzip -p artifact.zip comment.md" in script


def test_workflow_gives_the_action_inputs_that_it_has() -> None:
    inputs = set(decoded(REPOSITORY / "action.yml")["inputs"])
    outputs = set(decoded(REPOSITORY / "action.yml")["outputs"])
    text = (CI / "github" / "gate.yml").read_text()
    [step] = [
        step
        for step in decoded(CI / "github" / "gate.yml")["jobs"]["gate"]["steps"]
        if "layerscope" in step.get("uses", "")
    ]

    assert set(step["with"]) <= inputs
    assert set(re.findall(r"steps\.gate\.outputs\.(\w+)", text)) <= outputs
