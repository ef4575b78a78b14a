"""How fast one layer is read: headers alone, small and big files, plain and compressed.

`pytest benchmarks/bench_scan.py`. Bytes are of the uncompressed tar; inputs are made here.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.files.scan_layer import scan_layer
from layerscope.files.walk import Walk
from layerscope.sources.image import Layer
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

MIB = 1024 * 1024
SMALL_FILES = 10_000
PIECE = 512 * 1024


def _content(seed: int, size: int) -> bytes:
    """Bytes that compress to about half, as programs and texts do, the same for a seed."""
    half = hashlib.shake_256(seed.to_bytes(8, "big")).digest((size + 1) // 2)
    return half.hex().encode()[:size]


def _tar(sizes: list[int]) -> bytes:
    """A tar of files with these sizes, a hundred to a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for number, size in enumerate(sizes):
            member = tarfile.TarInfo(f"usr/lib/part{number // 100}/file-{number}.py")
            member.size = size
            member.mtime = 1_700_000_000
            tar.addfile(member, io.BytesIO(_content(number, size)))
    return out.getvalue()


@pytest.fixture(scope="module")
def small() -> bytes:
    """Ten thousand files of 200 bytes to 6 KiB, as in node_modules."""
    return _tar([200 + number * 7919 % 6000 for number in range(SMALL_FILES)])


@pytest.fixture(scope="module")
def big() -> bytes:
    """Four files of 16 MiB, as in a compiler."""
    return _tar([16 * MIB] * 4)


def _told(benchmark: BenchmarkFixture, tar_bytes: int) -> None:
    """Bytes per second beside the times."""
    stats = benchmark.stats
    if stats is not None:
        benchmark.extra_info["bytes_per_second"] = round(tar_bytes / stats["median"])
    benchmark.extra_info["bytes"] = tar_bytes


def _scan(benchmark: BenchmarkFixture, path: Path, blob: bytes, tar_bytes: int) -> None:
    path.write_bytes(blob)
    layer = Layer(0, None, None, None, None, None, Region.of_file(str(path)), path.name)
    scan = benchmark(lambda: scan_layer(layer))
    assert scan.uncompressed_bytes == tar_bytes
    _told(benchmark, tar_bytes)


def test_walk_of_headers(benchmark: BenchmarkFixture, small: bytes) -> None:
    """Headers and rows only: nothing is hashed, nothing read from disk."""

    def walk() -> int:
        walking = Walk(DEFAULT_LIMITS, None)
        for start in range(0, len(small), PIECE):
            walking.feed(small[start : start + PIECE])
        walking.finish()
        return walking.entries

    assert benchmark(walk) == SMALL_FILES
    _told(benchmark, len(small))
    if benchmark.stats is not None:
        benchmark.extra_info["entries_per_second"] = round(SMALL_FILES / benchmark.stats["median"])


def test_scan_of_small_files(benchmark: BenchmarkFixture, tmp_path: Path, small: bytes) -> None:
    """A plain layer of many small files."""
    _scan(benchmark, tmp_path / "small.tar", small, len(small))


def test_scan_of_big_files(benchmark: BenchmarkFixture, tmp_path: Path, big: bytes) -> None:
    """A plain layer of few big files."""
    _scan(benchmark, tmp_path / "big.tar", big, len(big))


def _gzip(tar: bytes) -> bytes:
    return compressed(tar, "gzip")


def _zstd(tar: bytes) -> bytes:
    return compressed(tar, "zstd")


@pytest.mark.parametrize("packed", [_gzip, _zstd], ids=["gzip", "zstd"])
def test_scan_of_compressed_layer(
    benchmark: BenchmarkFixture, tmp_path: Path, small: bytes, packed: Callable[[bytes], bytes]
) -> None:
    """A compressed layer of many small files."""
    _scan(benchmark, tmp_path / "layer", packed(small), len(small))


def test_sha256_alone(benchmark: BenchmarkFixture, big: bytes) -> None:
    """The floor: what checking a DiffID costs on this machine, whatever reads the layer."""
    benchmark(lambda: hashlib.sha256(big).digest())
    benchmark.extra_info["processors"] = os.cpu_count()
    _told(benchmark, len(big))
