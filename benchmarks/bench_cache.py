"""How fast an edit of a large build is simulated: 200 instructions over 100,000 files.

`pytest benchmarks/bench_cache.py`. Both builds have the same context. What starting the program
takes is not in these figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.big_context import dockerfile, write_context
from layerscope.journeys.build_inputs import BuildRequest
from layerscope.journeys.simulate import simulate_builds

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

EDITED = 100


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> list[BuildRequest]:
    """The build before the edit, and after it."""
    folder = tmp_path_factory.mktemp("build")
    context = write_context(folder / "context")
    (folder / "before").write_text(dockerfile())
    (folder / "after").write_text(dockerfile(EDITED))
    return [BuildRequest(str(folder / name), str(context)) for name in ("before", "after")]


def misses(requests: list[BuildRequest], index: Path | None) -> int:
    """How many steps miss."""
    return simulate_builds(requests, index=index).misses


def test_edit_simulated_at_first(benchmark: BenchmarkFixture, requests: list[BuildRequest]) -> None:
    """Every file is read."""
    assert benchmark(lambda: misses(requests, None)) > 0


def test_edit_simulated_with_kept_checksums(
    benchmark: BenchmarkFixture, requests: list[BuildRequest], tmp_path: Path
) -> None:
    """Every file is compared with what was kept, none is read."""
    misses(requests, tmp_path)

    assert benchmark(lambda: misses(requests, tmp_path)) > 0
