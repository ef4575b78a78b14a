"""`graph --cluster` on the command line: what is refused before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.running import app_tar, run

if TYPE_CHECKING:
    from pathlib import Path


def test_cluster_at_no_address_is_wrong_usage(tmp_path: Path) -> None:
    app_tar(tmp_path)

    done = run("graph", "--cluster", "somewhere", "--no-catalog", "app.tar", cwd=tmp_path)

    assert (done.status, done.out) == (2, b"")
    assert "--cluster: expected tcp://HOST:PORT, tls://HOST:PORT or local" in done.err
