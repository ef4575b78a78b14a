"""Work for Dask: many processes, on this machine or on others, that may die while they work.

Whatever a worker was doing when it died is done again by another one: tasks are pure functions of
small arguments, results that matter lie in the shared catalog, and nothing is kept in one worker
that could not be made anew.

Whoever can reach a scheduler can run programs on its workers. So `local` speaks TLS with keys made
for that run, over the loopback, and an address is used as it is given: that network is the user's.
"""

from __future__ import annotations

import logging
import queue
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layerscope.catalog.sketch import recall_sketch
from layerscope.catalog.store import Catalog
from layerscope.errors import LayerscopeError, UsageError, shown
from layerscope.fleet.sampled_contents import PARTS, Evidence
from layerscope.fleet.sketches import (
    Folded,
    Joined,
    blocks,
    common_threshold,
    fleet_estimates,
    fold,
    join,
    lowest_threshold,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from distributed import Client, Future

    from layerscope.catalog.sketch import Sketch
    from layerscope.fleet.holdings import Holdings
    from layerscope.fleet.sketches import Block, FleetEstimates

LOCAL = "local"
"""Instead of an address: a scheduler and workers of this run's own, on this machine."""

PATIENCE_SECONDS = 60.0
"""After so long without any worker nobody will come any more."""

CONNECT_SECONDS = 10
"""How long a scheduler may take to answer."""

_LOOK_SECONDS = 1.0


@contextmanager
def cluster(address: str, workers: int | None = None) -> Iterator[Client]:
    """A client of the scheduler at an address, or of one that is started for this run.

    Args:
        address: `tcp://host:port` or `tls://host:port` of a Dask scheduler, or `local`.
        workers: How many processes `local` starts; None takes one for each processor.

    Raises: `UsageError` if Dask is not installed, or there is no scheduler.
    """
    try:
        from distributed import Client, LocalCluster  # noqa: PLC0415 - an extra, half a second
    except ImportError as error:
        hint = "pip install 'layerscope[cluster]'"
        raise UsageError("a cluster needs Dask", "--cluster", hint) from error
    if address != LOCAL:
        if not address.startswith(("tcp://", "tls://")):
            problem = f"expected tcp://HOST:PORT, tls://HOST:PORT or local, found {shown(address)}"
            raise UsageError(problem, "--cluster")
        try:
            client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            problem = f"there is no Dask scheduler at {shown(address)}"
            raise UsageError(problem, "--cluster") from error
        with client:
            yield client
        return
    started = LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tls://",
        security=True,
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        # Without a limit nothing is spilled: no byte of an image is written to a disk.
        memory_limit=0,
    )
    with started, Client(started, set_as_default=False) as client:
        yield client


def completed(client: Client, futures: Sequence[Future]) -> Iterator[tuple[int, Any]]:
    """The position and the result of each task, as they are done.

    Raises: `LayerscopeError` if a task killed several workers, if no worker is left, or if the
        scheduler is gone; and what a task raised.
    """
    from distributed import CancelledError, KilledWorker  # noqa: PLC0415 - see `cluster`

    done: queue.SimpleQueue[int] = queue.SimpleQueue()

    def watch(at: int, future: Future) -> None:
        future.add_done_callback(lambda _: done.put(at))

    for at, future in enumerate(futures):
        watch(at, future)
    left = len(futures)
    alive = time.monotonic()
    while left:
        try:
            at = done.get(timeout=_LOOK_SECONDS)
        except queue.Empty:
            if client.status != "running":
                raise LayerscopeError("the Dask scheduler is gone") from None
            if client.scheduler_info(n_workers=-1)["workers"]:
                alive = time.monotonic()
            elif time.monotonic() - alive > PATIENCE_SECONDS:
                hint = "start one: dask worker ADDRESS"
                raise LayerscopeError("the Dask scheduler has no workers", hint=hint) from None
            continue
        alive = time.monotonic()
        left -= 1
        try:
            result = futures[at].result()
        except KilledWorker as error:
            hint = "they may have run out of memory"
            raise LayerscopeError("a task killed several Dask workers", hint=hint) from error
        except CancelledError as error:
            raise LayerscopeError("the Dask scheduler dropped a task") from error
        yield at, result


def gathered(client: Client, futures: Sequence[Future]) -> list[Any]:
    """The results of tasks, in order. Raises: as `completed`."""
    results: list[Any] = [None] * len(futures)
    for at, result in completed(client, futures):
        results[at] = result
    return results


def estimate_on_cluster(
    client: Client,
    catalog: str,
    held: Holdings,
    diff_ids: Sequence[str],
    rate_bytes: int | None = None,
) -> FleetEstimates:
    """The figures of a fleet, the same as those of `sketches.estimate_fleet`.

    Args:
        client: The cluster.
        catalog: The folder or URL where the sketches are; all workers see the same one.
        held: Which image holds which layers, by DiffID.
        diff_ids: The DiffID of each of its things.
        rate_bytes: As for `sketches.common_threshold`.

    Raises: `UsageError` for a rate that sketches do not hold; as `completed`.
    """
    threshold = common_threshold(
        rate_bytes,
        lambda: min(
            gathered(
                client,
                [
                    client.submit(_lowest, catalog, block.diff_ids, pure=False)
                    for block in blocks(held, diff_ids)
                ],
            ),
            default=float("inf"),
        ),
    )
    count = len(held.start) - 1
    folded = [
        client.submit(_fold, catalog, block, threshold, pure=False)
        for block in blocks(held, diff_ids)
    ]
    joined = [
        client.submit(
            _join,
            [client.submit(_part, one, part, pure=False) for one in folded],
            count,
            threshold,
            pure=False,
        )
        for part in range(PARTS)
    ]
    facts = [client.submit(_facts, one, pure=False) for one in folded]
    found: list[Folded] = gathered(client, facts)
    parts: list[Joined] = gathered(client, joined)
    return fleet_estimates(held, found, parts, threshold)


def _recall(catalog: str, diff_ids: Sequence[str]) -> list[Sketch | None]:
    """Raises: `LayerscopeError` if the catalog cannot be read: absent is not unreachable."""
    kept = Catalog.at(catalog)
    found = [recall_sketch(kept, diff_id) for diff_id in diff_ids]
    if kept.problems:
        raise LayerscopeError(kept.problems[0])
    return found


def _lowest(catalog: str, diff_ids: Sequence[str]) -> float:
    return lowest_threshold(_recall(catalog, diff_ids))


def _fold(catalog: str, block: Block, threshold: float) -> Folded:
    return fold(block, _recall(catalog, block.diff_ids), threshold)


def _part(folded: Folded, part: int) -> Evidence:
    return folded.evidence[part]


def _join(evidence: list[Evidence], images: int, threshold: float) -> Joined:
    return join(evidence, images, threshold)


def _facts(folded: Folded) -> Folded:
    """All but the evidence, which stays where it is."""
    return replace(folded, evidence=())
