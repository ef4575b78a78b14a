"""Entries grouped by their signature: the set of images that hold them.

Images of the very same entries are one *class*: they share whatever layers there are, so sets are
of classes. A set is a row of 64-bit words, bit `c` for class `c`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.repack_entries import Entries

    Longs = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

WORD_BITS = 64


@dataclass(frozen=True, slots=True, repr=False)
class Signatures:
    """Which classes hold what.

    Attributes:
        class_of: For each image its class; classes are numbered by their first image.
        first: For each class its first image.
        sets: For each signature the classes that hold its entries, one row of words.
        members: For each signature its entries, ascending.
        folder_sets: For each entry that is a directory of some image, the classes with that
            directory, one row of words; zeros for all else.
    """

    class_of: list[int]
    first: list[int]
    sets: Words
    members: list[Longs]
    folder_sets: Words

    def __repr__(self) -> str:
        """How many there are."""
        return f"<{len(self.members)} signatures of {len(self.first)} classes>"


def signatures(entries: Entries) -> Signatures:
    """The signatures of all entries that layers are made of; the order is that of the sets' bits.

    Linear in what all images hold, but for one sort of the distinct entries.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    numbers: dict[tuple[bytes, bytes], int] = {}
    class_of: list[int] = []
    first: list[int] = []
    for image, (kept, folders) in enumerate(zip(entries.kept, entries.folders, strict=True)):
        key = (kept.tobytes(), folders[1].tobytes())
        if key not in numbers:
            numbers[key] = len(first)
            first.append(image)
        class_of.append(numbers[key])
    words = max(1, -(-len(first) // WORD_BITS))
    held = np.zeros((len(entries.names), words), dtype=np.uint64)
    folder_sets = np.zeros_like(held)
    for number, image in enumerate(first):
        bit = np.uint64(1 << number % WORD_BITS)
        held[entries.kept[image], number // WORD_BITS] |= bit
        folder_sets[entries.folders[image][1], number // WORD_BITS] |= bit
    used = np.flatnonzero(held.any(axis=1))
    sets, inverse = np.unique(held[used], axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    order = np.argsort(inverse, kind="stable")
    bounds = np.searchsorted(inverse[order], np.arange(1, len(sets)))
    members = np.split(used[order], bounds) if len(sets) else []
    return Signatures(class_of, first, sets, members, folder_sets)


def number_of(row: Words) -> int:
    """A set as one integer, bit `c` for class `c`."""
    return sum(int(word) << WORD_BITS * at for at, word in enumerate(row))


def words_of(number: int, words: int) -> Words:
    """A set as a row of words."""
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    mask = (1 << WORD_BITS) - 1
    return np.array([number >> WORD_BITS * at & mask for at in range(words)], dtype=np.uint64)


def bits(number: int) -> list[int]:
    """The classes of a set, ascending.

    >>> bits(0b1101)
    [0, 2, 3]
    """
    found = []
    while number:
        low = number & -number
        found.append(low.bit_length() - 1)
        number ^= low
    return found
