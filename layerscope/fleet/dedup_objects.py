"""Objects that layers are made of, each counted once: files by content, or chunks of files.

Records (which layer holds which object, and how large it is) come layer by layer and are more than
memory should hold: 25 million files in a registry of a few hundred images. So they are put into
parts by their digests, in a file without a name, and each part is sorted on its own: equal objects
are in one part. See `docs/decisions/0007-dedup-ladder.md` for what was measured.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    import numpy as np
    import numpy.typing as npt

    Longs = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

ROWS_IN_MEMORY = 2_000_000
"""So many records are kept in memory; 24 bytes each."""
PARTS = 32
"""Into how many parts records go, by the first bits of their digests."""
THREADS = 2
"""How many parts are sorted at once; a divisor of `PARTS`."""

_PART_BITS = 59
"""Bits of the first word of a digest that say nothing about its part: 64 less those of `PARTS`."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What counting each object once came to; bytes are of content.

    Attributes:
        objects: How many there are.
        entries: How often layers hold one, repeats within a layer too: records in all.
        content_bytes: Of all objects, each once.
        image_objects: For each image how many it holds, each once.
        image_bytes: Their bytes.
        image_unique_bytes: Of those that no other image holds.
    """

    objects: int
    entries: int
    content_bytes: int
    image_objects: list[int]
    image_bytes: list[int]
    image_unique_bytes: list[int]


class Tally:
    """Records of objects, taken in layer by layer and counted once at the end.

    Args:
        rows_in_memory: More records than this go to an unlinked file in the system's folder for
            temporary ones; it holds digests and sizes, nothing of any content.
    """

    def __init__(self, rows_in_memory: int = ROWS_IN_MEMORY) -> None:
        self._most = rows_in_memory
        self._layers: list[int] = []
        self._pending: list[_Records] = []
        self._rows = 0
        self._entries = 0
        self._file: IO[bytes] | None = None
        self._segments: list[_Segment] = []

    def add(self, layer: int, digests: Words, sizes: Longs) -> None:
        """Take in the objects of a layer.

        Args:
            layer: Its number; layers come in ascending order, each at most once.
            digests: Two words for each object: 128 bits of a cryptographic digest.
            sizes: Bytes of each object.

        Raises: `UnreadableInputError` if the temporary file cannot be written.
        """
        if not len(sizes):
            return
        self._layers.append(layer)
        self._pending.append(_parted(digests, sizes))
        self._rows += len(sizes)
        self._entries += len(sizes)
        if self._rows > self._most:
            self._spill()

    def count(self, images: Sequence[Sequence[int]]) -> Counted:
        """Every object once, over all layers and for each image. To be called once, at the end.

        Args:
            images: For each image its layers' numbers. What no image has is in the sums too.
        """
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        owners = [np.array(sorted(set(layers)), dtype=np.int64) for layers in images]
        sums = _Sums(owners, np.zeros((3, len(images)), dtype=np.int64))
        if self._file is None:
            rows = [int(records.ends[-1]) for records in self._pending]
            layers = np.repeat(np.array(self._layers, dtype=np.int64), rows)
            sums.add(*_joined(self._pending), layers)
        else:
            if self._pending:
                self._spill()
            with self._file as file:
                self._count_parts(file, sums)
            self._file = None
        objects, held, unique = sums.of_images.tolist()
        return Counted(sums.objects, self._entries, sums.content_bytes, objects, held, unique)

    def _count_parts(self, file: IO[bytes], sums: _Sums) -> None:
        """Add up the parts of the file, a few at once: sorting lets other threads run."""
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - few have so many files

        def of_part(part: tuple[Words, Words, Longs, Longs]) -> _Sums:
            own = sums.empty()
            own.add(*part)
            return own

        with ThreadPoolExecutor(THREADS) as pool:
            for first in range(0, PARTS, THREADS):
                # Read here, one after the other: the file has one position.
                parts = [self._part(file, part) for part in range(first, first + THREADS)]
                for own in pool.map(of_part, parts):
                    sums.merge(own)

    def _spill(self) -> None:
        """Put what is pending into the parts of the file, in the order in which it came."""
        import numpy as np  # noqa: PLC0415 - see `count`

        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="layerscope-")  # noqa: SIM115 - closed by `count`
            starts = []
            for part in range(PARTS):
                starts.append(self._file.tell())
                for column in _joined(self._pending, part):
                    self._file.write(column.data)
            self._file.flush()
        except OSError as error:
            problem = f"a temporary file for digests: {shown(error.strerror or error)}"
            raise UnreadableInputError(problem, hint="set TMPDIR to a folder with room") from error
        rows = np.array([np.diff(records.ends) for records in self._pending])
        self._segments.append(_Segment(starts, rows.T.copy()))
        self._pending, self._rows = [], 0

    def _part(self, file: IO[bytes], part: int) -> tuple[Words, Words, Longs, Longs]:
        """The records of one part, in the order in which they came, and the layer of each."""
        import numpy as np  # noqa: PLC0415 - see `count`

        found: list[list[npt.NDArray[Any]]] = [[], [], []]
        for segment in self._segments:
            file.seek(segment.starts[part])
            size = 8 * int(segment.rows[part].sum())
            for column, dtype in zip(found, (np.uint64, np.uint64, np.int64), strict=True):
                column.append(np.frombuffer(file.read(size), dtype=dtype))
        first, second, sizes = (np.concatenate(column) for column in found)
        rows = np.concatenate([segment.rows[part] for segment in self._segments])
        return first, second, sizes, np.repeat(np.array(self._layers, dtype=np.int64), rows)


class _Records(NamedTuple):
    """The records of one layer, those of one part side by side: part `p` ends at `ends[p + 1]`."""

    first: Words
    second: Words
    sizes: Longs
    ends: Longs


class _Segment(NamedTuple):
    """Where each part of many layers begins in the file, and its rows for each of the layers."""

    starts: list[int]
    rows: Longs


def _parted(digests: Words, sizes: Longs) -> _Records:
    import numpy as np  # noqa: PLC0415 - see `Tally.count`

    parts = (digests[:, 0] >> np.uint64(_PART_BITS)).astype(np.uint8)
    order = np.argsort(parts, kind="stable")
    ends = np.zeros(PARTS + 1, dtype=np.int64)
    np.cumsum(np.bincount(parts, minlength=PARTS), out=ends[1:])
    return _Records(digests[order, 0], digests[order, 1], sizes[order], ends)


def _joined(pending: Sequence[_Records], part: int | None = None) -> tuple[Words, Words, Longs]:
    """The records of layers that are in memory: those of one part, or all."""
    import numpy as np  # noqa: PLC0415 - see `Tally.count`

    bounds = slice(part, part + 2) if part is not None else slice(0, PARTS + 1, PARTS)
    runs = [slice(*records.ends[bounds].tolist()) for records in pending]
    pairs = list(zip(pending, runs, strict=True))
    words, longs = np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.int64)
    return (
        np.concatenate([words, *(records.first[run] for records, run in pairs)]),
        np.concatenate([words, *(records.second[run] for records, run in pairs)]),
        np.concatenate([longs, *(records.sizes[run] for records, run in pairs)]),
    )


@dataclass(slots=True)
class _Sums:
    """Sums over parts; rows of `of_images` are objects, bytes and unique bytes."""

    images: list[Longs]
    of_images: Longs
    objects: int = 0
    content_bytes: int = 0

    def empty(self) -> _Sums:
        """Sums of nothing yet, for the same images."""
        import numpy as np  # noqa: PLC0415 - see `Tally.count`

        return _Sums(self.images, np.zeros_like(self.of_images))

    def merge(self, other: _Sums) -> None:
        """Add the sums of other parts."""
        self.objects += other.objects
        self.content_bytes += other.content_bytes
        self.of_images += other.of_images

    def add(self, first: Words, second: Words, sizes: Longs, layers: Longs) -> None:
        """Add the objects of one part, in which the layers are in ascending order."""
        import numpy as np  # noqa: PLC0415 - see `Tally.count`

        if not len(sizes):
            return
        numbers, object_bytes = _numbered(first, second, sizes)
        count = len(object_bytes)
        self.objects += count
        self.content_bytes += int(object_bytes.sum())
        held = np.zeros(count, dtype=np.int32)
        holder = np.zeros(count, dtype=np.int64)
        place = np.zeros(count, dtype=np.int64)
        last = int(layers[-1])
        starts = np.searchsorted(layers, np.arange(last + 2)).tolist()
        for image, own in enumerate(self.images):
            runs = [numbers[starts[at] : starts[at + 1]] for at in own.tolist() if at <= last]
            found = np.concatenate(runs) if runs else numbers[:0]
            # Of several writes to one place the last one stays: one row of each object is left.
            rows = np.arange(len(found))
            place[found] = rows
            found = found[place[found] == rows]
            held[found] += 1
            holder[found] = image
            self.of_images[0, image] += len(found)
            self.of_images[1, image] += object_bytes[found].sum()
        alone = np.flatnonzero(held == 1)
        np.add.at(self.of_images[2], holder[alone], object_bytes[alone])


def _numbered(first: Words, second: Words, sizes: Longs) -> tuple[Longs, Longs]:
    """For each record the number of its object; for each object its bytes."""
    import numpy as np  # noqa: PLC0415 - see `Tally.count`

    order = np.argsort(first)
    sorted_first, sorted_second = first[order], second[order]
    new = np.ones(len(order), dtype=bool)
    np.not_equal(sorted_first[1:], sorted_first[:-1], out=new[1:])
    other = sorted_second[1:] != sorted_second[:-1]
    if (other & ~new[1:]).any():
        # Half of a digest is not enough to tell these apart; hardly anybody has such files.
        order = np.lexsort((second, first))
        new[1:] = (np.diff(first[order]) != 0) | (np.diff(second[order]) != 0)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(new) - 1
    return numbers, sizes[order[new]]
