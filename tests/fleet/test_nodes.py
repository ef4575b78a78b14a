from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.fleet.cachable import cachable
from layerscope.fleet.nodes import (
    REFUSED,
    SECOND,
    Cachable,
    Eviction,
    Rollout,
    Start,
    quantile,
    roll_out,
)
from tests.fleet.registry_made import pushed

EVICTIONS: list[Eviction] = ["lru", "size", "sharing"]


def separate(count: int, size: int = 10) -> Cachable:
    """Images of one layer each, all of one size, that share nothing."""
    return Cachable([[layer] for layer in range(count)], [size] * count)


def one_node(fleet: Cachable, *images: int, cache: int | None, evict: Eviction = "lru") -> Rollout:
    starts = [Start(at * SECOND, image, 0) for at, image in enumerate(images)]
    return roll_out(fleet, starts, nodes=1, bandwidth=1000, cache_bytes=cache, evict=evict)


@pytest.mark.parametrize("room", [1, 2, 5])
def test_cyclic_trace_over_one_image_more_than_fit_never_hits_with_lru(room: int) -> None:
    trace = list(range(room + 1)) * 4

    rollout = one_node(separate(room + 1), *trace, cache=10 * room)

    assert rollout.starts["hits"].sum() == 0
    assert rollout.starts["bytes"].sum() == 10 * len(trace)
    assert rollout.nodes["evictions"].tolist() == [len(trace) - room]


@pytest.mark.parametrize("evict", EVICTIONS)
@pytest.mark.parametrize("room", [1, 2, 5])
def test_cyclic_trace_over_images_that_fit_misses_each_once(room: int, evict: Eviction) -> None:
    trace = list(range(room)) * 4

    rollout = one_node(separate(room), *trace, cache=10 * room, evict=evict)

    assert rollout.starts["bytes"].sum() == 10 * room
    assert rollout.nodes["evictions"].tolist() == [0]


def test_cache_without_end_pulls_each_layer_once() -> None:
    fleet = Cachable([[0, 1], [0, 2], [0, 1, 3]], [5, 50, 500, 5000])

    rollout = one_node(fleet, 0, 1, 2, 0, 1, 2, cache=None)

    assert rollout.starts["bytes"].tolist() == [55, 500, 5000, 0, 0, 0]
    assert rollout.starts["hit_bytes"].tolist() == [0, 5, 55, 55, 505, 5055]
    assert rollout.nodes["cached_bytes"].tolist() == [5555]


