"""What remembering costs and saves: fleets of 200 layers, read, written down, and remembered.

Run it on its own for the figures of `docs/decisions/0006-catalog-by-default.md`:
`python -m benchmarks.bench_catalog [FILES-PER-LAYER]`.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from layerscope.catalog import table_file
from layerscope.catalog.gc import info
from layerscope.catalog.store import Catalog
from layerscope.files.scan_layer import LayerScan, scan_layer
from layerscope.journeys.analyze import analyze
from layerscope.sources.transport import open_one
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

IMAGES, LAYERS = 20, 10
FILES = 5_000


def image_of(folder: Path, number: int, files: int) -> Path:
    """An image of ten layers that it shares with no other."""
    builder = ImageBuilder(names=(f"app:{number}",))
    for layer in range(LAYERS):
        tree = Tree()
        for file in range(files):
            name = f"srv/{number}/layer-{layer}/part-{file // 50}/file-{file}.py"
            tree = tree.file(name, f"{name}\n".encode() * (1 + file % 7))
        builder = builder.layer(tree, f"COPY {layer}")
    return docker_archive(folder / f"app-{number}.tar", builder)


def measured(what: str, paths: list[Path], catalog: Catalog | None) -> float:
    """CPU seconds of one analysis, printed."""
    start = time.process_time()
    report = analyze([str(path) for path in paths], jobs=1, catalog=catalog).report
    seconds = time.process_time() - start
    layers = sum(len(image.layers) for image in report.images)
    print(f"{what:28} {seconds:7.3f} s, {1000 * seconds / layers:6.2f} ms a layer")
    return seconds


def main() -> None:
    """Print what each way takes for a whole fleet."""
    files = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [image_of(folder, number, files) for number in range(IMAGES)]
        time.sleep(0.1)
        place = str(folder / "catalog")
        print(f"{IMAGES * LAYERS} layers of {files} files")
        measured("warming up", paths[:1], Catalog.at(str(folder / "other")))
        measured("without a catalog", paths, None)
        measured("first run with a catalog", paths, Catalog.at(place))
        measured("second run", paths, Catalog.at(place))
        for each in info(Catalog.at(place)):
            if each.objects:
                print(f"{each.kind:28} {each.objects:7} objects, {each.size_bytes:12} bytes")


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> LayerScan:
    """The scan of one layer of the fleet."""
    path = image_of(tmp_path_factory.mktemp("fleet"), 0, FILES)
    return scan_layer(open_one(str(path)).images[0].layers[0])


def numbers_of(scan: LayerScan) -> table_file.Numbers:
    """What stands beside the table of a scan."""
    return table_file.Numbers(
        uncompressed_bytes=scan.uncompressed_bytes,
        content_bytes=scan.content_bytes,
        snapshot_bytes=scan.snapshot_bytes,
        entries=scan.entries,
        files=scan.files,
    )


def bench_table_written(benchmark: BenchmarkFixture, scan: LayerScan) -> None:
    """A table made, sealed, and not yet put anywhere."""
    columns = scan.columns
    assert columns is not None

    data = benchmark(lambda: table_file.encode(str(scan.diff_id), numbers_of(scan), columns))

    benchmark.extra_info["bytes_per_file"] = len(data) / len(columns)


def bench_table_read(benchmark: BenchmarkFixture, scan: LayerScan) -> None:
    """A table checked and turned into columns again."""
    assert scan.columns is not None
    data = table_file.encode(str(scan.diff_id), numbers_of(scan), scan.columns)

    def read() -> object:
        assert table_file.is_table(data, str(scan.diff_id))
        return table_file.decode(data)

    assert benchmark(read) is not None


if __name__ == "__main__":
    main()
