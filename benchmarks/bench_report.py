"""How fast archives of many members open, and documents are made and written.

`pytest benchmarks/bench_report.py`. Inputs are made here, by the standard library.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.journeys.pool import read_layers
from layerscope.report.from_results import build
from layerscope.report.store import dump
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

LAYERS = 100
IMAGES = 20
OTHER_MEMBERS = 20_000


def _layer(number: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(f"layer-{number}")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))
    return out.getvalue()


def _docker_archive(images: int, others: int) -> bytes:
    """A docker-archive of images that share all their layers, and of members nobody needs."""
    layers = [_layer(number) for number in range(LAYERS)]
    diff_ids = [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]
    members = {f"{number}/layer.tar": layer for number, layer in enumerate(layers)}
    manifest = []
    for image in range(images):
        config = {
            "architecture": "amd64",
            "os": "linux",
            "history": [{"created_by": f"step {number}"} for number in range(LAYERS)],
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "config": {"Labels": {"image": str(image)}},
        }
        stored = json.dumps(config).encode()
        name = f"{hashlib.sha256(stored).hexdigest()}.json"
        members[name] = stored
        manifest.append(
            {
                "Config": name,
                "RepoTags": [f"app:{image}"],
                "Layers": [f"{number}/layer.tar" for number in range(LAYERS)],
            }
        )
    members |= {f"other/{number}": b"x" for number in range(others)}
    members["manifest.json"] = json.dumps(manifest).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """Twenty images of a hundred layers, in one archive of 20,000 further members."""
    path = tmp_path / "many.tar"
    path.write_bytes(_docker_archive(IMAGES, OTHER_MEMBERS))
    return str(path)


def test_open_of_archive_with_many_members(benchmark: BenchmarkFixture, archive: str) -> None:
    """The outer headers and the documents; no layer is read."""
    opened = benchmark(lambda: open_inputs([archive]))
    assert len(opened[0].images) == IMAGES
    if benchmark.stats is not None:
        members = OTHER_MEMBERS + LAYERS + IMAGES + 1
        benchmark.extra_info["members_per_second"] = round(members / benchmark.stats["median"])


def test_report_of_many_images(benchmark: BenchmarkFixture, archive: str) -> None:
    """From what was measured to the document: two thousand rows of layers, and sharing."""
    opened = open_inputs([archive])
    outcomes = read_layers(opened, jobs=1)
    report = benchmark(lambda: build(opened, outcomes))
    assert len(report.images) == IMAGES


def test_report_written_as_json(benchmark: BenchmarkFixture, archive: str) -> None:
    """The document as bytes."""
    opened = open_inputs([archive])
    report = build(opened, read_layers(opened, jobs=1))
    written = benchmark(lambda: dump(report))
    if benchmark.stats is not None:
        benchmark.extra_info["bytes"] = len(written)
        rate = round(len(written) / benchmark.stats["median"])
        benchmark.extra_info["bytes_per_second"] = rate
