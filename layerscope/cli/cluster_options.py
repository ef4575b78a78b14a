"""`--cluster`: who reads layers, and where what they find is kept."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cli.options import ReadOptions
    from layerscope.journeys.layer_tasks import Scanner

ClusterOption = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS|local",
        help="Read layers on a Dask cluster (tcp://, tls://), or on one started here.",
    ),
]
"""The option of a command that reads layers; the name of its parameter is `cluster`."""


@contextmanager
def scanner_at(cluster: str | None, reading: ReadOptions) -> Iterator[Scanner | None]:
    """What the journey takes as its `scanner`; None without `--cluster`.

    Raises: `UsageError` if Dask is not installed, or no scheduler is there.
    """
    if cluster is None:
        yield None
        return
    from layerscope.journeys.pool_cluster import cluster_scanner  # noqa: PLC0415 - few ask for it

    catalog = None if reading.no_catalog else reading.catalog
    with cluster_scanner(cluster, catalog, reading.jobs) as scanner:
        yield scanner
