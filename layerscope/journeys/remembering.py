"""Layers of any journey that asks only for their tables, read with the help of the catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.journeys.pool import read_layers
from layerscope.sources.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from layerscope.catalog.store import Catalog
    from layerscope.journeys.memory import Memory
    from layerscope.journeys.pool import LayerOutcome, Place
    from layerscope.sources.image import OpenedInput
    from layerscope.sources.limits import Limits


def read_tables(
    opened: Sequence[OpenedInput],
    *,
    catalog: Catalog | None = None,
    verify: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[Place, LayerOutcome]:
    """The outcome of every layer that has bytes, with its table: as `pool.read_layers` gives it.

    What was read is put into the catalog; layers that it knows are not read again, unless `verify`
    is set.
    """
    memory = memory_of(catalog, limits, verify=verify)
    outcomes = read_layers(
        opened, jobs=jobs, limits=limits, columns=True, progress=progress, memory=memory
    )
    if memory is not None:
        keep(memory, opened, outcomes)
    return outcomes


def memory_of(
    catalog: Catalog | None, limits: Limits, *, verify: bool, packages: bool = False
) -> Memory | None:
    """The memory of a run, None without a catalog: as `Memory.of`, loaded only if there is one."""
    if catalog is None:
        return None
    from layerscope.journeys.memory import Memory  # noqa: PLC0415 - not without a catalog

    return Memory.of(catalog, limits, verify=verify, packages=packages)


def keep(
    memory: Memory, opened: Sequence[OpenedInput], outcomes: Mapping[Place, LayerOutcome]
) -> None:
    """Give the catalog what a run found out of the layers of its inputs."""
    memory.keep(
        (opened[one].images[image].layers[layer], outcome.scan)
        for (one, image, layer), outcome in outcomes.items()
        if outcome.scan is not None
    )
