"""A catalog in an object store: a server that speaks S3, and credentials of the environment."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import app_tar, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("moto", "s3fs")),
    reason="moto and s3fs are not installed",
)

SERVER = """
import sys
from urllib.request import Request, urlopen
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
urlopen(Request(f"http://{host}:{port}/layers", method="PUT")).close()
print(f"http://{host}:{port}", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store() -> Iterator[dict[str, str]]:
    """A store with one bucket, `layers`: the environment in which it is found."""
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server:
        # A line of moto's own may come first.
        address = next((line for line in server.stdout if line.startswith("http")), "")
        yield {
            "AWS_ENDPOINT_URL": address.strip(),
            "AWS_ACCESS_KEY_ID": "someone",
            "AWS_SECRET_ACCESS_KEY": "something",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        server.stdin.close()


def test_second_analysis_remembers_what_the_store_holds(
    tmp_path: Path, store: dict[str, str]
) -> None:
    app_tar(tmp_path)
    surroundings = {**store, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    at = ["--catalog", "s3://layers/some/place"]

    first = run("analyze", "-f", "json", *at, "app.tar", cwd=tmp_path, stdin=b"", **surroundings)
    second = run("analyze", "-f", "json", *at, "app.tar", cwd=tmp_path, stdin=b"", **surroundings)
    held = run("catalog", "info", "-f", "json", *at, cwd=tmp_path, stdin=b"", **surroundings)

    assert (first.status, first.err, second.err) == (0, "", "")
    layers = [json.loads(result.out)["images"][0]["layers"] for result in (first, second)]
    assert [layer["verified"] for layer in layers[0]] == ["read", "read"]
    assert [layer["verified"] for layer in layers[1]] == ["remembered", "remembered"]
    assert second.out.replace(b'"remembered"', b'"read"') == first.out
    counts = {kind["kind"]: kind["objects"] for kind in json.loads(held.out)["kinds"]}
    assert (counts["tables"], counts["archives"]) == (2, 1)
    # What is known of files of this machine stays on it.
    kept = [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert [path.parent.parent.name for path in kept] == ["archives"]


def test_store_that_refuses_is_a_remark_and_the_report_is_whole(
    tmp_path: Path, store: dict[str, str]
) -> None:
    app_tar(tmp_path)
    surroundings = {**store, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    at = ["--catalog", "s3://no-such-bucket/place"]

    result = run("analyze", "-f", "json", *at, "app.tar", cwd=tmp_path, stdin=b"", **surroundings)

    assert result.status == 0
    assert [one["verified"] for one in json.loads(result.out)["images"][0]["layers"]] == [
        "read",
        "read",
    ]
    assert "the catalog cannot be written: " in result.err
    assert "something" not in result.err
