"""What docker says that images share, and podman's store of their sizes, against ours.

A docker daemon is asked where one can be started (by root, with Debian's docker.io); elsewhere its
recorded answers are used: those of docker 20.10.24 with its overlay2 store.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.journeys.graph import graph
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.report.graph_document import GraphDocument

pytestmark = pytest.mark.programs

BASE = ImageBuilder(names=("t/base:1",)).layer(
    Tree()
    .dir("etc")
    .file("etc/a", b"x" * 1000)
    .file("etc/b", b"y" * 500)
    .symlink("etc/link", "a-long-target-of-20")
    .hardlink("etc/hard", "etc/a"),
    "ADD base",
)
RUNTIME = BASE.named("t/runtime:1").layer(Tree().file("usr/r", b"r" * 3000), "RUN r")
RUNTIME = RUNTIME.empty_layer("CMD")
ONE = Tree().file("app/one", b"1" * 700).whiteout("etc/b")
IMAGES = (
    BASE,
    RUNTIME,
    RUNTIME.named("t/app:1")
    .layer(ONE, "COPY one")
    .layer(Tree().file("twice", b"b" * 40), "RUN twice"),
    RUNTIME.named("t/app:2")
    .layer(Tree().file("app/two", b"2" * 900), "COPY two")
    .layer(Tree(), "WORKDIR /"),
    BASE.named("t/cross:1").layer(ONE, "COPY one"),
    ImageBuilder(names=("t/two:1", "t/two:2")).layer(Tree().file("z", b"z" * 77), "COPY z"),
)

STORED = 6936
SHARING = {
    "t/base:1": (1519, 1519),
    "t/runtime:1": (4519, 4519),
    "t/app:1": (5259, 4519),
    "t/app:2": (5419, 4519),
    "t/cross:1": (2219, 1519),
    "t/two:1": (77, 0),
}
"""`GET /system/df` of docker 20.10.24 after `docker load`: size and shared size of each image."""

PODMAN = {
    "t/base:1": (6235, 424, 267),
    "t/runtime:1": (11368, 585, 470),
    "t/app:1": (17399, 907, 737),
    "t/app:2": (15863, 907, 737),
    "t/cross:1": (9762, 585, 400),
    "t/two:1": (3161, 424, 265),
}
"""`podman images` of podman 4.3.1 after `podman load`: size of image, of its manifest, its config.

The store keeps the manifest twice. What podman 4 calls shared is the size of a parent image; since
podman 5 it is counted by layer, in the same bytes.
"""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("docker")
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self.path))


def ask(path: Path, method: str, target: str, body: bytes = b"") -> bytes:
    connection = _Connection(path)
    try:
        connection.request(method, target, body, {"Content-Type": "application/x-tar"})
        return connection.getresponse().read()
    finally:
        connection.close()


@contextmanager
def docker_daemon() -> Iterator[Path | None]:
    """The socket of a daemon with an empty overlay2 store; None where there can be none."""
    program = shutil.which("dockerd")
    if program is None or os.geteuid() != 0:
        yield None
        return
    # A socket's path may not be long, so the folder of the test does not do.
    folder = Path(tempfile.mkdtemp(prefix="ls-"))
    options = ["--bridge=none", "--iptables=false", "--ip-masq=false"]
    options += ["--storage-driver=overlay2", "--data-root", str(folder / "data")]
    options += ["--exec-root", str(folder / "exec"), "--pidfile", str(folder / "pid")]
    daemon = subprocess.Popen(
        [program, *options, "-H", f"unix://{folder / 'docker'}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield folder / "docker" if _answers(folder / "docker", daemon) else None
    finally:
        daemon.terminate()
        daemon.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _answers(path: Path, daemon: subprocess.Popen[bytes]) -> bool:
    for _ in range(100):
        if daemon.poll() is not None:
            return False
        try:
            return ask(path, "GET", "/_ping") == b"OK"
        except OSError:
            time.sleep(0.2)
    return False


def docker_answer(archive: Path) -> tuple[int, dict[str, tuple[int, int]]]:
    """What is stored, and size and shared size of each image, by its first name."""
    with docker_daemon() as path:
        if path is None:
            return STORED, SHARING
        ask(path, "POST", "/v1.41/images/load?quiet=1", archive.read_bytes())
        answer: dict[str, Any] = json.loads(ask(path, "GET", "/v1.41/system/df"))
    sizes = {
        min(image["RepoTags"]): (image["Size"], image["SharedSize"]) for image in answer["Images"]
    }
    return answer["LayersSize"], sizes


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return docker_archive(tmp_path / "all.tar", *IMAGES)


def by_identity(document: GraphDocument, identity: str) -> dict[str, tuple[int, int]]:
    found = {}
    for image in document.images:
        held = getattr(image, identity)
        found[image.image.names[0]] = (held.unique_bytes + held.shared_bytes, held.shared_bytes)
    return found


def test_docker_s_column_is_what_docker_says(archive: Path) -> None:
    stored, sizes = docker_answer(archive)

    document = graph([str(archive)])

    assert by_identity(document, "docker") == sizes
    total = next(row for row in document.totals if row.identity == "docker")
    assert total.stored_bytes == stored


def test_recorded_answer_is_what_our_column_says(archive: Path) -> None:
    document = graph([str(archive)])

    assert by_identity(document, "docker") == SHARING


def test_chain_id_column_is_the_size_of_podman_s_layers(archive: Path) -> None:
    document = graph([str(archive)])

    ours = {name: size for name, (size, _) in by_identity(document, "chain_id").items()}
    assert ours == {
        name: size - 2 * manifest - config for name, (size, manifest, config) in PODMAN.items()
    }
