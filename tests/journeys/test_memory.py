"""What `analyze` remembers: nothing is read twice, nothing believed that may have changed."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from layerscope.catalog.store import Catalog
from layerscope.journeys import layer_tasks
from layerscope.journeys.analyze import analyze
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.document import Report

STATUS = b"Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"


def builder(last: bytes = b"v1") -> ImageBuilder:
    """Three layers: the second appends to a log of the first, and holds a package database."""
    log = b"line\n" * 50
    return (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("etc/os-release", b"ID=debian\n").file("var/log/a", log), "ADD base")
        .layer(Tree().file("var/log/a", log * 2).file("var/lib/dpkg/status", STATUS), "RUN install")
        .layer(Tree().file("srv/app", last), "COPY app")
    )


def settle(path: Path) -> None:
    """Wait until the file is as old as it must be to be known by its times."""
    while time.time_ns() - path.stat().st_ctime_ns < 50_000_000:
        time.sleep(0.01)


def app(folder: Path, last: bytes = b"v1", name: str = "app.tar") -> Path:
    path = docker_archive(folder / name, builder(last))
    settle(path)
    return path


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How each layer was read: walked, verified, or only its blob hashed."""
    seen: list[str] = []
    for name in ("scan_layer", "verify_copy", "verify_blob"):
        real = getattr(layer_tasks, name)

        def counting(
            *given: object, _real: object = real, _name: str = name, **rest: object
        ) -> object:
            seen.append(_name)
            return _real(*given, **rest)  # type: ignore[operator] # it is one of those functions

        monkeypatch.setattr(layer_tasks, name, counting)
    return seen


def report_of(path: Path, catalog: Catalog | None, **options: object) -> Report:
    return analyze([str(path)], catalog=catalog, jobs=1, **options).report  # type: ignore[arg-type] # options of `analyze`


def verified(report: Report) -> list[str]:
    return [layer.verified for image in report.images for layer in image.layers]


def as_read(report: Report) -> object:
    """The report as it would be if nothing were remembered."""
    images = [
        msgspec.structs.replace(
            image,
            layers=[msgspec.structs.replace(layer, verified="read") for layer in image.layers],
        )
        for image in report.images
    ]
    return msgspec.structs.replace(report, images=images)


@pytest.mark.parametrize("tables", [(), ("files", "packages")])
def test_second_run_reads_nothing_and_says_the_same(
    tmp_path: Path, readings: list[str], tables: tuple[str, ...]
) -> None:
    path = app(tmp_path)
    without = report_of(path, None, tables=tables)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    first = report_of(path, catalog, tables=tables)
    readings.clear()

    second = report_of(path, Catalog.at(str(tmp_path / "catalog")), tables=tables)

    assert readings == []
    assert first == without
    assert verified(first) == ["read"] * 3
    assert verified(second) == ["remembered"] * 3
    assert as_read(second) == without
    assert {row.cause for row in second.images[0].waste or ()} == {"appended"}
    assert catalog.problems == []


def test_second_run_opens_no_layer_for_packages_or_beginnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = oci_archive(tmp_path / "app.tar", builder(), compression="gzip")
    settle(path)
    first = report_of(path, Catalog.at(str(tmp_path / "catalog")), tables=("packages",))

    def refuse(*_: object) -> None:
        raise AssertionError("a layer was unpacked")

    monkeypatch.setattr("layerscope.files.ranges.decoded", refuse)
    second = report_of(path, Catalog.at(str(tmp_path / "catalog")), tables=("packages",))

    assert as_read(second) == first
    assert first.tables["packages"]["name"][0] == "a"


def test_verify_reads_and_checks_all_again(tmp_path: Path, readings: list[str]) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    report_of(path, catalog)
    readings.clear()

    report = report_of(path, catalog, verify=True)

    assert verified(report) == ["read"] * 3
    assert readings == ["scan_layer"] * 3


def test_archive_that_was_written_to_is_read_again(tmp_path: Path) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    report_of(path, catalog)
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[data.index(b"line\nline")] ^= 1

    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    report = report_of(path, catalog)

    assert (path.stat().st_mtime_ns, path.stat().st_size) == (before.st_mtime_ns, before.st_size)
    assert [fault.code for fault in report.faults] == ["digest-mismatch"]
    assert verified(report)[0] == "failed"


def test_archive_that_was_just_written_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    changed = path.stat().st_ctime_ns

    with monkeypatch.context() as patch:
        patch.setattr("layerscope.catalog.identity.time.time_ns", lambda: changed + 1_000_000)
        report_of(path, catalog)
    second = report_of(path, catalog)
    third = report_of(path, catalog)

    assert verified(second) == ["read"] * 3
    assert verified(third) == ["remembered"] * 3