def test_pull_takes_bytes_over_bandwidth_and_waits_for_the_one_before() -> None:
    fleet = Cachable([[0], [1]], [3000, 500])
    starts = [Start(0, 0, 0), Start(SECOND, 1, 0), Start(10 * SECOND, 1, 0), Start(SECOND, 1, 1)]

    rollout = roll_out(fleet, starts, nodes=2, bandwidth=1000)

    # Node 0: three seconds, then half a second after waiting two; nothing moves the third time.
    assert rollout.starts["node"].tolist() == [0, 0, 1, 0]
    assert rollout.starts["wait_ns"].tolist() == [0, 2 * SECOND, 0, 0]
    assert rollout.starts["pull_ns"].tolist() == [3 * SECOND, SECOND * 5 // 2, SECOND // 2, 0]


def test_transfer_is_rounded_up_to_a_nanosecond() -> None:
    rollout = roll_out(separate(1, 1), [Start(0, 0, 0)], nodes=1, bandwidth=3)

    assert rollout.starts["pull_ns"].tolist() == [333_333_334]


def test_size_drops_the_largest_and_lru_the_oldest() -> None:
    fleet = Cachable([[0], [1], [2]], [10, 60, 40])

    # 0 and 1 fill 70 of 100; for 2 either goes.
    lru = one_node(fleet, 0, 1, 2, cache=100, evict="lru")
    size = one_node(fleet, 0, 1, 2, cache=100, evict="size")

    assert lru.nodes["evicted_bytes"].tolist() == [10]
    assert size.nodes["evicted_bytes"].tolist() == [60]


def test_sharing_drops_what_fewest_images_have() -> None:
    # Layer 0 is in three images and was used longest ago.
    fleet = Cachable([[0], [1], [2], [0, 2], [0]], [10, 10, 10])

    lru = one_node(fleet, 0, 1, 2, 0, cache=20, evict="lru")
    sharing = one_node(fleet, 0, 1, 2, 0, cache=20, evict="sharing")

    assert lru.starts["hits"].tolist() == [0, 0, 0, 0]
    assert sharing.starts["hits"].tolist() == [0, 0, 0, 1]


def test_upper_layers_of_one_start_go_first() -> None:
    fleet = Cachable([[0, 1, 2], [3]], [10, 10, 10, 10])

    rollout = one_node(fleet, 0, 1, 0, cache=30)

    # Layer 2 went for 3, so layers 0 and 1 are there still.
    assert rollout.starts["hits"].tolist() == [0, 0, 2]


@pytest.mark.parametrize("evict", EVICTIONS)
def test_images_in_use_are_not_dropped(evict: Eviction) -> None:
    fleet = separate(3)
    starts = [
        Start(0, 0, 0, run_ns=100 * SECOND),
        Start(SECOND, 1, 0),
        Start(2 * SECOND, 2, 0),
        Start(3 * SECOND, 0, 0),
    ]

    rollout = roll_out(fleet, starts, nodes=1, bandwidth=1000, cache_bytes=20, evict=evict)

    assert rollout.starts["bytes"].tolist() == [10, 10, 10, 0]


def test_start_without_room_beside_images_in_use_is_refused() -> None:
    starts = [
        Start(0, 0, 0, run_ns=5 * SECOND),
        Start(SECOND, 1, 0),
        Start(6 * SECOND, 1, 0),
    ]

    rollout = roll_out(separate(2), starts, nodes=1, bandwidth=10, cache_bytes=10)

    # The pull takes one second, so image 0 runs until second 6.
    assert rollout.starts["pull_ns"].tolist() == [SECOND, REFUSED, SECOND]
    assert rollout.starts["bytes"].tolist() == [10, 0, 10]


@pytest.mark.parametrize(("nodes", "bandwidth", "node"), [(0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_rollout_without_nodes_or_bandwidth_is_refused(
    nodes: int, bandwidth: int, node: int
) -> None:
    with pytest.raises(UsageError):
        roll_out(separate(1), [Start(0, 0, node)], nodes=nodes, bandwidth=bandwidth)


def test_quantile_is_the_nearest_rank() -> None:
    values = list(range(1, 21))

    assert [quantile(values[::-1], percent) for percent in (1, 50, 95, 96, 100)] == [
        1,
        10,
        19,
        20,
        20,
    ]
    assert quantile([7], 50) == 7
    assert quantile([], 50) is None


IMAGES = st.lists(st.lists(st.integers(0, 7), max_size=4, unique=True), min_size=1, max_size=5)
STARTS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 4), st.integers(0, 2), st.integers(0, 6)),
    max_size=25,
)
SIZES = st.lists(st.integers(0, 9), min_size=8, max_size=8)


def simply(
    fleet: Cachable, starts: list[Start], bandwidth: int, cache: int | None, evict: Eviction
) -> list[tuple[int, int, int]]:
    """Wait, pull and bytes of each start in order of time, by looking at everything each time."""
    used: dict[tuple[int, int], tuple[int, int]] = {}
    free: dict[int, int] = {}
    runs: list[tuple[int, int, int]] = []
    found = []
    for turn, start in enumerate(sorted(starts, key=lambda each: each.time_ns)):
        node, layers = start.node, fleet.images[start.image]
        begin = max(start.time_ns, free.get(node, 0))
        busy = {
            layer
            for at, end, image in runs
            if at == node and end > begin
            for layer in fleet.images[image]
        } | set(layers)
        there = {layer for at, layer in used if at == node}
        moved = sum(fleet.sizes[layer] for layer in set(layers) - there)
        if cache is not None and sum(fleet.sizes[layer] for layer in busy) > cache:
            found.append((REFUSED, REFUSED, 0))
            continue

        def rank(layer: int, node: int = node) -> tuple[int, int, int]:
            first = {
                "lru": 0,
                "size": -fleet.sizes[layer],
                "sharing": sum(layer in image for image in fleet.images),
            }[evict]
            return (first, *used[node, layer])

        while cache is not None and sum(fleet.sizes[layer] for layer in there) + moved > cache:
            gone = min(there - busy, key=rank)
            there.remove(gone)
            del used[node, gone]
        done = begin + -(-moved * SECOND // bandwidth)
        free[node] = done
        runs.append((node, done + start.run_ns, start.image))
        for position, layer in enumerate(layers):
            used[node, layer] = (turn, -position)
        found.append((begin - start.time_ns, done - start.time_ns, moved))
    return found


@given(
    IMAGES,
    SIZES,
    STARTS,
    st.one_of(st.none(), st.integers(0, 40)),
    st.sampled_from(EVICTIONS),
    st.integers(1, 20),
)
def test_rollout_is_what_a_plain_simulation_says(  # noqa: PLR0917 - one for each strategy
    images: list[list[int]],
    sizes: list[int],
    rows: list[tuple[int, int, int, int]],
    cache: int | None,
    evict: Eviction,
    bandwidth: int,
) -> None:
    fleet = Cachable(images, sizes)
    starts = [
        Start(time * SECOND, image % len(images), node, run * SECOND)
        for time, image, node, run in rows
    ]

    rollout = roll_out(fleet, starts, nodes=3, bandwidth=bandwidth, cache_bytes=cache, evict=evict)

    table = rollout.starts
    got = list(zip(table["wait_ns"], table["pull_ns"], table["bytes"], strict=True))
    assert got == simply(fleet, starts, bandwidth, cache, evict)
    # What was pulled is there at the end or was dropped.
    assert table["bytes"].sum() == rollout.nodes[["evicted_bytes", "cached_bytes"]].sum().sum()


@given(IMAGES, SIZES, STARTS)
def test_rules_of_eviction_are_alike_in_a_cache_without_end(
    images: list[list[int]], sizes: list[int], rows: list[tuple[int, int, int, int]]
) -> None:
    fleet = Cachable(images, sizes)
    starts = [Start(time, image % len(images), node, run) for time, image, node, run in rows]

    results = [roll_out(fleet, starts, nodes=3, bandwidth=7, evict=evict) for evict in EVICTIONS]

    for other in results[1:]:
        assert other.starts.equals(results[0].starts)
        assert other.nodes.equals(results[0].nodes)


def test_cachable_layers_are_blobs_or_tars() -> None:
    frames, documents = pushed("ab", "aBa")

    blobs = cachable(frames, documents, [1, 0], "blob", str)
    tars = cachable(frames, documents, [1, 0], "tar", str)

    # Layers are numbered as they are met: a and B, then b. A layer counts once in an image.
    assert blobs == Cachable([[0, 1], [0, 2]], [5, 50, 50])
    assert tars == Cachable([[0, 1], [0, 1]], [10, 100])


def test_cachable_blobs_of_unknown_size_are_refused() -> None:
    frames, documents = pushed("ab", hidden=(0,))

    with pytest.raises(UsageError, match="blobs have a known size"):
        cachable(frames, documents, [0], "blob", str)

    assert cachable(frames, documents, [0], "tar", str).sizes == [10, 100]
