"""A rollout simulated: a trace of starts, and images, in; what nodes with caches pull, out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Unpack

from layerscope.errors import UsageError, shown
from layerscope.fleet.cachable import cachable
from layerscope.fleet.nodes import Start, roll_out
from layerscope.fleet.registry_blobs import units_of
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.journeys.plan_transfer import registry_documents
from layerscope.journeys.rollout_trace import read_trace
from layerscope.report.plan_nodes_document import (
    NodeSettings,
    PlanNodesDocument,
    plan_nodes_document,
)
from layerscope.sources.names import is_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.fleet.nodes import Cachable, Eviction
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.journeys.plan_transfer import Reading
    from layerscope.journeys.rollout_trace import TraceRow
    from layerscope.report.document import ImageRow

LISTED = 8
"""How many names of images a message lists."""
MOST_NODES = 100_000


def plan_nodes(
    inputs: Sequence[str],
    trace: str,
    *,
    nodes: int,
    bandwidth: int,
    cache_bytes: int | None = None,
    evict: Eviction = "lru",
    counted: Literal["blob", "tar"] = "blob",
    **reading: Unpack[Reading],
) -> PlanNodesDocument:
    """What nodes pull while the images of a trace are started on them.

    Args:
        inputs: Images as a user names them; those that the trace does not name play no part.
        trace: The file of the trace; see `journeys.rollout_trace`.
        nodes: How many there are.
        bandwidth: Bytes in a second to each node.
        cache_bytes: What a node's cache holds; None means all.
        evict: Which layers go first; see `fleet.nodes`.
        counted: Which bytes of a layer count; see `fleet.cachable`.
        reading: See `plan_transfer.Reading`.

    Raises: `UsageError` if the trace names an image that is not there, a node that is not, or an
        image that is larger than a cache; if the size of one of its layers is not known; as
        `read_trace` and `read_fleet` do.
    """
    if not 1 <= nodes <= MOST_NODES:
        raise UsageError(f"expected 1 to {MOST_NODES:,} nodes, found {nodes}", "--nodes")
    if bandwidth < 1:
        raise UsageError("expected at least one byte in a second", "--bandwidth")
    rows = read_trace(trace, reading.get("stdin"))
    fleet = read_fleet(inputs, columns=False, **reading)
    chosen = images_of_trace(fleet, rows)
    images = list(dict.fromkeys(chosen.values()))
    layers = cachable(
        fleet.frames,
        registry_documents(fleet),
        images,
        counted,
        lambda image: _title(fleet.rows[image]),
    )
    if cache_bytes is not None:
        _refuse_larger(layers, [fleet.rows[image] for image in images], cache_bytes)
    places = {name: images.index(image) for name, image in chosen.items()}
    rollout = roll_out(
        layers,
        starts_of(rows, places, nodes),
        nodes=nodes,
        bandwidth=bandwidth,
        cache_bytes=cache_bytes,
        evict=evict,
    )
    return plan_nodes_document(
        fleet.tool,
        [fleet.rows[image] for image in images],
        NodeSettings(
            nodes=nodes,
            cache_bytes=cache_bytes,
            evict=evict,
            bandwidth=bandwidth,
            counted=counted,
        ),
        layers,
        rollout,
        skipped=fleet.skipped,
        faults=fleet.faults,
    )


def images_of_trace(fleet: FleetInputs, rows: Sequence[TraceRow]) -> dict[str, int]:
    """For each name of a trace, in order of first use, the image that it means.

    A name is one of an image's names, or its input, or `INPUT:@N`.

    Raises: `UsageError` if no image has a name, or several different ones do.
    """
    found: dict[str, int] = {}
    for name in dict.fromkeys(row.image for row in rows):
        fits = units_of(
            fleet.frames, (at for at, row in enumerate(fleet.rows) if _is_called(row, name))
        )
        if len(fits) != 1:
            titles = [_title(row) for row in fleet.rows[:LISTED]]
            more = f" and {len(fleet.rows) - LISTED} more" if len(fleet.rows) > LISTED else ""
            problem = f"the trace names {shown(name, 80)!r}, and {len(fits)} images are called so"
            platform = "; --platform picks one of several platforms" if fits else ""
            raise UsageError(problem, hint=f"there are {', '.join(titles)}{more}{platform}")
        found[name] = fits[0]
    return found


def starts_of(rows: Sequence[TraceRow], images: Mapping[str, int], nodes: int) -> list[Start]:
    """The starts of a trace in order of time; those without a node take the nodes in turn.

    Raises: `UsageError` for a node that is not there.
    """
    starts = []
    turn = 0
    for row in sorted(rows, key=lambda each: each.time_ns):
        if row.node is not None and row.node >= nodes:
            problem = f"the trace names node {row.node}, and nodes are 0 to {nodes - 1}"
            raise UsageError(problem, "--nodes")
        for _ in range(row.count):
            node = turn % nodes if row.node is None else row.node
            turn += row.node is None
            starts.append(Start(row.time_ns, images[row.image], node, row.run_ns))
    return starts


def _is_called(row: ImageRow, name: str) -> bool:
    own = (row.input, f"{row.input}:@{row.index}")
    return name in own or any(is_named(name, each) for each in row.names)


def _title(row: ImageRow) -> str:
    return shown(row.names[0] if row.names else f"{row.input}:@{row.index}", 60)


def _refuse_larger(layers: Cachable, rows: Sequence[ImageRow], cache_bytes: int) -> None:
    """An image that never fits is a mistake of the user, and no start that was refused."""
    for row, own in zip(rows, layers.images, strict=True):
        needed = sum(layers.sizes[layer] for layer in own)
        if needed > cache_bytes:
            problem = f"{_title(row)} has {needed} bytes of layers, more than a cache holds"
            raise UsageError(problem, "--cache-size")