def test_copy_of_a_known_archive_is_verified_and_not_walked(
    tmp_path: Path, readings: list[str]
) -> None:
    catalog = Catalog.at(str(tmp_path / "catalog"))
    first = report_of(app(tmp_path), catalog)
    copy = app(tmp_path, name="copy.tar")
    readings.clear()

    second = report_of(copy, catalog)

    assert readings == ["verify_copy"] * 3
    assert verified(second) == ["read"] * 3
    assert second.images[0].waste == first.images[0].waste


def test_known_compressed_blob_is_hashed_and_not_unpacked(
    tmp_path: Path, readings: list[str]
) -> None:
    catalog = Catalog.at(str(tmp_path / "catalog"))
    first = report_of(oci_archive(tmp_path / "a.tar", builder(), compression="gzip"), catalog)
    copy = oci_archive(tmp_path / "b.tar", builder(), compression="gzip")
    readings.clear()

    second = report_of(copy, catalog)

    assert readings == ["verify_blob"] * 3
    assert verified(second) == ["read"] * 3
    assert second.images[0].layers == first.images[0].layers


def test_damaged_copy_of_a_known_layer_is_found_out(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path / "catalog"))
    whole = oci_archive(tmp_path / "a.tar", builder(), compression="gzip")
    report_of(whole, catalog)
    data = bytearray(whole.read_bytes())
    packed = gzip.compress(b"")[:3]
    data[data.index(packed) + 40] ^= 1
    damaged = tmp_path / "b.tar"
    damaged.write_bytes(data)

    report = report_of(damaged, catalog)

    assert [fault.code for fault in report.faults] == ["digest-mismatch"]
    assert verified(report).count("failed") == 1


def test_new_layer_on_known_ones_is_the_only_one_walked(
    tmp_path: Path, readings: list[str]
) -> None:
    catalog = Catalog.at(str(tmp_path / "catalog"))
    report_of(app(tmp_path), catalog)
    newer = app(tmp_path, b"v2", "newer.tar")
    readings.clear()

    second = report_of(newer, catalog)

    assert sorted(readings) == ["scan_layer", "verify_copy", "verify_copy"]
    assert second == report_of(newer, None)


def test_lost_or_damaged_tables_are_read_again(tmp_path: Path) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    first = report_of(path, catalog)
    tables = sorted((tmp_path / "catalog").rglob("*.parquet"))
    tables[0].unlink()
    tables[1].write_bytes(tables[1].read_bytes()[:-1])

    second = report_of(path, catalog)
    third = report_of(path, catalog)

    assert sorted(verified(second)) == ["read", "read", "remembered"]
    assert as_read(second) == first
    assert verified(third) == ["remembered"] * 3


def test_table_that_cannot_be_read_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    first = report_of(path, catalog)

    with monkeypatch.context() as patch:
        patch.setattr("layerscope.journeys.memory.decode", lambda _: None)
        second = report_of(path, catalog)

    assert second == first
    assert verified(report_of(path, catalog)) == ["remembered"] * 3


@pytest.mark.parametrize(
    "limits",
    [
        replace(DEFAULT_LIMITS, layer_bytes=1024),
        replace(DEFAULT_LIMITS, name_bytes=4),
    ],
)
def test_layer_beyond_the_limits_is_refused_though_it_is_known(
    tmp_path: Path, limits: object
) -> None:
    path = app(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    report_of(path, catalog)

    report = report_of(path, catalog, limits=limits)

    assert report == report_of(path, None, limits=limits)


IN_PROCESSES = """
import sys
from layerscope.catalog.store import Catalog
from layerscope.journeys import pool
from layerscope.journeys.analyze import analyze
pool.IN_PROCESS_BYTES = 0
for _ in range(2):
    report = analyze(sys.argv[2:], catalog=Catalog.at(sys.argv[1]), jobs=2).report
    print(*(layer.verified for layer in report.images[0].layers))
print({"pyarrow", "numpy", "pandas"} & set(sys.modules))
"""


def test_neither_run_loads_pyarrow_numpy_or_pandas(tmp_path: Path) -> None:
    path = app(tmp_path)

    done = subprocess.run(
        [sys.executable, "-c", IN_PROCESSES, str(tmp_path / "catalog"), str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
    )

    lines = ["read read read", "remembered remembered remembered", "set()"]
    assert done.stdout.splitlines() == lines
    assert done.stderr == ""
