"""The hook of pre-commit."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import yaml

from tests.cli.running import run
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path


def test_hook_has_the_fields_that_pre_commit_documents() -> None:
    [hook] = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())

    assert set(hook) <= {
        "id",
        "name",
        "description",
        "entry",
        "language",
        "types",
        "require_serial",
        "minimum_pre_commit_version",
    }
    assert (hook["language"], hook["types"]) == ("python", ["dockerfile"])
    assert re.fullmatch(r"\d+\.\d+\.\d+", hook["minimum_pre_commit_version"])


def test_hook_runs_on_all_files_that_pre_commit_names_at_once(tmp_path: Path) -> None:
    [hook] = yaml.safe_load((REPOSITORY / ".pre-commit-hooks.yaml").read_text())
    name, *words = shlex.split(hook["entry"])
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY app /app\n")
    (tmp_path / "bad.dockerfile").write_text(
        "FROM debian:13@sha256:" + "ab" * 32 + "\nRUN apt-get update\n"
    )

    clean = run(*words, "Dockerfile", "Dockerfile", cwd=tmp_path)
    found = run(*words, "Dockerfile", "bad.dockerfile", cwd=tmp_path)

    assert name == "layerscope"
    assert (clean.status, clean.out, clean.err) == (0, b"", "")
    assert found.status == 1
    assert b"bad.dockerfile:2: warning package-cache-kept" in found.out
