"""Sampled contents of many layers, each once, and how many images hold them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.catalog.sketch import ranks

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.sketch import Sketch

    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Flags = npt.NDArray[np.bool_]

PARTS = 16
"""Into how many parts the contents of a fleet are cut."""


@dataclass(frozen=True, slots=True, repr=False)
class Evidence:
    """Sampled contents, and who holds them.

    Attributes:
        hashes, sizes: What a content is.
        holders: How many images hold it.
        image: One of those.
    """

    hashes: npt.NDArray[np.uint64]
    sizes: Longs
    holders: Longs
    image: Longs


@dataclass(frozen=True, slots=True, repr=False)
class Contents:
    """The sampled contents of several sketches, each once, ordered by hash and size.

    Attributes:
        hashes, sizes, ranks: What a content is.
        of_entry: For each entry of the sketches, one after the other, which content it is.
    """

    hashes: npt.NDArray[np.uint64]
    sizes: Longs
    ranks: Floats
    of_entry: Longs

    @classmethod
    def of(cls, sketches: Sequence[Sketch]) -> Contents:
        """The contents of those sketches."""
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        hashes = np.concatenate([np.empty(0, np.uint64), *(each.hashes for each in sketches)])
        sizes = np.concatenate([np.empty(0, np.int64), *(each.sizes for each in sketches)])
        order, new = grouped(hashes, sizes)
        of_entry = np.empty(len(hashes), np.int64)
        of_entry[order] = np.cumsum(new) - 1
        hashes, sizes = hashes[order][new], sizes[order][new]
        return cls(hashes, sizes, ranks(hashes, sizes), of_entry)

    def evidence(self, holders: Longs, holder: Longs) -> tuple[Evidence, ...]:
        """What is known of those that anyone holds, by part."""
        import numpy as np  # noqa: PLC0415 - see `Contents.of`

        # The last bits: small ranks come of small hashes, so the first ones are not uniform.
        part = (self.hashes % np.uint64(PARTS)).astype(np.int64)
        part[holders == 0] = PARTS
        chosen = [np.flatnonzero(part == number) for number in range(PARTS)]
        return tuple(
            Evidence(self.hashes[at], self.sizes[at], holders[at], holder[at]) for at in chosen
        )


def grouped(hashes: npt.NDArray[np.uint64], sizes: Longs) -> tuple[Longs, Flags]:
    """The order by hash and size, and which in that order is a content not met before."""
    import numpy as np  # noqa: PLC0415 - see `Contents.of`

    order = np.lexsort((sizes, hashes))
    new = np.ones(len(order), bool)
    hashes, sizes = hashes[order], sizes[order]
    new[1:] = (hashes[1:] != hashes[:-1]) | (sizes[1:] != sizes[:-1])
    return order, new
