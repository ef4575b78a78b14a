"""A small sample of what is in a layer, coordinated so that samples of many layers fit together.

Each distinct non-empty content of a layer has a rank: its hash, a uniform number between 0 and 1
taken from its BLAKE3, divided by its weight. The sketch is the contents of the smallest ranks and
the threshold below which it has all of them. As a content has the same rank wherever it lies, the
union of sketches is a sketch of the union, and whether a sampled content is in a layer is known.

Sources: N. Duffield, C. Lund, M. Thorup, "Priority sampling for estimation of arbitrary subset
sums", J. ACM 54(6), 2007; E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches", PODC
2007; D. Ting, "Adaptive threshold sampling", SIGMOD 2022. Decision 0009 says why.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.catalog import table_file
from layerscope.catalog.seal import SCHEMA, payload_of, sealed
from layerscope.errors import shown
from layerscope.files.columns import DIGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.store import Catalog
    from layerscope.files.columns import FileColumns

    Hashes = npt.NDArray[np.uint64]
    Longs = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

KIND = "sketches"
"""What these objects are called in the catalog."""

KEPT = 1024
"""How many contents of a layer are kept at the least, if it has as many."""

RATE_BYTES = 1024 * 1024
"""Beyond those, one content is kept for about each so many bytes of weight.

