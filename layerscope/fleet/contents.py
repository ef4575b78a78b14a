"""The contents of files as numbers, and which of them each layer and each image holds.

A content is a BLAKE3 digest. Its number is the same in all layers, so that sets of contents are
sorted arrays. What an image holds is what a container of it sees: the flattened tree, with hard
links followed; a content at several paths is there once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import InputError
from layerscope.files.columns import DIGEST_BYTES, KINDS
from layerscope.files.squash import squash

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.files.columns import FileColumns

    Longs = npt.NDArray[np.int64]

UNHASHED = -2
"""Instead of a number: a regular file whose content was not hashed."""
NO_CONTENT = -1
"""Instead of a number: a row that is no regular file."""

FILE = KINDS.index("file")
_WORDS = DIGEST_BYTES // 8


@dataclass(frozen=True, slots=True, repr=False)
class NumberedContents:
    """The contents of all rows of several layers.

    Attributes:
        start: The rows of layer `l` are `numbers[start[l]:start[l + 1]]`.
        numbers: The number of each row's content, `UNHASHED` or `NO_CONTENT`.
        sizes: The bytes of each content, by number.
    """

    start: Longs
    numbers: Longs
    sizes: Longs

    def __repr__(self) -> str:
        """How much there is."""
        return f"<NumberedContents: {len(self.sizes)} contents of {len(self.start) - 1} layers>"

    def of(self, layer: int) -> Longs:
        """The numbers of one layer's rows, in tar order."""
        return self.numbers[self.start[layer] : self.start[layer + 1]]


@dataclass(frozen=True, slots=True, repr=False)
class ContentSets:
    """Which contents each unit holds; units are layers, or images.

    Attributes:
        start: Unit `u` holds `contents[start[u]:start[u + 1]]`: ascending, each once.
        contents: See `start`.
        sizes: The bytes of each content, by number.
        unhashed: For each unit how many of its files are in no set, for nobody knows their content.
    """

    start: Longs
    contents: Longs
    sizes: Longs
    unhashed: Longs

    def __repr__(self) -> str:
        """How many units there are."""
        return f"<ContentSets of {len(self)} units>"

    def __len__(self) -> int:
        """How many units there are."""
        return len(self.start) - 1

    def counts(self) -> Longs:
        """How many contents each unit holds."""
        return self.start[1:] - self.start[:-1]

    def total_bytes(self) -> Longs:
        """The bytes of what each unit holds, each content once."""
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        ends = np.zeros(len(self.contents) + 1, dtype=np.int64)
        np.cumsum(self.sizes[self.contents], out=ends[1:])
        return ends[self.start[1:]] - ends[self.start[:-1]]


def distinct(numbers: Longs) -> Longs:
    """The numbers, ascending, each once."""
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    ordered = np.sort(numbers)
    new = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=new[1:])
    return ordered[new]


def number_contents(tables: Sequence[FileColumns]) -> NumberedContents:
    """A number for each content of these layers, in the order of their digests.

    Whiteout markers are no files here, whatever they hold. Takes about 60 bytes for each row while
    it works.
    """
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    start = np.zeros(len(tables) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, tables), np.int64, len(tables)), out=start[1:])
    numbers = np.full(int(start[-1]), NO_CONTENT, dtype=np.int64)
    rows: list[Longs] = [np.zeros(0, dtype=np.int64)]
    digests = [np.zeros((0, _WORDS), dtype=">u8")]
    sizes = [np.zeros(0, dtype=np.int64)]
    for columns, first in zip(tables, start[:-1].tolist(), strict=True):
        files = np.flatnonzero(np.frombuffer(columns.kinds, np.uint8) == FILE)
        numbers[first + files] = UNHASHED
        if columns.hashed is None or not len(files):
            continue
        if columns.unhashed:
            files = files[~np.isin(files, np.fromiter(columns.unhashed, np.int64))]
        rows.append(first + files)
        # Copies: an array that only looks into the table would not let it grow.
        digests.append(np.frombuffer(columns.contents, ">u8").reshape(-1, _WORDS)[files])
        sizes.append(np.frombuffer(columns.size_bytes, np.int64)[files])
    of_row, order, new = _grouped(np.concatenate(digests))
    numbers[np.concatenate(rows)] = of_row
    return NumberedContents(start, numbers, np.concatenate(sizes)[order[new]])


