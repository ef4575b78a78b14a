"""`--cluster` on the command line: what is refused, and that the answer is the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import app_tar, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("command", ["analyze", "graph", "dedup"])
def test_cluster_at_no_address_is_wrong_usage(tmp_path: Path, command: str) -> None:
    app_tar(tmp_path)

    done = run(command, "--cluster", "somewhere", "--no-catalog", "app.tar", cwd=tmp_path)

    assert (done.status, done.out) == (2, b"")
    assert "--cluster: expected tcp://HOST:PORT, tls://HOST:PORT or local" in done.err


def test_analysis_on_a_cluster_is_that_of_one_machine(tmp_path: Path) -> None:
    app_tar(tmp_path)
    asked = ("--no-catalog", "-f", "json", "app.tar")

    local = run("analyze", "--jobs", "1", *asked, cwd=tmp_path)
    there = run("analyze", "--cluster", "local", "--jobs", "1", *asked, cwd=tmp_path)

    assert (there.status, there.out) == (0, local.out)
    assert json.loads(there.out)["images"][0]["layers"][0]["verified"] == "read"
