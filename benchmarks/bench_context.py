"""How fast a build context of 100,000 files is walked and hashed, at first and when kept.

`pytest benchmarks/bench_context.py`. The files are made once, in a folder of the test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.big_context import FILES_IN_EACH, FOLDERS, write_context
from layerscope.cache.folder_tree import FolderTree

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100,000 files of 4 kB, no two alike."""
    return write_context(tmp_path_factory.mktemp("context"))


def hashed(tree: FolderTree) -> int:
    """Walk it all and hash every file."""
    return sum(bool(tree.digest(path)) for path, node in tree.walk() if node.kind == "file")


def test_100_000_files_walked_and_hashed(benchmark: BenchmarkFixture, folder: Path) -> None:
    """Nothing was kept."""
    assert benchmark(lambda: hashed(FolderTree.open(folder))) == FOLDERS * FILES_IN_EACH


def test_100_000_files_compared_with_what_was_kept(
    benchmark: BenchmarkFixture, folder: Path, tmp_path: Path
) -> None:
    """The value of the whole folder is kept, and nothing changed."""
    first = FolderTree.open(folder, index=tmp_path)
    hashed(first)
    first.keep("", "bench", b"value")
    first.scan.save()

    value = benchmark(lambda: FolderTree.open(folder, index=tmp_path).kept("", "bench"))

    assert value == b"value"


def test_100_000_files_listed_with_kept_digests(
    benchmark: BenchmarkFixture, folder: Path, tmp_path: Path
) -> None:
    """Every file is asked for, none is read."""
    first = FolderTree.open(folder, index=tmp_path)
    hashed(first)
    first.scan.save()

    count = benchmark(lambda: hashed(FolderTree.open(folder, index=tmp_path)))

    assert count == FOLDERS * FILES_IN_EACH
