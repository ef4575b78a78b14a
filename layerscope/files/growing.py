"""Files that only grew: whether what a layer overwrote is the beginning of what it put there.

The digest of the old content is known, so that only the new file is read again, as far as the old
one was long. A plain layer is read in place. A compressed one has to be unpacked once more, which
is done if it is small, or if there is much to be learned.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from layerscope.files.columns import NO_OFFSET
from layerscope.files.ranges import read_ranges
from layerscope.files.scan_layer import CONTENT_HASHERS
from layerscope.sources.compression import HEAD_BYTES, detect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.files.hashing import ContentHasher
    from layerscope.files.squash import Squashed
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits

SMALL_LAYER = 32 * 1024 * 1024
"""Uncompressed bytes of files up to which a compressed layer is always unpacked again."""

WORTH = 100
"""One part in so many of a larger compressed layer must be in question."""


def grown(
    squashed: Squashed, pairs: Sequence[tuple[int, int]], layers: Sequence[Layer], limits: Limits
) -> set[int]:
    """The first rows of those pairs whose content begins the content of the second.

    Args:
        squashed: The tree that the global rows belong to.
        pairs: Global rows of a hidden file and of the longer file that replaced it.
        layers: The layers of the tree, verified.
        limits: Bounds on unpacking.

    What is not worth reading again, and sparse files, are left out.
    Raises: what `read_ranges` raises.
    """
    by_layer: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    for old, new in pairs:
        by_layer[squashed.place(new)[0]].append((old, new))
    found: set[int] = set()
    for layer, wanted in sorted(by_layer.items()):
        if _worth_reading(layers[layer], squashed.layers[layer], squashed, wanted):
            found |= _grown_in(squashed, layer, wanted, layers[layer], limits)
    return found


def _worth_reading(
    layer: Layer, columns: FileColumns, squashed: Squashed, pairs: Sequence[tuple[int, int]]
) -> bool:
    if columns.hashed is None or layer.region is None:
        return False
    content = sum(columns.size_bytes)
    if content <= SMALL_LAYER or WORTH * sum(squashed.size(old) for old, _ in pairs) >= content:
        return True
    return detect(layer.region.read(0, HEAD_BYTES)) == "none"


def _grown_in(
    squashed: Squashed,
    layer: int,
    pairs: Sequence[tuple[int, int]],
    source: Layer,
    limits: Limits,
) -> set[int]:
    columns, start = squashed.layers[layer], squashed.starts[layer]
    new_hasher = CONTENT_HASHERS[columns.hashed or "blake3"]
    known = columns.beginnings
    asked: dict[int, tuple[int, int]] = {}
    hashers: dict[tuple[int, int], ContentHasher] = {}
    for old, new in pairs:
        if columns.offsets[new - start] != NO_OFFSET and squashed.content(old) is not None:
            beginning = asked[old] = (new - start, squashed.size(old))
            if beginning not in known:
                hashers.setdefault(beginning, new_hasher())
    takers: dict[int, list[tuple[int, ContentHasher]]] = defaultdict(list)
    for (row, size), hasher in hashers.items():
        takers[row].append((size, hasher))
    ranges = [
        (columns.offsets[row], max(size for size, _ in wanted), _feeding(wanted))
        for row, wanted in takers.items()
    ]
    read_ranges(source, ranges, limits)
    known.update({beginning: hasher.digest() for beginning, hasher in hashers.items()})
    return {old for old, beginning in asked.items() if known[beginning] == squashed.content(old)}


def _feeding(hashers: Sequence[tuple[int, ContentHasher]]) -> Callable[[bytes], None]:
    """What hands each hasher as many bytes as it wants."""
    position = 0

    def take(piece: bytes) -> None:
        nonlocal position
        for size, hasher in hashers:
            if position < size:
                hasher.update(piece[: size - position])
        position += len(piece)

    return take
