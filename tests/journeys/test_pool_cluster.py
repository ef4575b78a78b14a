"""Layers read by real clusters: the results, and the catalog, are those of one process."""

from __future__ import annotations

import gzip
import os
import signal
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.catalog.places import Folder, place_at
from layerscope.catalog.sketch import recall_sketch
from layerscope.catalog.store import Catalog
from layerscope.errors import LayerscopeError
from layerscope.journeys import layer_tasks
from layerscope.journeys.pool import read_layers
from layerscope.journeys.pool_cluster import ClusterScanner, cluster_scanner
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.fleet.clusters import dask_programs, s3_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layerscope.catalog.places import Place
    from layerscope.journeys.pool import LayerOutcome
    from layerscope.journeys.pool import Place as LayerPlace
    from layerscope.sources.image import OpenedInput

NAME = "scan_layer"
"""What a worker reads a layer with."""


@pytest.fixture(scope="module")
def scanner() -> Iterator[ClusterScanner]:
    """Two processes on this machine, without a catalog."""
    with cluster_scanner("local", workers=2) as found:
        yield found


def images(folder: Path) -> list[OpenedInput]:
    """Two images that share a layer, compressed differently; one has a layer twice."""
    base = Tree().file("etc/motd", b"hello").file("big", b"x" * 300_000)
    app = Tree().file("srv/app", b"app" * 1000).symlink("srv/link", "app").whiteout("etc/motd")
    one = ImageBuilder().layer(base, created_by="ADD").layer(app, created_by="COPY").layer(app)
    other = ImageBuilder().layer(base, created_by="ADD").layer(Tree().file("b", b"only here"))
    docker_archive(folder / "one.tar", one)
    oci_archive(folder / "other.tar", other, compression="gzip")
    return open_inputs([str(folder / "one.tar"), str(folder / "other.tar")])


def objects_of(place: Place) -> dict[str, bytes]:
    """All that lies in a catalog."""
    return {each.name: place.read(each.name) or b"" for each in place.objects()}


def kept(outcomes: dict[LayerPlace, LayerOutcome], catalog: Catalog) -> dict[str, bytes]:
    """A catalog with the tables and sketches of what was read, made by this process alone."""
    for outcome in outcomes.values():
        assert outcome.scan is not None
        catalog.keep_table(str(outcome.scan.diff_id), outcome.scan)
        assert recall_sketch(catalog, str(outcome.scan.diff_id)) is not None
    return objects_of(catalog.place)


