"""The GitHub action, step by step in bash, as a workflow that uses it would see it."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from layerscope.synth import tree_language
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.ci.action_runner import ActionRun, action, obeyed, read_outputs, run_action
from tests.ci.checking import GENEROUS, TIGHT
from tests.cli.running import app_tar, damaged_tar, run
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

GROWTH = '[[budget]]\nname = "growth"\nmetric = "compressed"\nmax-increase = "1 kB"\n'
OUTPUTS = {
    "passed",
    "outcome",
    "status",
    "size",
    "delta",
    "report",
    "verdict",
    "comment",
    "sarif",
    "junit",
}
MARKER = "<!-- layerscope:gate -->"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A checkout with an image; `layerscope` is on the PATH of `act`."""
    folder = tmp_path / "workspace"
    folder.mkdir()
    app_tar(folder)
    return folder


def act(workspace: Path, budgets: str = GENEROUS, **inputs: str) -> ActionRun:
    """The action with the program of this checkout; inputs have `_` for `-`."""
    (workspace / "layerscope.toml").write_text(budgets)
    programs = workspace.parent / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "layerscope").write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(REPOSITORY))} "
        f'exec {shlex.quote(sys.executable)} -m layerscope "$@"\n'
    )
    (programs / "layerscope").chmod(0o755)
    given = {"version": "preinstalled", "python": sys.executable}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    return run_action(workspace, given, path=str(programs))


def bigger(workspace: Path, name: str = "bigger.tar") -> Path:
    """The image of `app_tar` with 50,000 bytes more in a layer of its own."""
    more = "layer RUN make data\nadd srv/data file size=50000 x\n"
    return docker_archive(
        workspace / name,
        tree_language.image(
            "layer ADD rootfs.tar /\nadd etc dir\nadd etc/motd file hello\n" + more, "app:1"
        ),
    )


def test_gate_that_passes_sets_every_output(workspace: Path) -> None:
    done = act(workspace, images="app.tar")

    assert done.status == 0, done.log
    assert set(done.outputs) == OUTPUTS
    assert {name: done.outputs[name] for name in ("passed", "outcome", "status", "delta")} == {
        "passed": "true",
        "outcome": "pass",
        "status": "0",
        "delta": "",
    }
    verdict = json.loads(_read(done, "verdict"))
    assert int(done.outputs["size"]) == verdict["images"][0]["new"]["compressed_bytes"]
    assert json.loads(_read(done, "report"))["schema"] == "layerscope.report/1"
    assert _read(done, "comment").splitlines()[0] == MARKER
    assert json.loads(_read(done, "sarif"))["version"] == "2.1.0"
    assert _read(done, "junit").startswith("<?xml")
    assert done.summary
    assert not [row for row in done.commands if row[0] == "error"]


def test_gate_that_fails_has_its_summary_and_outputs_before_the_step_fails(
    workspace: Path,
) -> None:
    done = act(workspace, TIGHT, images="app.tar")

    assert done.status == 1
    assert (done.outputs["passed"], done.outputs["outcome"]) == ("false", "fail")
    assert done.outputs["status"] == "1"
    assert "size" in done.summary
    assert [row for row in done.commands if row[0] == "error"]
    assert json.loads(_read(done, "verdict"))["passed"] is False


def test_exit_zero_lets_the_step_pass_and_says_that_the_gate_did_not(workspace: Path) -> None:
    done = act(workspace, TIGHT, images="app.tar", exit_zero="true")

    assert (done.status, done.outputs["passed"]) == (0, "false")


