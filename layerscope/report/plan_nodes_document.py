"""The document `layerscope.plan-nodes/1`: what nodes with caches pull during a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.fleet.nodes import REFUSED, SECOND, quantile
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.nodes import Cachable, Rollout
    from layerscope.report.document import ImageRow


NODE_COLUMNS = ("node", "evictions", "evicted_bytes", "cached_bytes")


class NodeSettings(Row, frozen=True, kw_only=True):
    """What was simulated.

    Attributes:
        cache_bytes: Of each node; None is without end.
        bandwidth: Bytes in a second to each node.
        counted: `blob`: compressed layers by digest; `tar`: uncompressed ones by DiffID.
    """

    nodes: int
    cache_bytes: int | None
    evict: Literal["lru", "size", "sharing"]
    bandwidth: int
    counted: Literal["blob", "tar"]


class PullNumbers(Row, frozen=True, kw_only=True):
    """What happened in some starts.

    Attributes:
        starts: How many there were, those refused included.
        refused: How many were refused: layers in use left no room.
        from_cache: How many found all their layers there.
        layers: How many layers the starts that were not refused needed.
        hit_layers: How many of them were there.
        pulled_bytes: What moved.
        hit_bytes: What was there; with the bytes that moved, all that was needed.
        seconds_p50: Of pulls from being asked for until all is there, waiting for earlier pulls of
            the node included and those of 0 seconds too. Nearest rank: the smallest of the values
            that half of them do not exceed; None if all starts were refused.
        seconds_p95: The same of 95 in 100.
        seconds_max: The longest.
    """

    starts: int
    refused: int
    from_cache: int
    layers: int
    hit_layers: int
    pulled_bytes: int
    hit_bytes: int
    seconds_p50: float | None
    seconds_p95: float | None
    seconds_max: float | None


class StartedImage(Row, frozen=True, kw_only=True):
    """One image of the trace; `bytes` of its layers, each once."""

    image: ImageName
    bytes: int
    pulls: PullNumbers


class NodeRow(Row, frozen=True, kw_only=True):
    """One node; `cached_bytes` are there at the end."""

    node: int
    pulls: PullNumbers
    evictions: int
    evicted_bytes: int
    cached_bytes: int


class PlanNodesDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-nodes/1` document.

    Attributes:
        distinct_bytes: Of the layers of all images of the trace, each once.
        evictions: How many layers were dropped.
        pulls: Of all starts.
        images: Those that the trace starts, in the order in which it names them first.
        nodes: All, in order.
    """

    tool: Tool
    settings: NodeSettings
    distinct_bytes: int
    evictions: int
    evicted_bytes: int
    pulls: PullNumbers
    images: list[StartedImage]
    nodes: list[NodeRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-nodes/1"] = "layerscope.plan-nodes/1"


def plan_nodes_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    settings: NodeSettings,
    fleet: Cachable,
    rollout: Rollout,
    *,
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> PlanNodesDocument:
    """The document of a rollout.

    Args:
        tool: Which program writes it.
        rows: The images that were started, each as in a report.
        settings: What was simulated.
        fleet: The same images as a cache sees them.
        rollout: What happened.
        skipped: What was left out.
        faults: What is wrong.
    """
    starts = rollout.starts
    of_image = dict(list(starts.groupby("image")))
    of_node = dict(list(starts.groupby("node")))
    none = starts.iloc[:0]
    return PlanNodesDocument(
        tool=tool,
        settings=settings,
        distinct_bytes=sum(fleet.sizes),
        evictions=int(rollout.nodes["evictions"].sum()),
        evicted_bytes=int(rollout.nodes["evicted_bytes"].sum()),
        pulls=_numbers(starts),
        images=[
            StartedImage(
                image=image_name(row),
                bytes=sum(fleet.sizes[layer] for layer in fleet.images[at]),
                pulls=_numbers(of_image.get(at, none)),
            )
            for at, row in enumerate(rows)
        ],
        nodes=[
            NodeRow(
                node=node,
                pulls=_numbers(of_node.get(node, none)),
                evictions=evictions,
                evicted_bytes=evicted_bytes,
                cached_bytes=cached_bytes,
            )
            for node, evictions, evicted_bytes, cached_bytes in zip(
                *(rollout.nodes[name].tolist() for name in NODE_COLUMNS), strict=True
            )
        ],
        skipped=list(skipped),
        faults=list(faults),
    )


def _numbers(starts: pd.DataFrame) -> PullNumbers:
    done = starts[starts["pull_ns"] != REFUSED]
    times = done["pull_ns"].tolist()
    return PullNumbers(
        starts=len(starts),
        refused=len(starts) - len(done),
        from_cache=int((done["hits"] == done["layers"]).sum()),
        layers=int(done["layers"].sum()),
        hit_layers=int(done["hits"].sum()),
        pulled_bytes=int(done["bytes"].sum()),
        hit_bytes=int(done["hit_bytes"].sum()),
        seconds_p50=_seconds(quantile(times, 50)),
        seconds_p95=_seconds(quantile(times, 95)),
        seconds_max=_seconds(quantile(times, 100)),
    )


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / SECOND
