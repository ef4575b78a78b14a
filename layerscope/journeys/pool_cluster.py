"""Layers read by the workers of a Dask cluster instead of by processes of this program.

A worker opens an archive by the path that it has here, so that it must see the same file there: it
looks, and refuses another one. Where there is a catalog, a worker puts the table of a layer and its
sketch there itself and sends back the numbers only; columns that are wanted come from the catalog.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.catalog.places import Folder
from layerscope.catalog.sketch import keep_sketch, sketch_of_columns
from layerscope.catalog.store import Catalog
from layerscope.catalog.table_file import decode
from layerscope.errors import LayerscopeError, shown
from layerscope.files.scan_layer import LayerScan
from layerscope.fleet.cluster import cluster, completed
from layerscope.journeys.layer_tasks import read_task
from layerscope.journeys.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from distributed import Client

    from layerscope.journeys.layer_tasks import Copy, Options, Result, Task

FileSeen = tuple[int, int]
"""Bytes of a file, and when it was written to last, in ns."""


@contextmanager
def cluster_scanner(
    address: str, catalog: str | None = None, workers: int | None = None
) -> Iterator[ClusterScanner]:
    """What `read_layers` takes as a `scanner`, while the cluster is there.

    Args:
        address: Of a Dask scheduler, or `local`: see `fleet.cluster.cluster`.
        catalog: The folder or URL that the workers share; None sends tables over the network.
        workers: How many processes `local` starts; None takes one for each processor.

    Raises: as `fleet.cluster.cluster`; `UsageError` for a URL that fsspec does not know.
    """
    if catalog is not None:
        place = Catalog.at(catalog).place
        # Workers run in folders of their own.
        catalog = place.path if isinstance(place, Folder) else catalog
    with cluster(address, workers) as client:
        yield ClusterScanner(client, catalog)


@dataclass(frozen=True, slots=True)
class ClusterScanner:
    """Reads layers on a cluster; a `journeys.layer_tasks.Scanner`.

    Attributes:
        client: The cluster.
        catalog: The folder or URL that its workers share; None if there is none.
    """

    client: Client
    catalog: str | None = None

    def __call__(
        self,
        tasks: Sequence[Task],
        options: Options,
        progress: Callable[[int, int], None] | None,
    ) -> dict[Copy, Result]:
        """A result for each copy, the same as this program's own processes would find.

        Tasks come largest first. What has no path, the spool of a compressed archive, is read here.

        Raises: `LayerscopeError` if a worker does not see a file as it is here, or as
            `fleet.cluster.completed`.
        """
        given = replace(options, meanwhile=None, scanner=None)
        catalog = self._catalog_for(given)
        there = [task for task in tasks if task.copy.region.path is not None]
        here = [task for task in tasks if task.copy.region.path is None]
        results: dict[Copy, Result] = {}
        total = sum(task.copy.region.size for task in tasks)
        done = 0

        def advance(task: Task) -> None:
            nonlocal done
            done += task.copy.region.size
            if progress is not None:
                progress(done, total)

        seen = {path: _seen(path) for path in {_path(task) for task in there}}
        futures = [
            self.client.submit(
                _scan_there,
                _with_whole_path(task),
                given,
                catalog,
                seen[_path(task)],
                pure=False,
                # The largest first: the last to finish is then a small one.
                priority=len(there) - at,
            )
            for at, task in enumerate(there)
        ]
        if options.meanwhile is not None:
            options.meanwhile()
        for task in here:
            results[task.copy] = read_task(task, given, None, None)
            advance(task)
        for at, result in completed(self.client, futures):
            results[there[at].copy] = result
            advance(there[at])
        if catalog is not None and given.columns:
            self._load_columns(catalog, there, given, results)
        return results

    def _catalog_for(self, options: Options) -> str | None:
        """The catalog, if what is read with these options is fit to be remembered."""
        if self.catalog is None or options.content != "blake3":
            return None
        kept = Catalog.at(self.catalog)
        memory = Memory.of(kept, options.limits, verify=False, packages=False)
        return None if memory is None else self.catalog

    def _load_columns(
        self,
        catalog: str,
        tasks: Sequence[Task],
        options: Options,
        results: dict[Copy, Result],
    ) -> None:
        """Put in tables from the catalog; a layer whose table is not there is read once more."""
        kept = Catalog.at(catalog)
        again = []
        for task in tasks:
            result = results[task.copy]
            if not isinstance(result, LayerScan) or result.columns is not None:
                continue
            data = kept.table(str(result.diff_id))
            found = None if data is None else decode(data)
            if found is None:
                again.append(task)
            else:
                results[task.copy] = replace(result, columns=found[1])
        futures = [
            self.client.submit(
                _scan_there, _with_whole_path(task), options, None, _seen(_path(task)), pure=False
            )
            for task in again
        ]
        for at, result in completed(self.client, futures):
            results[again[at].copy] = result


def _scan_there(
    task: Task, options: Options, catalog: str | None, expected: FileSeen | None
) -> Result:
    """What a worker does. It may do it twice, after another one died: both find the same."""
    path = _path(task)
    if _seen(path) != expected:
        hint = "all workers must see the inputs at the same paths"
        raise LayerscopeError(f"a Dask worker sees another file at {shown(path)}", hint=hint)
    if catalog is None or not task.walk:
        return read_task(task, options, None, None)
    result = read_task(task, replace(options, columns=True), None, None)
    if not isinstance(result, LayerScan) or result.columns is None:
        return result
    kept = Catalog.at(catalog)
    diff_id = str(result.diff_id)
    kept.keep_table(diff_id, result)
    sketch = sketch_of_columns(result.columns)
    if sketch is not None:
        keep_sketch(kept, diff_id, sketch)
    # A table that no store took, or no format holds, travels with the result if it is wanted.
    if options.columns and kept.table(diff_id) is None:
        return result
    return replace(result, columns=None)


def _with_whole_path(task: Task) -> Task:
    """The task with the path as it is from every folder."""
    region = replace(task.copy.region, path=_path(task))
    return replace(
        task, copy=replace(task.copy, region=region), layer=replace(task.layer, region=region)
    )


def _path(task: Task) -> str:
    return os.path.abspath(task.copy.region.path or "")


def _seen(path: str) -> FileSeen | None:
    """What tells a file from another one at the same path elsewhere; None if it is not there."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns
