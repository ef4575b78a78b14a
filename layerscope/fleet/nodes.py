"""Nodes that pull images over time, each with a cache of layers: what moves, and how long it takes.

The rules, all of them:

- A node pulls one image after the other, in the order in which they were asked for, over a link of
  its own. What is missing moves at the full rate; configs and manifests are left out.
- Room is made when a pull begins: whole layers are dropped, those that the rule of eviction ranks
  first, until the missing ones fit. Layers of an image that is being pulled or runs are in use
  and are never dropped. If that leaves no room, the start is refused and nothing moves.
- A layer is used when an image that has it is started. Among layers that were last used by the
  same start, upper ones go first.
- Nothing is random, so the same trace gives the same result.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Literal, NamedTuple

from layerscope.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

Eviction = Literal["lru", "size", "sharing"]
"""Which layer goes first. `lru`: the one used longest ago. `size`: the largest. `sharing`: the one
that the fewest of the images have. Of equal ones that used longest ago."""

SECOND = 1_000_000_000
"""Nanoseconds, in which all times are counted."""

REFUSED = -1
"""Instead of a duration: the start was refused."""


class Start(NamedTuple):
    """An image is started on a node.

    Attributes:
        time_ns: When, in nanoseconds from the beginning.
        image: Which: a position in `Cachable.images`.
        node: Where: 0, 1 …
        run_ns: How long it runs once it is there.
    """

    time_ns: int
    image: int
    node: int
    run_ns: int = 0


class Cachable(NamedTuple):
    """Images as lists of layers.

    Attributes:
        images: For each image its layers, base first, each once: numbers of layers.
        sizes: For each layer its bytes.
    """

    images: Sequence[Sequence[int]]
    sizes: Sequence[int]


class Rollout(NamedTuple):
    """What happened.

    Attributes:
        starts: One row for each start, in order of time. `time_ns`, `image`, `node`, `wait_ns` for
            pulls before it, `pull_ns` from the time it was asked for until all of it is there, both
            -1 (`REFUSED`) if it was refused; `layers` how many the image has, `hits` how many of
            them were there; `bytes` that moved, `hit_bytes` that did not have to.
        nodes: One row for each node: `node`, `evictions` how many layers were dropped,
            `evicted_bytes` their bytes, `cached_bytes` what is there at the end.
    """

    starts: pd.DataFrame
    nodes: pd.DataFrame


COLUMNS = ("time_ns", "image", "node", "wait_ns", "pull_ns", "layers", "hits", "bytes", "hit_bytes")


def roll_out(
    fleet: Cachable,
    starts: Sequence[Start],
    *,
    nodes: int,
    bandwidth: int,
    cache_bytes: int | None = None,
    evict: Eviction = "lru",
) -> Rollout:
    """What nodes pull while images are started on them.

    Args:
        fleet: The images that are started.
        starts: In any order; those of one time happen in the order given.
        nodes: How many nodes there are.
        bandwidth: Bytes in a second to each node.
        cache_bytes: What a node's cache holds; None means all.
        evict: Which layers go first.

    Raises: `UsageError` for a rate or a number of nodes that is none, and for a start on a node
        that is not there.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    if nodes < 1 or bandwidth < 1:
        raise UsageError("expected at least 1 node and 1 byte in a second")
    holders = [0] * len(fleet.sizes)
    for layers in fleet.images:
        for layer in layers:
            holders[layer] += 1
    ranks = {
        "lru": [0] * len(fleet.sizes),
        "size": [-size for size in fleet.sizes],
        "sharing": holders,
    }[evict]
    states = [_Node(fleet.sizes, ranks, cache_bytes) for _ in range(nodes)]
    columns = {name: array("q") for name in COLUMNS}
    for turn, start in enumerate(sorted(starts, key=lambda each: each.time_ns)):
        if not 0 <= start.node < nodes:
            raise UsageError(f"expected a node below {nodes}, found {start.node}")
        row = states[start.node].start(start, fleet.images[start.image], turn, bandwidth)
        for name, value in zip(COLUMNS, row, strict=True):
            columns[name].append(value)
    return Rollout(
        pd.DataFrame({name: pd.Series(column, dtype="int64") for name, column in columns.items()}),
        pd.DataFrame(
            {
                "node": range(nodes),
                "evictions": [state.evictions for state in states],
                "evicted_bytes": [state.evicted_bytes for state in states],
                "cached_bytes": [state.used for state in states],
            }
        ),
    )