def test_baseline_gives_the_delta_and_the_report_of_one_run_is_the_baseline_of_the_next(
    workspace: Path,
) -> None:
    bigger(workspace)
    before = act(workspace, GROWTH, images="app.tar")
    (workspace.parent / "workspace.runner").rename(workspace.parent / "first")
    report = before.outputs["report"].replace("/workspace.runner/", "/first/")

    done = act(workspace, GROWTH, images="bigger.tar", baseline=f"\n  {report}\n")

    assert done.status == 1, done.log
    # Headers are 512 bytes. Then: a file of 50,000 bytes, in whole blocks. Before: a folder, a file
    # of 3,000 bytes, a link, and what says that its name is not UTF-8 (512 bytes and a header).
    grown = (512 + 50_176) - (512 + 512 + 3072 + 512 + 1024)
    assert int(done.outputs["delta"]) == grown
    assert int(done.outputs["size"]) == int(before.outputs["size"]) + grown


def test_several_images_are_summed_up(workspace: Path) -> None:
    bigger(workspace)

    done = act(workspace, images="  app.tar\r\n\n\tbigger.tar  \n")

    assert done.status == 0, done.log
    images = json.loads(_read(done, "verdict"))["images"]
    assert [len(images), int(done.outputs["size"])] == [
        2,
        sum(image["new"]["compressed_bytes"] for image in images),
    ]


def test_saved_report_is_judged_in_place_of_images(workspace: Path) -> None:
    first = act(workspace, images="app.tar")
    (workspace.parent / "workspace.runner").rename(workspace.parent / "first")
    report = first.outputs["report"].replace("/workspace.runner/", "/first/")

    done = act(workspace, report=report)

    assert done.status == 0, done.log
    assert done.outputs["report"] == report
    assert done.outputs["size"] == first.outputs["size"]


def test_broken_configuration_fails_with_2_and_has_no_verdict(workspace: Path) -> None:
    done = act(workspace, "[[budget]]\nmetrik = 1\n", images="app.tar")

    assert done.status == 2
    assert (done.outputs["passed"], done.outputs["status"]) == ("false", "2")
    assert all(done.outputs[name] == "" for name in OUTPUTS - {"passed", "status"})
    assert "exit status 2" in done.summary
    assert "metrik" in done.log


def test_damaged_image_fails_with_3_and_is_never_small(workspace: Path) -> None:
    damaged_tar(workspace, "broken.tar")

    done = act(workspace, images="broken.tar")

    assert done.status == 3
    assert (done.outputs["passed"], done.outputs["size"]) == ("false", "")


def test_missing_image_fails_with_3(workspace: Path) -> None:
    done = act(workspace, images="nowhere.tar")

    assert (done.status, done.outputs["passed"]) == (3, "false")


def test_neither_images_nor_report_fails_with_2(workspace: Path) -> None:
    assert act(workspace).status == 2


@pytest.mark.parametrize("name", ["exit_zero", "require_baseline"])
def test_input_that_is_neither_true_nor_false_fails_with_2(workspace: Path, name: str) -> None:
    done = act(workspace, images="app.tar", **{name: "yes"})

    assert done.status == 2
    assert done.commands[-1][2].startswith(f'The input "{name.replace("_", "-")}"')
    assert done.outputs["passed"] == "false"


def test_required_baseline_that_is_not_there_fails_with_2(workspace: Path) -> None:
    assert act(workspace, GROWTH, images="app.tar", require_baseline="true").status == 2


def test_summary_is_left_out_on_request(workspace: Path) -> None:
    done = act(workspace, images="app.tar", summary="false")

    assert (done.status, done.summary) == (0, "")


def test_unknown_version_is_refused(workspace: Path) -> None:
    done = act(workspace, images="app.tar", version="1.2.3")

    assert done.status == 2
    assert "neither" in done.log
    assert done.outputs["passed"] == ""


