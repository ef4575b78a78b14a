"""The chunks of a fleet's files by one scheme: which chunks each content is made of.

A content is cut once, however many layers hold it. One that is not longer than the shortest span is
its own chunk; it is not in here, since the file table has its digest. So is one that has no digest,
as its holes are beyond the limit: nobody has looked at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.files.chunking import BLOCK_BYTES, CHUNK_DIGEST_BYTES
from layerscope.fleet.dedup_files import WORD_TYPE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.files.chunking import Chunks
    from layerscope.fleet.dedup_files import Files

    Longs = npt.NDArray[np.int64]
    Words = npt.NDArray[np.uint64]

_CHUNK_WORDS = CHUNK_DIGEST_BYTES // 8


class ContentChunks:
    """Contents and the chunks that they are made of, by one scheme.

    Args:
        parts: For each layer that was read the digests of the contents that were cut there (two
            words each), and their chunks in the same order. Each content is cut in one layer.
    """

    def __init__(self, parts: Sequence[tuple[Words, Chunks]]) -> None:
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        none = np.zeros((0, _CHUNK_WORDS), dtype=np.uint64)
        contents = np.concatenate([none, *(digests for digests, _ in parts)])
        counts = _joined([np.array(chunks.counts, dtype=np.int64) for _, chunks in parts])
        if len(counts) != len(contents):
            raise ValueError(f"expected chunks of {len(contents)} contents, found {len(counts)}")
        self._order = np.lexsort((contents[:, 1], contents[:, 0]))
        self._contents = contents[self._order]
        self._starts = np.concatenate(([0], np.cumsum(counts)))
        self._digests = np.concatenate([none, *(_words(chunks) for _, chunks in parts)])
        self._sizes = _joined([np.array(chunks.sizes, dtype=np.int64) for _, chunks in parts])

    def of(self, files: Files) -> tuple[Words, Longs] | None:
        """The chunks of a layer's files, repeats included; None if one of them was not cut."""
        import numpy as np  # noqa: PLC0415 - see `__init__`

        long = _long(files)
        found = self._places(files.digests[long])
        if found is None:
            return None
        starts, stops = self._starts[found], self._starts[found + 1]
        counts = stops - starts
        # Runs of consecutive numbers, one after the other: each begins where its file's chunks do.
        ends = np.cumsum(counts)
        steps = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
        chosen = np.repeat(starts, counts) + steps
        if int(self._sizes[chosen].sum()) != int(files.sizes[long].sum()):
            return None
        return (
            np.concatenate((files.digests[~long], self._digests[chosen])),
            np.concatenate((files.sizes[~long], self._sizes[chosen])),
        )

    def _places(self, digests: Words) -> Longs | None:
        """Where contents are among those that were cut; None if one is not there."""
        import numpy as np  # noqa: PLC0415 - see `__init__`

        known = self._contents
        at = np.searchsorted(known[:, 0], digests[:, 0])
        while True:
            if (at >= len(known)).any() or (known[at, 0] != digests[:, 0]).any():
                return None
            other = known[at, 1] != digests[:, 1]
            if not other.any():
                return self._order[at]
            # The first half of two digests is the same: the one that is meant comes after.
            at[other] += 1


def cut_first(files: Sequence[Files | None]) -> list[npt.NDArray[np.bool_]]:
    """For each layer which of its files are to be cut: each long content in its first layer.

    Args:
        files: Of each layer; None for one that cannot be read.

    Returns:
        An array for each layer, with a cell for each of its files.
    """
    import numpy as np  # noqa: PLC0415 - see `ContentChunks.__init__`

    chosen = [np.zeros(0 if one is None else len(one.sizes), dtype=bool) for one in files]
    seen: set[bytes] = set()
    for one, wanted in zip(files, chosen, strict=True):
        if one is None:
            continue
        for at in np.flatnonzero(_long(one)).tolist():
            digest = one.digests[at].tobytes()
            if digest not in seen:
                seen.add(digest)
                wanted[at] = True
    return chosen


def _long(files: Files) -> npt.NDArray[np.bool_]:
    """Which files are cut: the others are their own chunk."""
    cut: npt.NDArray[np.bool_] = (files.sizes > BLOCK_BYTES) & ~files.opaque
    return cut


def _joined(parts: Sequence[Longs]) -> Longs:
    import numpy as np  # noqa: PLC0415 - see `ContentChunks.__init__`

    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])


def _words(chunks: Chunks) -> Words:
    import numpy as np  # noqa: PLC0415 - see `ContentChunks.__init__`

    words: Words = np.frombuffer(chunks.digests, dtype=WORD_TYPE).reshape(-1, _CHUNK_WORDS)
    return words
