"""Every script by shellcheck; the shell example run, and the Jenkinsfile that calls it."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.checking import CI, GENEROUS, TIGHT, program, shellcheck
from tests.cli.running import app_tar

if TYPE_CHECKING:
    from pathlib import Path

SHELL = sorted(CI.rglob("*.sh"))


def test_jenkinsfile_closes_what_it_opens_and_its_shell_is_sound() -> None:
    text = (CI / "jenkins" / "Jenkinsfile").read_text()
    scripts = re.findall(r"\bsh '([^']*)'", text)

    assert text.count("{") == text.count("}")
    assert len(scripts) == text.count("sh '")
    assert all(shellcheck(f"{script}\n", "sh") == "" for script in scripts)


def test_jenkinsfile_asks_for_files_that_the_shell_example_writes() -> None:
    text = (CI / "jenkins" / "Jenkinsfile").read_text()

    assert "sh ci/gate.sh gate-out " in text
    assert "gate-out/junit.xml" in text
    assert '"junit=$folder/junit.xml"' in (CI / "shell" / "gate.sh").read_text()


@pytest.mark.parametrize("path", SHELL, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_script_is_sound(path: Path) -> None:
    first = path.read_text().splitlines()[0]

    assert shellcheck(path, "bash" if first.endswith("bash") else "sh") == ""
    assert path.stat().st_mode & 0o111 == 0o111


def test_shellcheck_finds_what_is_wrong() -> None:
    assert "SC2086" in shellcheck("#!/bin/sh\nrm $1\n", "sh")


@pytest.mark.parametrize(("budgets", "status"), [(GENEROUS, 0), (TIGHT, 1), ("x", 2)])
def test_shell_example_keeps_the_exit_status(tmp_path: Path, budgets: str, status: int) -> None:
    work = tmp_path / "work"
    work.mkdir()
    app_tar(work, "-app.tar")
    (work / "layerscope.toml").write_text(budgets)
    path = program(tmp_path / "bin")

    done = subprocess.run(
        ["sh", CI / "shell" / "gate.sh", "out/gate", "--", "-app.tar"],
        cwd=work,
        env={"PATH": path, "LAYERSCOPE_CATALOG": ""},
        capture_output=True,
        check=False,
    )

    assert done.returncode == status, done.stderr
    names = {
        "checks.csv",
        "codequality.json",
        "comment.md",
        "gate.sarif",
        "junit.xml",
        "metrics.txt",
        "verdict.json",
    }
    assert {each.name for each in (work / "out" / "gate").iterdir()} == (
        set() if status == 2 else names
    )


def test_shell_example_without_images_ends_with_2(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", CI / "shell" / "gate.sh", "out"], cwd=tmp_path, capture_output=True, check=False
    )

    assert (done.returncode, done.stderr[:6]) == (2, b"usage:")
    assert not (tmp_path / "out").exists()
