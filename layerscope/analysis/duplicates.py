"""Equal content at several visible paths: stored more than once, and each copy is seen."""

from __future__ import annotations

from collections import Counter
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from layerscope.files.columns import DIGEST_BYTES
from layerscope.files.tree import FILE

if TYPE_CHECKING:
    from layerscope.files.squash import Squashed


class Duplicate(NamedTuple):
    """Content that is visible at several paths; `size_bytes` is one copy, `paths` are sorted."""

    content: bytes
    size_bytes: int
    paths: list[bytes]


def duplicates(squashed: Squashed) -> list[Duplicate]:
    """Every content of at least one byte with more than one visible copy, the most bytes first.

    Names of one inode are one copy, so hard links are none. What was not hashed is left out.
    """
    heads = _heads(squashed)
    # Only digests that begin like another one can be equal to one. Rows without content have zeros.
    counts = Counter(heads)
    if len(heads) - len(counts) == max(counts[0] - 1, 0):
        return []
    several = {head for head, count in counts.items() if count > 1}
    kinds, hidden = squashed.kinds, squashed.hidden
    other_names = {
        inode: link
        for link, inode in squashed.inodes.items()
        if inode in hidden and link not in hidden
    }
    found: dict[bytes, list[bytes]] = {}
    sizes_of: dict[bytes, int] = {}
    for layer, columns in enumerate(squashed.layers):
        start, stop = squashed.starts[layer], squashed.starts[layer + 1]
        paths, sizes, unhashed = squashed.paths[layer], columns.size_bytes, columns.unhashed
        candidates = map(several.__contains__, heads[start:stop])
        for row in compress(range(start, stop), candidates):
            if kinds[row] != FILE or not sizes[row - start]:
                continue
            if row not in hidden:
                path = squashed.redirected.get(row) or paths[row - start]
            elif row in other_names:
                path = squashed.path_of(other_names[row])
            else:
                continue
            if row - start not in unhashed:
                at = (row - start) * DIGEST_BYTES
                digest = bytes(columns.contents[at : at + DIGEST_BYTES])
                found.setdefault(digest, []).append(path)
                sizes_of[digest] = sizes[row - start]
    groups = [
        Duplicate(digest, sizes_of[digest], sorted(paths))
        for digest, paths in found.items()
        if len(paths) > 1
    ]
    groups.sort(key=lambda group: (-group.size_bytes * (len(group.paths) - 1), group.paths))
    return groups


def _heads(squashed: Squashed) -> list[int]:
    """The first eight bytes of each digest, by global row; none unless every layer was hashed."""
    heads: list[int] = []
    for columns in squashed.layers:
        if columns.hashed is None:
            return []
        if columns.contents:
            heads += memoryview(columns.contents).cast("Q")[:: DIGEST_BYTES // 8].tolist()
    return heads
