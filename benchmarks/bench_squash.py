"""How fast layers are squashed, and what is asked of the tree: entries per second.

`pytest benchmarks/bench_squash.py`. File tables are made here, without any tar.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from layerscope.analysis.duplicates import duplicates
from layerscope.analysis.junk_bytes import junk_bytes
from layerscope.analysis.waste import waste
from layerscope.files.columns import KINDS, FileColumns
from layerscope.files.squash import squash

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pytest_benchmark.fixture import BenchmarkFixture

FILE, DIR, WHITEOUT = (KINDS.index(kind) for kind in ("file", "dir", "whiteout"))


def table(members: Iterable[tuple[bytes, int, int]]) -> FileColumns:
    """A table of names, kinds and sizes; the content of a file is told by its name."""
    columns = FileColumns()
    for name, kind, size in members:
        columns.names += name + b"\0"
        columns.kinds.append(kind)
        columns.size_bytes.append(size)
        columns.modes.append(0o644)
        columns.contents += sha256(name).digest() if kind == FILE else bytes(32)
        for numbers in (columns.uids, columns.gids, columns.mtimes_ns, columns.offsets):
            numbers.append(0)
    return columns


def note_rate(benchmark: BenchmarkFixture, entries: int) -> None:
    """Put entries per second beside the times, where there are any."""
    if benchmark.stats is not None:
        benchmark.extra_info["entries_per_s"] = round(entries / benchmark.stats.stats.median)


def layer(number: int, files: int, folders: int) -> FileColumns:
    """A layer of small files; every third layer stores the same paths."""
    first = (number % 3) * files
    tops = [(b"usr/share/d%d" % folder, DIR, 0) for folder in range(folders)]
    names = [
        (b"usr/share/d%d/file-%d" % (file % folders, first + file), FILE, 1000 + file)
        for file in range(files)
    ]
    return table([*tops, *names])


def test_facts_of_100_000_entries_in_15_layers(benchmark: BenchmarkFixture) -> None:
    """Squash, waste, duplicates and junk together."""
    layers = [layer(number, 6_600, 60) for number in range(15)]
    entries = sum(map(len, layers))

    def run() -> int:
        tree = squash(layers)
        wasted = waste(tree, [None] * len(layers))
        return len(duplicates(tree)) + len(junk_bytes(tree, wasted)) + len(wasted)

    assert benchmark(run) > 0
    note_rate(benchmark, entries)


def test_20_000_files_and_400_folders_deleted(benchmark: BenchmarkFixture) -> None:
    """The case that takes dive 145 s."""
    base = [(b"d%d" % folder, DIR, 0) for folder in range(400)]
    base += [(b"d%d/%d" % (at // 50, at % 50), FILE, 10) for at in range(20_000)]
    layers = [table(base), table((b".wh.d%d" % folder, WHITEOUT, 0) for folder in range(400))]

    tree = benchmark(squash, layers)

    assert not tree.rows
    note_rate(benchmark, 20_800)


@pytest.mark.parametrize("layers", [40])
def test_a_million_entries(benchmark: BenchmarkFixture, layers: int) -> None:
    """Squash alone, of many layers."""
    tables = [layer(number, 24_750, 250) for number in range(layers)]

    tree = benchmark(squash, tables)

    assert tree.starts[-1] == 1_000_000
    note_rate(benchmark, 1_000_000)
