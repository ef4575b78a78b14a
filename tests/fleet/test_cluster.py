from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.catalog.places import Folder
from layerscope.catalog.sketch import keep_sketch
from layerscope.catalog.store import Catalog
from layerscope.errors import LayerscopeError, UsageError
from layerscope.fleet import cluster as module
from layerscope.fleet import sketches
from layerscope.fleet.cluster import cluster, completed, estimate_on_cluster, gathered
from layerscope.fleet.sketches import estimate_fleet
from tests.fleet.clusters import dask_programs, free_port
from tests.fleet.made_sketches import Made, drawn, made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from distributed import Client

    from layerscope.fleet.estimates import Estimates
    from layerscope.fleet.sketches import FleetEstimates

TEXTS = ("agm", "ahn", "bio", "bjp", "ckq", "clr", "agm", "abx")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two processes on this machine."""
    with cluster("local", workers=2) as found:
        yield found


@pytest.fixture(scope="module")
def fleet() -> Made:
    """Eight images; of one a layer has no sketch."""
    layers = drawn(9, "abcghijklmnopqr", pool=6000, most=1500)
    return made(*TEXTS, layers=layers, kept=200, rate_bytes=10**40)


def stored(fleet: Made, folder: Path) -> str:
    """The place where the sketches of the fleet now are."""
    catalog = Catalog(Folder(str(folder)))
    for diff_id, sketch in fleet.sketches.items():
        keep_sketch(catalog, diff_id, sketch)
    assert catalog.problems == []
    return str(folder)


def bits_of(found: FleetEstimates) -> tuple[object, ...]:
    """All of the figures, so that a difference of one bit is one."""

    def bits(one: Estimates) -> list[bytes]:
        return [each.tobytes() for each in (one.value, one.low, one.high, one.exact)]

    return (
        *bits(found.images),
        *bits(found.unique),
        found.total,
        found.missing_layers,
        found.threshold,
    )


def killed_once(flag: str, number: int) -> int:
    """The square of a number; whoever is first to ask dies of it, as if it were out of memory."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return number * number
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def killed(_: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(_: int) -> None:
    raise LayerscopeError("not today")


def test_figures_from_a_cluster_are_those_of_one_process(
    client: Client, fleet: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketches.blocks, "__defaults__", (5,))

    found = estimate_on_cluster(client, stored(fleet, tmp_path), fleet.held, fleet.diff_ids)

    expected = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall)
    assert expected.missing_layers == 1
    assert bits_of(found) == bits_of(expected)


def test_figures_from_dask_programs_are_those_of_one_process(fleet: Made, tmp_path: Path) -> None:
    place = stored(fleet, tmp_path / "catalog")

    with dask_programs(tmp_path, 1) as address, cluster(address) as client:
        found = estimate_on_cluster(client, place, fleet.held, fleet.diff_ids, 2**21)

    expected = estimate_fleet(fleet.held, fleet.diff_ids, fleet.recall, 2**21)
    assert bits_of(found) == bits_of(expected)


def test_worker_killed_in_the_middle_loses_nothing(client: Client, tmp_path: Path) -> None:
    flag = str(tmp_path / "killed")

    futures = [client.submit(killed_once, flag, at, pure=False) for at in range(20)]

    assert gathered(client, futures) == [at * at for at in range(20)]
    assert os.path.exists(flag)


def test_task_that_kills_each_worker_is_one_clear_error() -> None:
    # A cluster of its own, since its workers are started again several times.
    with cluster("local", workers=1) as client:
        futures = [client.submit(killed, 1, pure=False)]

        with pytest.raises(LayerscopeError, match="killed several Dask workers"):
            gathered(client, futures)


def test_error_of_a_task_is_raised_as_it_is(client: Client) -> None:
    futures = [client.submit(refused, 1, pure=False)]

    with pytest.raises(LayerscopeError, match="not today"):
        list(completed(client, futures))


def test_scheduler_without_workers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 1.0)

    with dask_programs(tmp_path, 0) as address, cluster(address) as client:
        futures = [client.submit(pow, 2, 3, pure=False)]

        with pytest.raises(LayerscopeError, match="no workers"):
            gathered(client, futures)


def test_catalog_that_cannot_be_read_is_an_error_and_no_absence(
    client: Client, fleet: Made, tmp_path: Path
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)

    with pytest.raises(LayerscopeError, match="the catalog cannot be read"):
        estimate_on_cluster(client, str(loop), fleet.held, fleet.diff_ids)


@pytest.mark.parametrize("address", ["", "localhost:8786", "inproc://1", "http://127.0.0.1:1"])
def test_address_of_another_kind_is_wrong_usage(address: str) -> None:
    with pytest.raises(UsageError, match="expected tcp://"), cluster(address):
        pass


def test_no_scheduler_at_an_address_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CONNECT_SECONDS", 1)
    address = f"tcp://127.0.0.1:{free_port()}"

    with pytest.raises(UsageError, match="no Dask scheduler at tcp://"), cluster(address):
        pass


def test_local_cluster_speaks_tls_on_the_loopback_only(client: Client) -> None:
    workers: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]

    assert client.scheduler.address.startswith("tls://127.0.0.1:")
    assert len(workers) >= 1
    assert all(address.startswith("tls://127.0.0.1:") for address in workers)