def quantile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` of the values do not exceed; None of nothing.

    This is the nearest-rank definition: the value at rank ceil(percent / 100 * n), so it is always
    one of the values.

    >>> quantile([4, 1, 3, 2], 50), quantile([4, 1, 3, 2], 95)
    (2, 4)
    """
    ranked = sorted(values)
    return ranked[max(-(-percent * len(ranked) // 100), 1) - 1] if ranked else None


@dataclass(slots=True)
class _Node:
    """One node's cache and link."""

    sizes: Sequence[int]
    ranks: Sequence[int]
    capacity: int | None
    used: int = 0
    evictions: int = 0
    evicted_bytes: int = 0
    _free_at: int = 0
    # For each layer that is there, what ranks it: the smallest goes first.
    _there: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    # Old entries of a layer stay in the heap until they are met or there are too many.
    _queue: list[tuple[tuple[int, int, int], int]] = field(default_factory=list)
    _running: list[tuple[int, int, Sequence[int]]] = field(default_factory=list)
    _pins: dict[int, int] = field(default_factory=dict)
    _pinned_bytes: int = 0

    def start(
        self, start: Start, layers: Sequence[int], turn: int, bandwidth: int
    ) -> tuple[int, ...]:
        """The row of a start: the values of `COLUMNS`."""
        begin = max(start.time_ns, self._free_at)
        while self._running and self._running[0][0] <= begin:
            self._unpin(heappop(self._running)[2])
        missing = [layer for layer in layers if layer not in self._there]
        moved = sum(self.sizes[layer] for layer in missing)
        told = (start.time_ns, start.image, start.node)
        if not self._make_room(layers, moved):
            return (*told, REFUSED, REFUSED, len(layers), 0, 0, 0)
        # Rounded up: a pull is over when its last byte is there.
        done = begin - (-moved * SECOND // bandwidth)
        self._free_at = done
        heappush(self._running, (done + start.run_ns, turn, layers))
        self._pin(layers)
        self.used += moved
        for position, layer in enumerate(layers):
            self._there[layer] = rank = (self.ranks[layer], turn, -position)
            if self.capacity is not None:
                heappush(self._queue, (rank, layer))
        if len(self._queue) > 4 * len(self._there) + 64:
            self._queue = [(rank, layer) for layer, rank in self._there.items()]
            heapify(self._queue)
        held = sum(self.sizes[layer] for layer in layers) - moved
        hits = len(layers) - len(missing)
        return (*told, begin - start.time_ns, done - start.time_ns, len(layers), hits, moved, held)

    def _make_room(self, layers: Sequence[int], needed: int) -> bool:
        """Drop layers until so many bytes fit; whether they do."""
        if self.capacity is None or self.used + needed <= self.capacity:
            return True
        new = sum(self.sizes[layer] for layer in layers if layer not in self._pins)
        if self._pinned_bytes + new > self.capacity:
            return False
        kept = []
        wanted = set(layers)
        while self.used + needed > self.capacity:
            rank, layer = heappop(self._queue)
            if self._there.get(layer) != rank:
                continue
            if layer in wanted or layer in self._pins:
                kept.append((rank, layer))
                continue
            del self._there[layer]
            self.used -= self.sizes[layer]
            self.evictions += 1
            self.evicted_bytes += self.sizes[layer]
        for entry in kept:
            heappush(self._queue, entry)
        return True

    def _pin(self, layers: Sequence[int]) -> None:
        for layer in layers:
            if layer not in self._pins:
                self._pinned_bytes += self.sizes[layer]
            self._pins[layer] = self._pins.get(layer, 0) + 1

    def _unpin(self, layers: Sequence[int]) -> None:
        for layer in layers:
            self._pins[layer] -= 1
            if not self._pins[layer]:
                del self._pins[layer]
                self._pinned_bytes -= self.sizes[layer]