So the threshold of every stored sketch is at least 1 / RATE_BYTES, a large layer's too: what is
asked of all layers of a fleet at once does not become as coarse as the largest of them.
"""

LEAST_WEIGHT = 4096
"""The weight of a content is its bytes, or this if it has fewer: tiny files count as files too."""

MOST_BYTES = 2**46
"""A content with more bytes is not sketched; sums of thousands of those kept fit 64 bits."""

_MOST_SUM = 2**50

_HEAD = struct.Struct("<IdQQI")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Sketch:
    """A sample of the distinct non-empty contents of a layer, or of several together.

    Attributes:
        hashes: For each sampled content the first 8 bytes of its BLAKE3, as a number.
        sizes: Its bytes; contents are ordered by rank, then hash, then size.
        threshold: Every content with a smaller rank is in the sample, and no other one is; infinite
            if the sample is all there is.
        files: How many distinct contents there are, at the least and at the most. Of one layer
            both are the same, since whoever made the sketch saw all of them.
        size_bytes: How many bytes these have together, likewise.
        unhashed: Files that were not looked at, since they have no digest or no size that fits.
    """

    hashes: Hashes
    sizes: Longs
    threshold: float
    files: tuple[int, int]
    size_bytes: tuple[int, int]
    unhashed: int = 0

    def __repr__(self) -> str:
        """How large it is."""
        return f"<Sketch of {len(self.hashes)} contents>"

    def is_whole(self) -> bool:
        """Whether it holds every content, so that all that is asked of it is exact."""
        return self.threshold == math.inf


def weights(sizes: Longs) -> Floats:
    """For each content of so many bytes its weight."""
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    return np.maximum(sizes, LEAST_WEIGHT).astype(np.float64)


def ranks(hashes: Hashes, sizes: Longs) -> Floats:
    """For each content its rank: 53 bits of its hash between 0 and 1, by its weight."""
    import numpy as np  # noqa: PLC0415 - see `weights`

    uniform = ((hashes >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return uniform / weights(sizes)


def sketch_of(
    hashes: Hashes, sizes: Longs, *, kept: int = KEPT, rate_bytes: int = RATE_BYTES
) -> Sketch:
    """The sketch of contents, each given once or more, of sizes of 1 to `MOST_BYTES` bytes.

    Args:
        hashes: The first 8 bytes of the BLAKE3 of each content, as numbers.
        sizes: Their bytes.
        kept: How many are kept at the least.
        rate_bytes: For how many bytes of weight one more is kept.
    """
    import numpy as np  # noqa: PLC0415 - see `weights`

    hashes, sizes = _each_once(hashes, sizes)
    files, size_bytes = len(hashes), int(sizes.sum())
    order = ranks(hashes, sizes)
    threshold = _threshold(order, kept, 1.0 / rate_bytes)
    # Sorting what is kept, instead of everything, is most of the speed for large layers.
    chosen = np.flatnonzero(order < threshold)
    hashes, sizes, order = hashes[chosen], sizes[chosen], order[chosen]
    by_rank = np.lexsort((sizes, hashes, order))
    return Sketch(
        hashes[by_rank], sizes[by_rank], threshold, (files, files), (size_bytes, size_bytes)
    )


def sketch_of_columns(
    columns: FileColumns, *, kept: int = KEPT, rate_bytes: int = RATE_BYTES
) -> Sketch | None:
    """The sketch of the files of one layer; None if their content was not hashed with BLAKE3.

    All files that are stored in it count, those that a later member of the layer replaces too.
    """
    import numpy as np  # noqa: PLC0415 - see `weights`

    if columns.hashed != "blake3":
        return None
    sizes = np.frombuffer(columns.size_bytes, dtype=np.int64)
    used = (np.frombuffer(columns.kinds, dtype=np.uint8) == 0) & (sizes > 0)
    left_out = used & (sizes > MOST_BYTES)
    left_out[[row for row in columns.unhashed if used[row]]] = True
    used &= ~left_out
    first = np.frombuffer(columns.contents, dtype=">u8").reshape(-1, DIGEST_BYTES // 8)[:, 0]
    found = sketch_of(first[used].astype(np.uint64), sizes[used], kept=kept, rate_bytes=rate_bytes)
    return Sketch(
        found.hashes,
        found.sizes,
        found.threshold,
        found.files,
        found.size_bytes,
        int(left_out.sum()),
    )


def merged(sketches: Sequence[Sketch], *, kept: int | None = None) -> Sketch:
    """The sketch of all contents of those given, each once.

    It has every content below the smallest threshold, which may be more than any of them has.

    Args:
        sketches: Sketches of layers, or of several layers.
        kept: Keep no more contents than this; None keeps all that can be.
    """
    import numpy as np  # noqa: PLC0415 - see `weights`

    threshold = min((each.threshold for each in sketches), default=math.inf)
    hashes, sizes, order = _distinct(
        np.concatenate([np.empty(0, np.uint64), *(each.hashes for each in sketches)]),
        np.concatenate([np.empty(0, np.int64), *(each.sizes for each in sketches)]),
    )
    files = _bounds([each.files for each in sketches])
    size_bytes = _bounds([each.size_bytes for each in sketches])
    files = (max(files[0], len(hashes)), files[1])
    size_bytes = (max(size_bytes[0], int(sizes.sum())), size_bytes[1])
    if threshold == math.inf:
        files, size_bytes = (files[0], files[0]), (size_bytes[0], size_bytes[0])
    if kept is not None:
        below = int(order.searchsorted(threshold))
        threshold = min(threshold, _threshold(order[:below], kept, 0.0))
    below = len(order) if threshold == math.inf else int(order.searchsorted(threshold))
    unhashed = sum(each.unhashed for each in sketches)
    return Sketch(hashes[:below], sizes[:below], threshold, files, size_bytes, unhashed)


def encode(diff_id: str, sketch: Sketch) -> bytes:
    """A stored sketch of one layer: below its seal a head, hashes, then sizes, little-endian."""
    head = _HEAD.pack(
        len(sketch.hashes),
        sketch.threshold,
        sketch.files[0],
        sketch.size_bytes[0],
        min(sketch.unhashed, 2**32 - 1),
    )
    payload = head + sketch.hashes.astype("<u8").tobytes() + sketch.sizes.astype("<i8").tobytes()
    return sealed(payload, KIND, diff_id)


def decode(diff_id: str, data: bytes) -> Sketch | None:
    """What `encode` was given; None if the object is not whole, or is none that could be."""
    import numpy as np  # noqa: PLC0415 - see `weights`

    payload = payload_of(data, KIND, diff_id)
    if payload is None or len(payload) < _HEAD.size:
        return None
    count, threshold, files, size_bytes, unhashed = _HEAD.unpack_from(payload)
    if len(payload) != _HEAD.size + 16 * count:
        return None
    hashes = np.frombuffer(payload, "<u8", count, _HEAD.size).astype(np.uint64)
    sizes = np.frombuffer(payload, "<i8", count, _HEAD.size + 8 * count).astype(np.int64)
    found = Sketch(hashes, sizes, threshold, (files, files), (size_bytes, size_bytes), unhashed)
    return found if _is_possible(found) else None


def keep_sketch(catalog: Catalog, diff_id: str, sketch: Sketch) -> None:
    """Put down the sketch of a layer; what does not work is a line of the catalog's `problems`."""
    try:
        catalog.place.write(_name(diff_id), encode(diff_id, sketch))
    except OSError as error:
        _problem(catalog, "cannot be written", error)


