"""Which sets of images get a layer, where no image may have more than so many.

A layer is held by exactly the images of its set, and holds only what all of them hold. So a group
of entries with the signature S is stored once for each part of a partition of S into sets that have
a layer. With a layer for each signature every entry is stored once, the least there is. Where that
gives an image too many layers, some signatures are parted, in the end into single images: the layer
of one image alone, its *own*, holds whatever no shared one does.

The price of a set is 1, for a registry stores its layer once, and 1 for each update (one image to
the next version of it) that ends in the set and does not start in it, since it has to pull the
layer. What is made small is the sum over parts of weight by price: bytes stored, and bytes pulled.

To choose the best sets is hard (exact cover with budgets), so sets are chosen greedily: from a list
and by growing them, by gain and by gain for each image, with the places of own layers held free or
not. Where that is cheap, each of these choices is improved by exchanges. The best one is taken; the
same signatures always give the same.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.fleet.repack_candidates import candidates
from layerscope.fleet.repack_growing import grown
from layerscope.fleet.repack_signatures import bits, number_of, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    Longs = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

GROWN_UP_TO = 4_000_000
"""Up to how many signatures by classes sets are grown as well."""
SMALL = 64
"""Up to how many signatures exchanges are tried."""
MANY = 4096
"""From how many signatures on every class has a place kept for its own layer."""
EXCHANGES = 2000
"""How many exchanges are tried at most."""


@dataclass(slots=True)
class Problem:
    """What is to be parted. Sets are integers, bit `c` for class `c`.

    Attributes:
        sets: The signatures.
        weights: Bytes of the entries of each.
        limits: How many layers each class may have: at least 1.
        updates: Updates from one class to another, once for each pair of images.
        own: Classes that need a layer of their own, whatever is shared.
    """

    sets: list[int]
    weights: list[int]
    limits: list[int]
    updates: list[tuple[int, int]] = field(default_factory=list)
    own: frozenset[int] = frozenset()
    _olds: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        """Finds what each class is an update of."""
        self._olds = [[] for _ in self.limits]
        for old, new in self.updates:
            if old != new:
                self._olds[new].append(old)

    def price(self, number: int) -> int:
        """How often the bytes of a layer of that set are stored or pulled."""
        return 1 + sum(not number >> old & 1 for new in bits(number) for old in self._olds[new])

    def saving(self, number: int) -> int:
        """What a byte saves that a set's layer holds, and not each of its classes on its own."""
        alone = sum(1 + len(self._olds[one]) for one in bits(number))
        return alone - self.price(number)


@dataclass(frozen=True, slots=True)
class Partition:
    """Each signature parted.

    Attributes:
        parts: For each signature the sets whose layers hold its entries: disjoint, their union is
            the signature.
        cost: The sum over all parts of weight by price.
    """

    parts: list[tuple[int, ...]]
    cost: int


def partition(problem: Problem) -> Partition:
    """The signatures parted so that no class has more layers than its limit.

    The classes of `problem.own` have their own layer counted even where it is to hold no entries.
    """
    everything = _Attempt(problem, [one for one in problem.sets if one & (one - 1)])
    if not everything.over():
        return everything.partition()
    thought_of = candidates(problem.sets, problem.weights, len(problem.limits))
    own = {one.bit_length() - 1 for one in problem.sets if not one & (one - 1)} | problem.own
    attempts: list[_Attempt] = []
    for held_free in (True, False) if len(problem.sets) < MANY else (True,):
        slots = [
            limit - (held_free or number in own) for number, limit in enumerate(problem.limits)
        ]
        for by_image in (False, True):
            choices = [_greedy(problem, thought_of, slots, by_image=by_image)]
            if len(problem.sets) * len(problem.limits) <= GROWN_UP_TO:
                choices.append(grown(problem.sets, problem.weights, slots, by_image=by_image))
            for chosen in choices:
                attempt = _Attempt(problem, chosen)
                attempt.repair()
                attempts.append(attempt)
    if len(problem.sets) <= SMALL:
        attempts = [_exchanged(attempt, thought_of) for attempt in attempts]
    return min(attempts, key=lambda attempt: attempt.cost).partition()


