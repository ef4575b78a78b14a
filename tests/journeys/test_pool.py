from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
import tarfile
import threading
from typing import TYPE_CHECKING

import pytest

from layerscope.files.scan_layer import scan_layer
from layerscope.journeys import layer_tasks, pool
from layerscope.journeys.pool import read_layers
from layerscope.oci.digest import DiffID, Digest
from layerscope.oci.platform import Platform
from layerscope.sources.image import Image, Layer, OpenedInput
from layerscope.sources.region import Region
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def tar_with(name: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(name)
        tar.addfile(info, io.BytesIO(name.encode()))
    return buffer.getvalue()


def sha256(data: bytes) -> Digest:
    return Digest("sha256", hashlib.sha256(data).hexdigest())


def stored(path: Path, data: bytes, tar: bytes, index: int = 0) -> Layer:
    path.write_bytes(data)
    return Layer(
        index=index,
        media_type=None,
        digest=sha256(data),
        size=len(data),
        diff_id=DiffID(sha256(tar)),
        chain_id=None,
        region=Region.of_file(str(path)),
        stored_as=path.name,
    )


def opened(name: str, *layers: Layer) -> OpenedInput:
    image = Image(
        input=name,
        source="oci-archive",
        index=0,
        names=(),
        platform=Platform("linux", "amd64", None, None, ()),
        manifest=None,
        manifest_digest=None,
        config=None,
        config_digest=None,
        layers=layers,
    )
    return OpenedInput(name, "oci-archive", (image,))


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was walked, as opposed to only verified, in the order of the walks."""
    seen: list[str] = []

    def counting(layer: Layer, **options: object) -> object:
        seen.append(layer.stored_as)
        return scan_layer(layer, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(layer_tasks, "scan_layer", counting)
    return seen


def test_pool_two_copies_of_a_layer_are_verified_and_walked_once(
    tmp_path: Path, walks: list[str]
) -> None:
    tar = tar_with("a")
    plain = stored(tmp_path / "plain", tar, tar)
    packed = stored(tmp_path / "packed", gzip.compress(tar, mtime=0), tar)

    outcomes = read_layers([opened("one", plain), opened("two", packed)], jobs=1)

    first, second = outcomes[0, 0, 0].scan, outcomes[1, 0, 0].scan
    assert first is not None
    assert second is not None
    assert len(walks) == 1
    assert (first.compression, second.compression) == ("none", "gzip")
    assert first.entries == second.entries == 1
    assert second.compressed_bytes == len(gzip.compress(tar, mtime=0))


def test_pool_damaged_copy_does_not_hide_the_whole_one(tmp_path: Path, walks: list[str]) -> None:
    tar = tar_with("a")
    damaged = stored(tmp_path / "damaged", tar, tar)
    (tmp_path / "damaged").write_bytes(tar[:-1] + b"x")
    whole = stored(tmp_path / "whole", tar, tar)

    outcomes = read_layers([opened("one", damaged), opened("two", whole)], jobs=1)

    fault, scan = outcomes[0, 0, 0].fault, outcomes[1, 0, 0].scan
    assert fault is not None
    assert (fault.input, fault.code, fault.layer) == ("one", "digest-mismatch", 0)
    assert scan is not None
    assert scan.entries == 1
    assert walks == ["damaged", "whole"]


def test_pool_wrong_diff_id_is_a_fault_of_that_layer_alone(tmp_path: Path) -> None:
    right, wrong = tar_with("right"), tar_with("wrong")
    layers = (
        stored(tmp_path / "a", right, right, index=0),
        stored(tmp_path / "b", wrong, right + b"other", index=1),
    )

    outcomes = read_layers([opened("one", *layers)], jobs=1)

    assert outcomes[0, 0, 0].scan is not None
    assert outcomes[0, 0, 0].fault is None
    fault = outcomes[0, 0, 1].fault
    assert fault is not None
    assert (fault.code, fault.layer) == ("digest-mismatch", 1)


def test_pool_same_bytes_named_twice_are_read_once(tmp_path: Path, walks: list[str]) -> None:
    tar = tar_with("a")
    layer = stored(tmp_path / "a", tar, tar)
    read = []

    outcomes = read_layers(
        [opened("one", layer), opened("two", layer)],
        jobs=1,
        progress=lambda done, total: read.append((done, total)),
    )

    assert len(outcomes) == 2
    assert len(walks) == 1
    assert read[-1] == (len(tar), len(tar))


IN_PROCESSES = """
import sys
from layerscope.journeys import pool
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

pool.IN_PROCESS_BYTES = 0
run_there, started, seen = pool._run_there, [], []
pool._run_there = lambda *given: started.append(1) or run_there(*given)

opened = open_inputs(sys.argv[1:], platform=None, limits=DEFAULT_LIMITS, stdin=sys.stdin.buffer)
progress = lambda done, total: seen.append((done, total))
there = pool.read_layers(opened, jobs=2, columns=True, progress=progress)
assert started == [1]
assert seen[-1][0] == seen[-1][1] > 0
assert there == pool.read_layers(opened, jobs=1, columns=True)
assert started == [1]
print(*(outcome.fault.code if outcome.fault else "whole" for outcome in there.values()))
"""
"""Reads the inputs with two processes and with none; run on its own, since tests have threads."""


def in_processes(*arguments: str, stdin: bytes = b"") -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESSES, *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().split()


def image_of(path: Path, *files: str) -> Path:
    builder = ImageBuilder(names=("app:1",))
    for name in files:
        builder = builder.layer(Tree().file(name, name.encode() * 100), f"COPY {name}")
    docker_archive(path, builder)
    return path


def test_pool_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    archive = image_of(tmp_path / "app.tar", "first", "second", "third", "fourth")
    data = bytearray(archive.read_bytes())
    place = data.index(b"second" * 100)
    data[place] ^= 1
    archive.write_bytes(data)

    assert in_processes(str(archive)) == ["whole", "digest-mismatch", "whole", "whole"]


def test_pool_spool_without_a_name_is_read_by_workers(tmp_path: Path) -> None:
    archive = image_of(tmp_path / "app.tar", "first", "second")

    assert in_processes("-", stdin=archive.read_bytes()) == ["whole", "whole"]


def test_pool_layer_without_bytes_has_no_outcome() -> None:
    missing = Layer(0, None, sha256(b""), 0, None, None, None, "gone", missing="missing-blob")

    assert read_layers([opened("one", missing)]) == {}


def test_pool_of_a_program_with_threads_starts_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, walks: list[str]
) -> None:
    monkeypatch.setattr(pool, "IN_PROCESS_BYTES", 0)
    layers = [
        stored(tmp_path / name, tar_with(name), tar_with(name), index=index)
        for index, name in enumerate(("a", "bb"))
    ]
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()

    try:
        outcomes = read_layers([opened("one", *layers)], jobs=2)
    finally:
        stop.set()
        thread.join()

    assert len(outcomes) == 2
    # A worker would have counted its walks where nobody sees them.
    assert sorted(walks) == ["a", "bb"]
