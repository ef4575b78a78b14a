"""Nearest units by content: images, or layers, that share most of their bytes.

How near two units are is the weighted Jaccard index of their sets of contents: the bytes of what
both hold over the bytes of what either holds, each content once. It is computed for all pairs that
share a byte, exactly, from an index of the units that hold a content. Contents that are in the same
units count as one, so a base that thousands of images share is one step and not one for each file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.fleet.contents import distinct

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.contents import ContentSets

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]

DENSE = 16
"""If a unit meets a sixteenth as many as there are, all are looked through: no sorting then."""


@dataclass(frozen=True, slots=True, repr=False)
class Nearest:
    """For each unit those nearest to it.

    Attributes:
        start: The neighbours of unit `u` are `units[start[u]:start[u + 1]]`, the nearest first,
            those equally near by number.
        units: See `start`.
        shared_bytes: Of what both hold, for each of `units`; never 0.
        union_bytes: Of what either holds, for each of `units`.
    """

    start: Longs
    units: Longs
    shared_bytes: Longs
    union_bytes: Longs

    def __repr__(self) -> str:
        """How many neighbours there are."""
        return f"<Nearest: {len(self.units)} neighbours of {len(self.start) - 1} units>"

    def of(self, unit: int) -> list[tuple[int, int, int]]:
        """Neighbour, shared bytes and bytes of the union, the nearest first."""
        where = slice(int(self.start[unit]), int(self.start[unit + 1]))
        found = self.units[where], self.shared_bytes[where], self.union_bytes[where]
        return list(zip(*(column.tolist() for column in found), strict=True))


@dataclass(frozen=True, slots=True, repr=False)
class _Blocks:
    """Contents that are in the same two or more units, put together; arrays of both directions.

    Attributes:
        sizes: For each block its bytes, never 0.
        unit_start, units: Which units hold a block.
        block_start, blocks: Which blocks a unit holds.
    """

    sizes: Longs
    unit_start: Longs
    units: Ints
    block_start: Longs
    blocks: Longs


def nearest(sets: ContentSets, most: int) -> Nearest:
    """The `most` nearest units of each unit; fewer where fewer share a byte with it.

    Costs as many steps as there are pairs of units in all blocks: contents that are in the same
    units. Quotients are compared as 64-bit floats.
    """
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    count = len(sets)
    total = sets.total_bytes()
    blocks = _blocks(sets)
    holders = blocks.units
    held = np.zeros(count, dtype=np.int64)
    start = np.zeros(count + 1, dtype=np.int64)
    empty = np.zeros(0, dtype=np.int64)
    units, shared, union = [empty], [empty], [empty]
    for unit in range(count):
        own = blocks.blocks[blocks.block_start[unit] : blocks.block_start[unit + 1]]
        start[unit + 1] = start[unit]
        if not len(own):
            continue
        first, end = blocks.unit_start[own], blocks.unit_start[own + 1]
        spans = zip(first.tolist(), end.tolist(), strict=True)
        met = np.concatenate([holders[begin:stop] for begin, stop in spans])
        np.add.at(held, met, np.repeat(blocks.sizes[own], end - first))
        others = np.flatnonzero(held) if len(met) > count // DENSE else distinct(met)
        bytes_of = held[others]
        held[others] = 0
        both, others = bytes_of[others != unit], others[others != unit]
        either = total[unit] + total[others] - both
        chosen = _best(both / either, others, most)
        start[unit + 1] += len(chosen)
        units.append(others[chosen])
        shared.append(both[chosen])
        union.append(either[chosen])
    return Nearest(start, np.concatenate(units), np.concatenate(shared), np.concatenate(union))


def _best(quotients: npt.NDArray[np.float64], units: Longs, most: int) -> Longs:
    """Positions of the largest quotients in order; of equal ones the smaller units come first."""
    import numpy as np  # noqa: PLC0415 - see `nearest`

    few = np.arange(len(quotients))
    if len(quotients) > most:
        few = np.flatnonzero(quotients >= np.partition(quotients, -most)[-most])
    order = np.lexsort((units[few], -quotients[few]))
    return few[order[:most]]


def _blocks(sets: ContentSets) -> _Blocks:
    """What several units hold, in blocks."""
    import numpy as np  # noqa: PLC0415 - see `nearest`

    holders = np.bincount(sets.contents, minlength=len(sets.sizes))
    wanted = (holders > 1) & (sets.sizes > 0)
    keep = wanted[sets.contents]
    contents = sets.contents[keep]
    owners = np.repeat(np.arange(len(sets), dtype=np.int32), sets.counts())[keep]
    # The sort is stable, so the units of each content are ascending and equal ones equal bytes.
    owners = owners[np.argsort(contents, kind="stable")]
    shared = np.flatnonzero(wanted)
    lengths = holders[shared]
    data = owners.tobytes()
    ends = np.cumsum(lengths) * owners.itemsize
    spans = zip((ends - lengths * owners.itemsize).tolist(), ends.tolist(), strict=True)
    known: dict[bytes, int] = {}
    number = known.setdefault
    block_of = np.fromiter(
        (number(data[begin:end], len(known)) for begin, end in spans), np.int64, len(shared)
    )
    sizes = np.zeros(len(known), dtype=np.int64)
    np.add.at(sizes, block_of, sets.sizes[shared])
    unit_start = np.zeros(len(known) + 1, dtype=np.int64)
    np.cumsum([len(each) // owners.itemsize for each in known], out=unit_start[1:])
    units = np.frombuffer(b"".join(known), dtype=np.int32)
    block = np.repeat(np.arange(len(known)), unit_start[1:] - unit_start[:-1])
    block_start = np.zeros(len(sets) + 1, dtype=np.int64)
    np.cumsum(np.bincount(units, minlength=len(sets)), out=block_start[1:])
    return _Blocks(sizes, unit_start, units, block_start, block[np.argsort(units, kind="stable")])
