"""Plans of pull, push and removal against a real registry (Debian's docker-registry) and skopeo."""

from __future__ import annotations

import http.client
import json
import re
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest

from layerscope.journeys.plan_transfer import plan_pull, plan_push, plan_remove
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_archive
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.programs

TIMEOUT_S = 60
CONFIG = """version: 0.1
log: {{level: info, formatter: json, accesslog: {{disabled: true}}}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
BASE = ImageBuilder(names=("base:1",)).layer(
    Tree().file("a", bytes(range(256)) * 400).file("b", b"b" * 5000), "ADD a"
)
ONE = BASE.layer(Tree().file("one", bytes(range(200)) * 300), "COPY one")
TWO = ONE.layer(Tree().file("two", bytes(range(100)) * 300), "COPY two")
OTHER = BASE.layer(Tree().file("other", bytes(range(150)) * 300), "COPY other")


@dataclass
class Registry:
    """A registry that runs, and what it did."""

    program: str
    folder: Path
    port: int

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def ask(self, method: str, target: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        try:
            connection.request(method, target)
            return connection.getresponse().status
        finally:
            connection.close()

    def blobs(self) -> dict[str, int]:
        """What is stored: digest and bytes."""
        found = self.folder.glob("store/docker/registry/v2/blobs/sha256/*/*/data")
        return {f"sha256:{path.parent.name}": path.stat().st_size for path in found}

    def answers(self) -> list[dict[str, Any]]:
        """The requests that were answered, so far."""
        lines = (self.folder / "log").read_text().splitlines()
        rows = [json.loads(line) for line in lines if line.startswith("{")]
        return [row for row in rows if row["msg"] == "response completed"]

    def collect_garbage(self) -> None:
        command = [self.program, "garbage-collect", str(self.folder / "config.yml")]
        subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)


@contextmanager
def running(folder: Path) -> Iterator[Registry]:
    program = require_program("docker-registry")
    require_program("skopeo")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    registry = Registry(program, folder, port)
    config = folder / "config.yml"
    config.write_text(CONFIG.format(folder=folder / "store", port=port))
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log)
        try:
            for _ in range(150):
                try:
                    if registry.ask("GET", "/v2/") == http.client.OK:
                        break
                except OSError:
                    time.sleep(0.1)
            yield registry
        finally:
            server.terminate()
            server.wait(TIMEOUT_S)


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with running(tmp_path) as found:
        yield found


def skopeo(*words: str) -> None:
    command = ["skopeo", "--insecure-policy", "copy", "--quiet", "--preserve-digests", *words]
    done = subprocess.run(command, check=False, capture_output=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, done.stderr.decode()


def push(registry: Registry, archive: Path, repository: str) -> None:
    target = f"docker://{registry.host}/{repository}:1"
    skopeo("--dest-tls-verify=false", f"oci-archive:{archive}", target)


def archives(folder: Path) -> dict[str, Path]:
    images = {"base": BASE, "one": ONE, "two": TWO, "other": OTHER}
    return {
        name: oci_archive(folder / f"{name}.tar", image.named(f"{name}:1"), compression="gzip")
        for name, image in images.items()
    }


def test_push_uploads_mounts_and_stores_what_was_planned(
    registry: Registry, tmp_path: Path
) -> None:
    files = archives(tmp_path)
    push(registry, files["base"], "team/base")
    push(registry, files["one"], "team/app")
    before, answered = registry.blobs(), len(registry.answers())

    # In one repository with `one`; its base layer is in another one too.
    plan = plan_push(
        [str(files["two"]), str(files["other"])],
        [f"{registry.host}/team/base={files['base']}", f"{registry.host}/team/app={files['one']}"],
        to=f"{registry.host}/team/app",
    )
    push(registry, files["two"], "team/app")
    push(registry, files["other"], "team/app")

    new = {digest: size for digest, size in registry.blobs().items() if digest not in before}
    assert sum(new.values()) == plan.stored_bytes == plan.uploaded_bytes
    assert set(new) == {blob.digest for blob in plan.blobs if blob.state == "upload"}
    assert uploads(registry, answered) == {
        blob.digest for blob in plan.blobs if blob.state == "upload" and blob.kind != "manifest"
    }
    assert {blob.state for blob in plan.blobs} == {"upload", "there"}


def test_push_to_a_new_repository_mounts_what_was_planned(
    registry: Registry, tmp_path: Path
) -> None:
    files = archives(tmp_path)
    push(registry, files["one"], "team/one")
    before, answered = registry.blobs(), len(registry.answers())

    plan = plan_push(
        [str(files["two"])],
        [f"{registry.host}/team/one={files['one']}"],
        to=f"{registry.host}/team/two",
    )
    push(registry, files["two"], "team/two")

    new = {digest: size for digest, size in registry.blobs().items() if digest not in before}
    assert sum(new.values()) == plan.stored_bytes
    mounted = [blob for blob in plan.blobs if blob.state == "mount"]
    assert [blob.sources for blob in mounted] == [["team/one"]] * 2
    assert mounts(registry, answered) == {blob.digest for blob in mounted}
    assert uploads(registry, answered) == {
        blob.digest for blob in plan.blobs if blob.state == "upload" and blob.kind != "manifest"
    }


def test_pull_moves_what_was_planned(registry: Registry, tmp_path: Path) -> None:
    files = archives(tmp_path)
    for name, path in files.items():
        push(registry, path, f"team/{name}")
    layout = f"oci:{tmp_path / 'layout'}"
    source = f"docker://{registry.host}/team"
    skopeo("--src-tls-verify=false", f"{source}/one:1", f"{layout}:one")
    answered = len(registry.answers())

    plan = plan_pull([str(files["two"]), str(files["other"])], [str(files["one"])])
    skopeo("--src-tls-verify=false", f"{source}/two:1", f"{layout}:two")
    skopeo("--src-tls-verify=false", f"{source}/other:1", f"{layout}:other")

    got = [
        row
        for row in registry.answers()[answered:]
        if row["http.request.method"] == "GET" and "/team/" in row["http.request.uri"]
    ]
    assert sum(row["http.response.written"] for row in got) == plan.moved_bytes
    assert len(got) == plan.moved_blobs
    stored = (tmp_path / "layout" / "blobs" / "sha256").iterdir()
    moved = {blob.digest for blob in plan.blobs if blob.held is False}
    assert moved <= {f"sha256:{path.name}" for path in stored}


def test_removal_frees_what_was_planned(tmp_path: Path) -> None:
    files = archives(tmp_path)
    with running(tmp_path) as registry:
        for name, path in files.items():
            push(registry, path, f"team/{name}")
        plan = plan_remove([str(files["two"]), str(files["one"])], list(map(str, files.values())))
        for row in plan.images:
            repository = row.image.names[0].removesuffix(":1")
            target = f"/v2/team/{repository}/manifests/{row.image.manifest_digest}"
            assert registry.ask("DELETE", target) == http.client.ACCEPTED
    before = registry.blobs()

    registry.collect_garbage()

    gone = {digest: size for digest, size in before.items() if digest not in registry.blobs()}
    (blobs,) = (row for row in plan.sums if row.identity == "blob")
    assert sum(gone.values()) == blobs.freed_bytes
    assert set(gone) == {blob.digest for blob in plan.blobs if not blob.kept}
    assert blobs.kept_bytes is not None
    assert blobs.kept_bytes > 0


def uploads(registry: Registry, start: int) -> set[str]:
    """Digests of blobs that were uploaded since."""
    return {
        unquote(found[1])
        for row in registry.answers()[start:]
        if row["http.request.method"] == "PUT"
        and (found := re.search(r"[?&]digest=([^&]*)", row["http.request.uri"]))
    }


def mounts(registry: Registry, start: int) -> set[str]:
    """Digests of blobs that were mounted since."""
    return {
        unquote(found[1])
        for row in registry.answers()[start:]
        if row["http.response.status"] == http.client.CREATED
        and (found := re.search(r"[?&]mount=([^&]*)", row["http.request.uri"]))
    }
