"""Signatures parted under a limit of layers: worked out by hand, and against every way there is."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.fleet.repack_merge import Problem, partition
from layerscope.fleet.repack_signatures import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.repack_merge import Partition


def stored(problem: Problem, found: Partition) -> int:
    return sum(
        weight * len(parts) for weight, parts in zip(problem.weights, found.parts, strict=True)
    )


def layers_of(problem: Problem, found: Partition) -> list[int]:
    used = {part for parts in found.parts for part in parts}
    used |= {1 << number for number in problem.own}
    return [sum(part >> number & 1 for part in used) for number in range(len(problem.limits))]


def cost_by_definition(problem: Problem, parts: Sequence[Sequence[int]]) -> int:
    """Bytes stored, and bytes that each update pulls: layers of the new image, not of the old."""
    cost = 0
    for weight, found in zip(problem.weights, parts, strict=True):
        cost += weight * len(found)
        for old, new in problem.updates:
            cost += weight * sum(1 for part in found if part >> new & 1 and not part >> old & 1)
    return cost


def least_cost(problem: Problem) -> int:
    """Every family of sets within the limits, every signature parted by it as cheaply as can be.

    Single images are always there: whether they are used counts against the limit in the end.
    """
    classes = len(problem.limits)
    shared = [one for one in range(1, 1 << classes) if one & (one - 1)]
    best: int | None = None
    for size in range(len(shared) + 1):
        for family in combinations(shared, size):
            counts = [sum(one >> at & 1 for one in family) for at in range(classes)]
            if any(count > limit for count, limit in zip(counts, problem.limits, strict=True)):
                continue
            free = {
                at
                for at, (count, limit) in enumerate(zip(counts, problem.limits, strict=True))
                if count < limit
            }
            if not problem.own <= free:
                continue
            sets = [*family, *(1 << at for at in free)]
            total = 0
            for number, weight in zip(problem.sets, problem.weights, strict=True):
                cheapest = cheapest_cover(problem, number, sets)
                if cheapest is None:
                    break
                total += weight * cheapest
            else:
                best = total if best is None else min(best, total)
    assert best is not None
    return best


def cheapest_cover(problem: Problem, number: int, sets: Sequence[int]) -> int | None:
    if not number:
        return 0
    low = number & -number
    costs = []
    for one in sets:
        if one & low and one & number == one:
            rest = cheapest_cover(problem, number ^ one, sets)
            if rest is not None:
                price = 1 + sum(
                    1 for old, new in problem.updates if one >> new & 1 and not one >> old & 1
                )
                costs.append(price + rest)
    return min(costs) if costs else None


def random_problem(seed: int, classes: int) -> Problem:
    dice = random.Random(seed)
    every = range(1, 1 << classes)
    sets = dice.sample(every, dice.randint(2, min(len(every), 7)))
    return Problem(
        sets=sets,
        weights=[dice.choice((1, 5, 30, 100, 1000)) for _ in sets],
        limits=[dice.randint(1, 3) for _ in range(classes)],
        updates=[(0, 1)] if seed % 3 == 0 else [],
    )


def test_partition_with_places_for_all_stores_each_signature_once() -> None:
    # Image 0 holds three signatures, image 1 two, image 2 two.
    problem = Problem([0b111, 0b011, 0b001, 0b100], [100, 50, 10, 20], [3, 2, 2])

    found = partition(problem)

    assert found.parts == [(0b111,), (0b011,), (0b001,), (0b100,)]
    assert found.cost == 180


def test_partition_into_one_layer_stores_every_image_by_itself() -> None:
    problem = Problem([0b11, 0b01], [100, 1], [1, 1])

    found = partition(problem)

    # A layer for both would leave no place for the byte that only the first has.
    assert found.parts == [(0b01, 0b10), (0b01,)]
    assert found.cost == 201


def test_partition_gives_up_the_signature_that_costs_least() -> None:
    # Two places each, own content each: one shared layer. {0, 1} saves 100, {0, 1, 2} saves 2 * 60.
    problem = Problem([0b111, 0b011, 0b001, 0b010, 0b100], [60, 100, 1, 1, 1], [2, 2, 2])

    found = partition(problem)

    # Better than both: {0, 1} for the two of them, 60 + 100 bytes once, and 60 for image 2 alone.
    assert found.parts[:2] == [(0b011, 0b100), (0b011,)]
    assert found.cost == 2 * 60 + 100 + 3


def test_partition_crosses_signatures_that_overlap() -> None:
    # One shared place each: what {0, 1, 2} and {1, 2, 3} have in common is worth most.
    problem = Problem(
        [0b0111, 0b1110, *(1 << at for at in range(4))], [100, 100, 1, 1, 1, 1], [2, 2, 2, 2]
    )

    found = partition(problem)

    assert sorted(found.parts[0]) == [0b0001, 0b0110]
    assert sorted(found.parts[1]) == [0b0110, 0b1000]
    assert found.cost == 404


def test_partition_counts_what_an_update_pulls() -> None:
    # Image 1 is the next version of image 0. Image 1 has a place for one shared layer: with image 0
    # it saves 100 stored and 100 pulled, with image 2 the 150 stored alone.
    sets = [0b011, 0b110, 0b001, 0b010, 0b100]
    alike = Problem(sets, [100, 150, 1, 1, 1], [2, 2, 2])
    versions = Problem(sets, [100, 150, 1, 1, 1], [2, 2, 2], [(0, 1)])

    assert partition(alike).parts[:2] == [(0b001, 0b010), (0b110,)]
    found = partition(versions)
    assert found.parts[:2] == [(0b011,), (0b010, 0b100)]
    assert found.cost == cost_by_definition(versions, found.parts)


def test_partition_keeps_a_place_for_an_own_layer_without_entries() -> None:
    problem = Problem([0b11, 0b01], [100, 1], [2, 1])
    assert partition(problem).parts[0] == (0b11,)

    asked = Problem([0b11, 0b01], [100, 1], [2, 1], own=frozenset([1]))
    assert partition(asked).parts[0] == (0b01, 0b10)


@pytest.mark.parametrize("classes", [2, 3])
def test_partition_of_few_images_is_the_best_there_is(classes: int) -> None:
    for seed in range(60):
        problem = random_problem(seed, classes)

        found = partition(problem)

        assert found.cost == cost_by_definition(problem, found.parts)
        assert found.cost == least_cost(problem), (seed, problem)


def test_partition_of_four_images_is_nearly_always_the_best_there_is() -> None:
    exact, worst = 0, 0.0
    seeds = range(80)
    for seed in seeds:
        problem = random_problem(seed, 4)
        found, least = partition(problem), least_cost(problem)
        exact += found.cost == least
        worst = max(worst, found.cost / least)
        assert found.cost >= least
    assert exact >= 79
    assert worst < 1.05


@pytest.mark.hypothesis
@settings(max_examples=60)
@given(
    st.integers(2, 9).flatmap(
        lambda classes: st.tuples(
            st.dictionaries(
                st.integers(1, (1 << classes) - 1), st.integers(0, 1000), min_size=1, max_size=20
            ),
            st.lists(st.integers(1, 5), min_size=classes, max_size=classes),
            st.lists(st.tuples(*[st.integers(0, classes - 1)] * 2), max_size=4),
            st.sets(st.integers(0, classes - 1)),
        )
    )
)
def test_partition_parts_each_signature_within_the_limits(
    given_problem: tuple[dict[int, int], list[int], list[tuple[int, int]], set[int]],
) -> None:
    weights, limits, updates, own = given_problem
    problem = Problem(list(weights), list(weights.values()), limits, updates, frozenset(own))

    found = partition(problem)

    for number, parts in zip(problem.sets, found.parts, strict=True):
        assert sorted(at for part in parts for at in bits(part)) == bits(number)
    assert all(
        count <= limit for count, limit in zip(layers_of(problem, found), limits, strict=True)
    )
    flat = sum(
        weight * sum(problem.price(1 << at) for at in bits(number))
        for number, weight in weights.items()
    )
    assert found.cost == cost_by_definition(problem, found.parts) <= flat
    assert sum(problem.weights) <= stored(problem, found)
    assert found == partition(problem)
