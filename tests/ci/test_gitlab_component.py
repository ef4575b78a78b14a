"""The GitLab component: its header, its job by GitLab's schema, and the job run."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.ci.checking import CI, GENEROUS, TIGHT, conforms, program, shellcheck
from tests.cli.running import app_tar

if TYPE_CHECKING:
    from pathlib import Path

INPUT = re.compile(r"\$\[\[ inputs\.([a-z-]+) \]\]")


def component() -> tuple[dict[str, Any], str]:
    """The header's inputs, and the text of the jobs."""
    text = (CI / "gitlab" / "template.yml").read_text()
    header, jobs = text.split("\n---\n")
    inputs: dict[str, Any] = yaml.safe_load(header)["spec"]["inputs"]
    return inputs, jobs


def interpolated(**given: object) -> dict[str, Any]:
    """The jobs with inputs filled in as GitLab does it: in values, after the YAML was read."""
    inputs, jobs = component()
    values = {name: (row or {}).get("default") for name, row in inputs.items()}
    values |= {name.replace("_", "-"): value for name, value in given.items()}

    def filled(value: Any) -> Any:  # noqa: ANN401 - whatever YAML holds
        if isinstance(value, dict):
            return {filled(key): filled(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [filled(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if whole := INPUT.fullmatch(value):
            return values[whole[1]]
        return INPUT.sub(lambda match: str(values[match[1]]), value)

    found: dict[str, Any] = filled(yaml.safe_load(jobs))
    return found


def test_component_uses_the_inputs_that_it_declares() -> None:
    inputs, jobs = component()

    assert set(INPUT.findall(jobs)) == set(inputs)
    assert jobs.count("$[[") == len(INPUT.findall(jobs))
    known = {"default", "description", "options", "regex", "type"}
    assert all(set(row or {}) <= known for row in inputs.values())
    assert {row.get("type", "string") for row in inputs.values()} <= {
        "string",
        "array",
        "boolean",
        "number",
    }


def test_component_has_the_form_that_gitlab_documents() -> None:
    jobs = interpolated(layerscope_image="registry.example/layerscope:1", images="app.tar")

    conforms(jobs, "gitlab-ci.json")
    [job] = jobs.values()
    assert job["artifacts"]["when"] == "always"
    assert set(job["artifacts"]["reports"]) == {"junit", "codequality", "metrics"}


def test_component_pastes_no_input_into_a_script() -> None:
    [job] = yaml.safe_load(component()[1]).values()

    [script] = job["script"]
    assert "$[[" not in script
    assert shellcheck(script, "sh") == ""


@pytest.mark.parametrize(("budgets", "status"), [(GENEROUS, 0), (TIGHT, 1)])
def test_job_of_the_component_leaves_what_it_promises(
    tmp_path: Path, budgets: str, status: int
) -> None:
    [job] = interpolated(layerscope_image="x", images="app.tar  app.tar").values()
    work = tmp_path / "work"
    work.mkdir()
    app_tar(work)
    (work / "layerscope.toml").write_text(budgets)
    (work / "Dockerfile").write_text("FROM scratch\nCOPY app /srv\n")

    done = subprocess.run(
        ["sh", "-c", job["script"][0]],
        cwd=work,
        env={"PATH": program(tmp_path / "bin"), "LAYERSCOPE_CATALOG": "", **job["variables"]},
        capture_output=True,
        check=False,
    )

    assert done.returncode == status, done.stderr
    promised = job["artifacts"]["reports"].values()
    assert all((work / path).stat().st_size for path in promised)