def stop_in_the_middle(flag: str) -> None:
    """In a worker: whoever is first to have read some of a layer says its id and reads no more."""
    real = getattr(layer_tasks, NAME)

    def stopping(layer: Any, **options: Any) -> Any:  # noqa: ANN401 - passes on what it is given
        def on_progress(_: int) -> None:
            try:
                descriptor = os.open(flag, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                return
            os.write(descriptor, b"%d\n" % os.getpid())
            os.close(descriptor)
            time.sleep(600)

        return real(layer, **{**options, "on_progress": on_progress})

    setattr(layer_tasks, NAME, stopping)


def kill_the_stopped_one(flag: Path) -> None:
    """Wait for the id of the worker that stopped, and kill it."""
    while not flag.exists() or not flag.read_bytes().endswith(b"\n"):
        time.sleep(0.01)
    os.kill(int(flag.read_bytes()), signal.SIGKILL)


def test_layers_read_by_a_cluster_are_those_read_here(
    scanner: ClusterScanner, tmp_path: Path
) -> None:
    opened = images(tmp_path)
    seen: list[tuple[int, int]] = []

    found = read_layers(
        opened, columns=True, scanner=scanner, progress=lambda *done: seen.append(done)
    )

    assert found == read_layers(opened, columns=True, jobs=1)
    assert seen[-1][0] == seen[-1][1] > 300_000


def test_worker_killed_in_mid_scan_loses_nothing(tmp_path: Path) -> None:
    opened = images(tmp_path)
    flag = tmp_path / "stopped"
    place = tmp_path / "shared"
    with cluster_scanner("local", str(place), workers=2) as scanner:
        scanner.client.run(stop_in_the_middle, str(flag))

        found = read_layers(
            opened,
            columns=True,
            scanner=scanner,
            meanwhile=lambda: kill_the_stopped_one(flag),
        )

    serial = read_layers(opened, columns=True, jobs=1)
    assert found == serial
    alone = Catalog(Folder(str(tmp_path / "alone")))
    assert objects_of(Folder(str(place))) == kept(serial, alone)


def test_dask_programs_and_s3_with_a_worker_killed_give_what_one_process_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = images(tmp_path)
    flag = tmp_path / "stopped"
    url = "s3://layers/catalog"
    with s3_server() as settings:
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        place = place_at(url)
        place._fs.mkdir("layers")  # type: ignore[attr-defined] # a bucket is made by its owner
        with (
            dask_programs(tmp_path, 2, **settings) as address,
            cluster_scanner(address, url) as scanner,
        ):
            scanner.client.wait_for_workers(2)
            scanner.client.run(stop_in_the_middle, str(flag))

            found = read_layers(
                opened,
                columns=True,
                scanner=scanner,
                meanwhile=lambda: kill_the_stopped_one(flag),
            )
        in_store = objects_of(place)

    serial = read_layers(opened, columns=True, jobs=1)
    assert found == serial
    assert in_store == kept(serial, Catalog(Folder(str(tmp_path / "alone"))))
    assert len(in_store) == 6


def test_worker_sends_numbers_only_where_tables_lie_in_the_catalog(
    scanner: ClusterScanner, tmp_path: Path
) -> None:
    opened = images(tmp_path)

    found = read_layers(
        opened, columns=False, scanner=replace(scanner, catalog=str(tmp_path / "shared"))
    )

    assert found == read_layers(opened, columns=False, jobs=1)
    assert all(outcome.scan and outcome.scan.columns is None for outcome in found.values())
    kinds = [each.name.split("/")[1] for each in Folder(str(tmp_path / "shared")).objects()]
    assert sorted(kinds) == ["sketches"] * 3 + ["tables"] * 3


def test_catalog_that_takes_nothing_changes_no_result(
    scanner: ClusterScanner, tmp_path: Path
) -> None:
    opened = images(tmp_path)
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    found = read_layers(opened, columns=True, scanner=replace(scanner, catalog=str(loop)))

    assert found == read_layers(opened, columns=True, jobs=1)


def test_limits_that_tables_do_not_know_of_leave_the_catalog_alone(
    scanner: ClusterScanner, tmp_path: Path
) -> None:
    opened = images(tmp_path)
    limits = replace(DEFAULT_LIMITS, hole_bytes=1)

    read_layers(opened, limits=limits, scanner=replace(scanner, catalog=str(tmp_path / "shared")))

    assert not (tmp_path / "shared").exists()


def test_damaged_layer_is_the_same_fault_as_here(scanner: ClusterScanner, tmp_path: Path) -> None:
    images(tmp_path)
    path = tmp_path / "one.tar"
    data = path.read_bytes()
    path.write_bytes(data.replace(b"x" * 100, b"y" * 100, 1))
    opened = open_inputs([str(path)])

    found = read_layers(opened, columns=True, scanner=scanner)

    here = read_layers(opened, columns=True, jobs=1)
    assert found == here
    assert [outcome.fault is None for outcome in here.values()] == [False, True, True]


def test_file_that_a_worker_sees_otherwise_is_refused(
    scanner: ClusterScanner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = images(tmp_path)
    monkeypatch.setattr("layerscope.journeys.pool_cluster._seen", lambda _: (1, 2))

    with pytest.raises(LayerscopeError, match="a Dask worker sees another file at /"):
        read_layers(opened, scanner=scanner)


def test_archive_that_had_to_be_unpacked_is_read_here(
    scanner: ClusterScanner, tmp_path: Path
) -> None:
    images(tmp_path)
    packed = tmp_path / "one.tar.gz"
    packed.write_bytes(gzip.compress((tmp_path / "one.tar").read_bytes()))
    opened = open_inputs([str(packed)])

    found = read_layers(opened, columns=True, scanner=scanner)

    assert found == read_layers(opened, columns=True, jobs=1)
    assert len(found) == 3
