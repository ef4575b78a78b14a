"""A small runner of composite actions: the steps of action.yml in bash, `GITHUB_*` in real files.

It follows what GitHub documents, and refuses what it does not know: a step does less here never.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
IS_TRUE = re.compile(r"\$\{\{ inputs\.([a-z-]+) == 'true' \}\}")
OUTPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
COMMAND = re.compile(r"\s*::(?P<name>[A-Za-z-]+)(?: (?P<properties>.*?))?::(?P<value>.*)")


@dataclass
class ActionRun:
    """What a run of an action left behind.

    Attributes:
        status: Of the step that failed, else 0.
        outputs: Of the action.
        summary: What all steps put on the page of the run.
        log: What all steps printed.
        commands: Commands to the runner in the log that it obeys: name, properties, value.
        step_outputs: Outputs of each step that has an id.
    """

    status: int = 0
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    log: str = ""
    commands: list[tuple[str, str, str]] = field(default_factory=list)
    step_outputs: dict[str, dict[str, str]] = field(default_factory=dict)


def action() -> dict[str, Any]:
    """The decoded action.yml."""
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "action.yml").read_text())
    return found


def run_action(
    folder: Path, inputs: Mapping[str, str], *, path: str = "", steps: int | None = None
) -> ActionRun:
    """The action run with these inputs in `folder`, which is the checkout of whoever uses it.

    Args:
        folder: The working folder; what belongs to the runner is put beside it.
        inputs: Without those that keep their default.
        path: Folders in front of PATH.
        steps: How many steps are run; None is all.
    """
    metadata = action()
    unknown = set(inputs) - set(metadata["inputs"])
    assert not unknown, f"the action has no inputs {unknown}"
    values = {name: given["default"] for name, given in metadata["inputs"].items()} | dict(inputs)
    runner = folder.parent / f"{folder.name}.runner"
    (runner / "temp").mkdir(parents=True)
    run = ActionRun()
    for number, step in enumerate(metadata["runs"]["steps"][:steps]):
        if not _wanted(step.get("if"), values):
            continue
        output, summary = runner / f"output-{number}", runner / f"summary-{number}"
        output.touch()
        summary.touch()
        environment = {
            **_inherited(path),
            "GITHUB_ACTION_PATH": str(REPOSITORY),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "RUNNER_TEMP": str(runner / "temp"),
            **{name: _value(text, values, run) for name, text in step.get("env", {}).items()},
        }
        status, log = _shell(step, runner / f"step-{number}.sh", folder, environment)
        run.log += log
        run.summary += summary.read_text()
        run.step_outputs[step.get("id", f"__{number}")] = read_outputs(output.read_text())
        if status != 0:
            run.status = status
            break
    run.commands = obeyed(run.log)
    # As the runner does it, also after a failed step.
    run.outputs = {
        name: _value(given["value"], values, run) for name, given in metadata["outputs"].items()
    }
    return run


def _inherited(path: str) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GITHUB_", "RUNNER_", "GATE_", "COV_"))
    }
    return {**kept, "PATH": f"{path}:{kept['PATH']}" if path else kept["PATH"]}


def _shell(
    step: Mapping[str, Any], script: Path, folder: Path, environment: Mapping[str, str]
) -> tuple[int, str]:
    assert step["shell"] == "bash"
    assert not EXPRESSION.search(step["run"]), "an expression inside of a script"
    script.write_text(step["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=600,
    )
    return done.returncode, done.stdout.decode(errors="surrogateescape")


def _wanted(condition: str | None, inputs: Mapping[str, str]) -> bool:
    if condition is None:
        return True
    match = IS_TRUE.fullmatch(condition)
    assert match, f"this runner does not know the condition {condition}"
    return inputs[match[1]] == "true"


def _value(text: str, inputs: Mapping[str, str], run: ActionRun) -> str:
    match = EXPRESSION.fullmatch(text)
    assert match, f"expected one expression, found {text!r}"
    parts = match[1].split(".")
    if parts[0] == "inputs":
        return inputs[parts[1]]
    assert parts[0] == "steps", f"this runner does not know {match[1]}"
    assert parts[2] == "outputs", f"this runner does not know {match[1]}"
    return run.step_outputs.get(parts[1], {}).get(parts[3], "")


def read_outputs(text: str) -> dict[str, str]:
    """What a step wrote to `$GITHUB_OUTPUT`: `NAME=VALUE`, or `NAME<<WORD` up to a line `WORD`.

    A line that is neither fails, as it fails the step on GitHub.
    """
    found = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        head, fence, word = line.partition("<<")
        name, equals, value = line.partition("=")
        if fence and "=" not in head:
            name, collected = head, []
            for inner in lines:
                if inner == word:
                    break
                collected.append(inner)
            else:
                raise AssertionError(f"no line {word!r} ends the output {head!r}")
            value = "\n".join(collected)
        else:
            assert equals, f"invalid format: {line!r}"
        assert OUTPUT_NAME.fullmatch(name), f"no name of an output: {name!r}"
        found[name] = value
    return found


def obeyed(log: str) -> list[tuple[str, str, str]]:
    """Commands in a log that a runner obeys; between `stop-commands` and its word it obeys none."""
    found = []
    word = None
    for line in re.split(r"\r\n|\r|\n", log):
        match = COMMAND.fullmatch(line)
        if word is not None:
            word = None if line.strip() == f"::{word}::" else word
        elif match and match["name"] == "stop-commands":
            word = match["value"]
        elif match:
            found.append((match["name"], match["properties"] or "", match["value"]))
    assert word is None, "commands stay switched off"
    return found