HOSTILE = (
    "::error::forged",
    "x\npassed=true",
    "x\nreport<<EOF\n/etc/passwd\nEOF",
    "\n::add-mask::s\n",
    "::set-output name=passed::true",
    "x\r::warning::forged",
    "$(touch pwned)`touch pwned`",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_names_from_an_image_are_neither_outputs_nor_commands(workspace: Path, text: str) -> None:
    image = ImageBuilder(names=(text,)).layer(
        Tree().file(f"srv/{text.replace('/', '_')}", b"x" * 5000), f"RUN {text}"
    )
    docker_archive(workspace / "hostile.tar", image)

    done = act(workspace, TIGHT, images="hostile.tar")

    assert done.status == 1, done.log
    assert (done.outputs["passed"], done.outputs["status"]) == ("false", "1")
    assert done.outputs["report"].endswith("/report.json")
    assert {name for name, _, _ in done.commands} <= {"error", "warning", "notice"}
    assert not [value for _, _, value in done.commands if value == "forged"]
    assert not list(workspace.parent.rglob("pwned"))


@pytest.mark.parametrize("text", ["$(touch pwned).tar", "`touch pwned`.tar", "a;touch pwned", "-x"])
def test_inputs_are_values_and_no_shell(workspace: Path, text: str) -> None:
    (workspace / text).write_bytes((workspace / "app.tar").read_bytes())

    done = act(workspace, images=text)

    assert done.status == 0, done.log
    assert not (workspace / "pwned").exists()


def test_line_end_in_the_name_of_a_report_makes_no_second_output(workspace: Path) -> None:
    name = "x\npassed=true\nreport.json"
    saved = run("analyze", "-f", "json", "-o", name, "app.tar", cwd=workspace)

    done = act(workspace, TIGHT, report=name)

    assert saved.status == 0
    assert done.status == 1, done.log
    assert (done.outputs["passed"], done.outputs["report"]) == ("false", name)


def test_no_step_pastes_an_expression_into_a_script() -> None:
    for step in action()["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"


def test_every_input_is_used_and_every_use_is_an_input() -> None:
    text = (REPOSITORY / "action.yml").read_text()
    metadata = action()

    for name, given in metadata["inputs"].items():
        assert f"inputs.{name} " in text
        assert isinstance(given["default"], str), "GitHub makes a text of it, in its own way"
        assert given["description"].endswith((".", ")."))


def test_install_makes_the_program_of_the_checkout(workspace: Path, tmp_path: Path) -> None:
    """The one test that installs: pip needs a network, or wheels that it finds without."""
    wanted = [
        line
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
        if line.startswith("hatchling==")
    ]
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *wanted],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    if asked.returncode != 0:
        pytest.skip("pip cannot get packages here, so the action cannot install")
    (workspace / "layerscope.toml").write_text(GENEROUS)

    done = run_action(workspace, {"images": "app.tar", "python": sys.executable})

    program = done.step_outputs["install"]["program"]
    assert done.status == 0, done.log
    assert program.startswith(str(workspace.parent / "workspace.runner" / "temp"))
    assert done.outputs["passed"] == "true"
    freeze = subprocess.run(
        [program.replace("/bin/layerscope", "/bin/python"), "-m", "pip", "freeze"],
        capture_output=True,
        check=True,
        text=True,
    )
    installed = {
        line.lower().replace("_", "-").replace(".", "-") for line in freeze.stdout.splitlines()
    }
    pinned = {
        line.lower().replace("_", "-").replace(".", "-")
        for line in (REPOSITORY / "constraints.txt").read_text().splitlines()
    }
    assert {line for line in installed if "@" not in line} <= pinned


def test_outputs_are_read_as_the_runner_reads_them() -> None:
    text = "a=1\nb<<W\nx\na=2\nW\nc=\nd=x<<y\n"

    assert read_outputs(text) == {"a": "1", "b": "x\na=2", "c": "", "d": "x<<y"}
    with pytest.raises(AssertionError, match="invalid format"):
        read_outputs("neither\n")


def test_commands_behind_a_fence_are_not_obeyed() -> None:
    log = "::error::1\n::stop-commands::w\n::error::2\n::wrong::\n::w::\n ::notice title=a::3\n"

    assert obeyed(log) == [("error", "", "1"), ("notice", "title=a", "3")]


def _read(done: ActionRun, name: str) -> str:
    with open(done.outputs[name], encoding="utf-8") as stream:
        return stream.read()