class _Attempt:
    """A choice of sets, and how signatures are parted by it: dear sets first, the rest alone.

    Args:
        problem: What is to be parted.
        chosen: Sets of two classes and more.
        first: A set that goes before all others.
    """

    def __init__(self, problem: Problem, chosen: Iterable[int], first: int = 0) -> None:
        self.problem = problem
        self.saving = {one: problem.saving(one) for one in dict.fromkeys(chosen)}
        self.chosen = sorted(self.saving, key=lambda one: (one != first, -self.saving[one], one))
        self._part()

    def _part(self) -> None:
        problem = self.problem
        self.parts: list[tuple[int, ...]] = []
        self.cost = 0
        self.alone: set[int] = set(problem.own)
        worth = dict.fromkeys(self.chosen, 0)
        exact = set(self.chosen)
        prices: dict[int, int] = {}
        for number, weight in zip(problem.sets, problem.weights, strict=True):
            found, rest = ([number], 0) if number in exact else _cover(number, self.chosen)
            single = bits(rest)
            self.alone.update(single)
            found += [1 << at for at in single]
            self.parts.append(tuple(found))
            for one in found:
                if one not in prices:
                    prices[one] = problem.price(one)
                self.cost += weight * prices[one]
                if one in worth:
                    worth[one] += weight * self.saving[one]
        # A set that no signature is parted by has no layer.
        self.worth = {one: value for one, value in worth.items() if value}
        used = {one for found in self.parts for one in found}
        self.chosen = [one for one in self.chosen if one in used]
        self.counts = [int(number in self.alone) for number in range(len(problem.limits))]
        for one in self.chosen:
            for number in bits(one):
                self.counts[number] += 1

    def over(self) -> int:
        """The set of the classes with more layers than they may have."""
        found = 0
        for number, (count, limit) in enumerate(zip(self.counts, self.problem.limits, strict=True)):
            found |= (count > limit) << number
        return found

    def repair(self, keep: int = 0) -> None:
        """Gives up sets, the least useful first, until every limit is kept."""
        while over := self.over():
            in_question = [one for one in self.chosen if one & over and one != keep]
            if not in_question:
                keep = 0
                continue
            least = min(
                in_question,
                key=lambda one: (self.worth.get(one, 0) / (one & over).bit_count(), one),
            )
            self.chosen.remove(least)
            self._part()

    def partition(self) -> Partition:
        """What came of it."""
        return Partition(self.parts, self.cost)


def _cover(number: int, chosen: Iterable[int]) -> tuple[list[int], int]:
    """Disjoint sets out of `chosen` inside a set, the first that fit; and what they leave."""
    found: list[int] = []
    for one in chosen:
        if not number & (number - 1):
            break
        if one & number == one:
            found.append(one)
            number ^= one
    return found, number


def _exchanged(best: _Attempt, thought_of: Sequence[int]) -> _Attempt:
    """A choice that adding no one set, and giving up others for it, makes better."""
    tried = 0
    again = True
    while again and tried < EXCHANGES:
        again = False
        for one in thought_of:
            if one in best.saving and one in best.chosen:
                continue
            for first in (0, one):
                tried += 1
                attempt = _Attempt(best.problem, [*best.chosen, one], first)
                attempt.repair(keep=one)
                if attempt.cost < best.cost:
                    best, again = attempt, True
            if tried >= EXCHANGES:
                break
    return best


def _greedy(
    problem: Problem, thought_of: Sequence[int], slots: Sequence[int], *, by_image: bool
) -> list[int]:
    """Sets that fit into the places there are, each time the one of the most gain.

    What a signature still has alone only shrinks, so a gain computed earlier is never too small:
    only the first of the heap has to be computed anew.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    free = list(slots)
    words = max(1, -(-len(problem.limits) // 64))
    shared = [at for at, one in enumerate(problem.sets) if one & (one - 1)]
    if not shared:
        return []
    rest = np.stack([words_of(problem.sets[at], words) for at in shared])
    weights = np.array([problem.weights[at] for at in shared], dtype=np.int64)
    rows = [words_of(one, words) for one in thought_of]
    savings = [problem.saving(one) for one in thought_of]
    shares = [one.bit_count() if by_image else 1 for one in thought_of]

    def gain(at: int) -> float:
        return int(weights[_holding(rest, rows[at])].sum()) * savings[at] / shares[at]

    heap = [(-gain(at), at) for at in range(len(thought_of))]
    heapq.heapify(heap)
    chosen: list[int] = []
    while heap:
        old, at = heapq.heappop(heap)
        classes = bits(thought_of[at])
        if not old or any(free[number] < 1 for number in classes):
            continue
        now = -gain(at)
        if heap and now > heap[0][0]:
            heapq.heappush(heap, (now, at))
            continue
        if not now:
            continue
        chosen.append(thought_of[at])
        rest[_holding(rest, rows[at])] &= ~rows[at]
        for number in classes:
            free[number] -= 1
    return chosen


def _holding(sets: Words, row: Words) -> npt.NDArray[np.intp]:
    """Which rows of `sets` have all the bits of `row`."""
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    found = np.arange(len(sets))
    for at in np.flatnonzero(row):
        found = found[(sets[found, at] & row[at]) == row[at]]
    return found


def problem_of(
    sets: Words,
    weights: Longs,
    limits: Sequence[int],
    updates: Sequence[tuple[int, int]],
    own: Iterable[int],
) -> Problem:
    """A problem from signatures as arrays: rows of words, and bytes."""
    return Problem(
        [number_of(row) for row in sets],
        weights.tolist(),
        list(limits),
        list(updates),
        frozenset(own),
    )