def recall_sketch(catalog: Catalog, diff_id: str) -> Sketch | None:
    """The sketch of a layer: as it was put down, or else made from its table, and put down.

    None if the catalog has neither.
    """
    try:
        data = catalog.place.read(_name(diff_id))
    except OSError as error:
        _problem(catalog, "cannot be read", error)
        return None
    found = None if data is None else decode(diff_id, data)
    if found is not None:
        return found
    table = catalog.table(diff_id)
    layer = None if table is None else table_file.decode(table)
    found = None if layer is None else sketch_of_columns(layer[1])
    if found is not None:
        keep_sketch(catalog, diff_id, found)
    return found


def _distinct(hashes: Hashes, sizes: Longs) -> tuple[Hashes, Longs, Floats]:
    """Each content once, by rank, hash and size; and the ranks."""
    import numpy as np  # noqa: PLC0415 - see `weights`

    hashes, sizes = _each_once(hashes, sizes)
    order = ranks(hashes, sizes)
    by_rank = np.lexsort((sizes, hashes, order))
    return hashes[by_rank], sizes[by_rank], order[by_rank]


def _each_once(hashes: Hashes, sizes: Longs) -> tuple[Hashes, Longs]:
    """Each content once, by hash."""
    import numpy as np  # noqa: PLC0415 - see `weights`

    by_hash = np.argsort(hashes)
    hashes, sizes = hashes[by_hash], sizes[by_hash]
    same = hashes[1:] == hashes[:-1]
    if (same & (sizes[1:] != sizes[:-1])).any():
        # Two contents whose BLAKE3 begins alike: nobody has seen any, and somebody may make them.
        by_both = np.lexsort((sizes, hashes))
        hashes, sizes = hashes[by_both], sizes[by_both]
        same = (hashes[1:] == hashes[:-1]) & (sizes[1:] == sizes[:-1])
    new = np.ones(len(hashes), dtype=bool)
    new[1:] = ~same
    return hashes[new], sizes[new]


def _is_possible(sketch: Sketch) -> bool:
    """Whether it can be a sketch of one layer.

    A seal says that nothing was damaged, not that whoever wrote it meant well.
    """
    import numpy as np  # noqa: PLC0415 - see `weights`

    hashes, sizes, threshold = sketch.hashes, sketch.sizes, sketch.threshold
    files, size_bytes = sketch.files[0], sketch.size_bytes[0]
    if not threshold > 0 or max(files, size_bytes) > _MOST_SUM:
        return False
    if len(sizes):
        if sizes.min() <= 0 or sizes.max() > MOST_BYTES or sizes.sum(dtype=np.float64) > _MOST_SUM:
            return False
        order = ranks(hashes, sizes)
        if order[-1] >= threshold or not _ascending(order, hashes, sizes).all():
            return False
    seen = len(sizes), int(sizes.sum())
    if threshold == math.inf:
        return (files, size_bytes) == seen
    return files >= seen[0] and size_bytes >= seen[1]


def _ascending(order: Floats, hashes: Hashes, sizes: Longs) -> npt.NDArray[np.bool_]:
    """For each content but the first whether it comes after the one before it."""
    by_size = (hashes[1:] == hashes[:-1]) & (sizes[1:] > sizes[:-1])
    by_hash = (order[1:] == order[:-1]) & ((hashes[1:] > hashes[:-1]) | by_size)
    after: npt.NDArray[np.bool_] = (order[1:] > order[:-1]) | by_hash
    return after


def _threshold(order: Floats, kept: int, least: float) -> float:
    """The rank of the first content that is not kept; infinite if all of them are."""
    import numpy as np  # noqa: PLC0415 - see `weights`

    if len(order) <= kept:
        return math.inf
    threshold = max(float(np.partition(order, kept)[kept]), least)
    return threshold if float(order.max()) >= threshold else math.inf


def _bounds(of_each: Iterable[tuple[int, int]]) -> tuple[int, int]:
    pairs = list(of_each)
    return max((low for low, _ in pairs), default=0), sum(high for _, high in pairs)


def _name(diff_id: str) -> str:
    algorithm, _, hexadecimal = diff_id.rpartition(":")
    return f"{SCHEMA}/{KIND}/{hexadecimal[:2]}/{algorithm}-{hexadecimal}"


def _problem(catalog: Catalog, what: str, error: OSError) -> None:
    line = f"the catalog {what}: {shown(error.strerror or error)}"
    if line not in catalog.problems:
        catalog.problems.append(line)