def _grouped(digests: npt.NDArray[np.uint64]) -> tuple[Longs, Longs, npt.NDArray[np.bool_]]:
    """The number of each digest, the order that sorts them, and where in it a new one begins."""
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    order = np.argsort(digests[:, 0], kind="stable")
    ordered = digests[order]
    new = np.ones(len(order), dtype=bool)
    alike = ordered[1:, 0] == ordered[:-1, 0]
    if (ordered[1:][alike] != ordered[:-1][alike]).any():
        # Digests that begin alike and differ were made on purpose: all words have to be sorted.
        order = np.lexsort(tuple(digests[:, word] for word in reversed(range(_WORDS))))
        ordered = digests[order]
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    of_row = np.empty(len(order), dtype=np.int64)
    of_row[order] = np.cumsum(new) - 1
    return of_row, order, new


def layer_sets(numbered: NumberedContents) -> ContentSets:
    """What each layer holds itself, whether or not other layers hide it."""
    layers = range(len(numbered.start) - 1)
    return _sets([numbered.of(layer) for layer in layers], numbered.sizes)


def image_sets(
    tables: Sequence[FileColumns],
    numbered: NumberedContents,
    images: Sequence[Sequence[int] | None],
) -> tuple[ContentSets, dict[int, InputError]]:
    """What a container of each image sees, and which images cannot be flattened.

    Args:
        tables: File tables of layers.
        numbered: Their contents.
        images: For each image the positions of its layers in `tables`, base first; None holds
            nothing.

    Returns:
        The sets, empty for an image with a problem; and by image that problem.
    """
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    nothing = np.zeros(0, dtype=np.int64)
    known: dict[tuple[int, ...], Longs | InputError] = {}
    found: list[Longs] = []
    problems: dict[int, InputError] = {}
    for image, layers in enumerate(images):
        stack = tuple(layers or ())
        if stack not in known:
            try:
                known[stack] = _visible(tables, numbered, stack)
            except InputError as error:
                known[stack] = error
        seen = known[stack]
        if isinstance(seen, InputError):
            problems[image] = seen
            seen = nothing
        found.append(seen)
    return _sets(found, numbered.sizes), problems


def _visible(
    tables: Sequence[FileColumns], numbered: NumberedContents, stack: tuple[int, ...]
) -> Longs:
    """The numbers of the files of a flattened tree, each inode once.

    Raises: `InputError` if the tree is over a limit.
    """
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    if not stack:
        return np.zeros(0, dtype=np.int64)
    squashed = squash([tables[layer] for layer in stack])
    rows = np.fromiter(squashed.rows.values(), np.int64, len(squashed.rows))
    rows = rows[rows >= 0]
    if squashed.inodes:
        inode = squashed.inodes.get
        rows = np.fromiter((inode(row, row) for row in rows.tolist()), np.int64, len(rows))
    numbers = np.concatenate([numbered.of(layer) for layer in stack])
    return numbers[distinct(rows)]


def _sets(units: Sequence[Longs], sizes: Longs) -> ContentSets:
    """Sets of the numbers that each unit has, those that are none left out."""
    import numpy as np  # noqa: PLC0415 - see `ContentSets.total_bytes`

    held = [distinct(numbers[numbers >= 0]) for numbers in units]
    start = np.zeros(len(units) + 1, dtype=np.int64)
    np.cumsum(np.fromiter(map(len, held), np.int64, len(held)), out=start[1:])
    unhashed = np.fromiter(
        (np.count_nonzero(numbers == UNHASHED) for numbers in units), np.int64, len(units)
    )
    contents = np.concatenate([np.zeros(0, dtype=np.int64), *held])
    return ContentSets(start, contents, sizes, unhashed)
