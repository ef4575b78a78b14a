"""Equal content at several visible paths: stored more than once, and each copy is seen."""

from __future__ import annotations

from collections import Counter
from struct import iter_unpack
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
    digests: list[bytes] = []
    for columns in squashed.layers:
        if columns.hashed is None:
            return []
        digests += [digest for (digest,) in iter_unpack(f"{DIGEST_BYTES}s", columns.contents)]
    several = {digest for digest, count in Counter(digests).items() if count > 1}
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
        for row in range(start, stop):
            digest = digests[row]
            if digest not in several or kinds[row] != FILE or not sizes[row - start]:
                continue
            if row not in hidden:
                path = squashed.redirected.get(row) or paths[row - start]
            elif row in other_names:
                path = squashed.path_of(other_names[row])
            else:
                continue
            if row - start not in unhashed:
                found.setdefault(digest, []).append(path)
                sizes_of[digest] = sizes[row - start]
    groups = [
        Duplicate(digest, sizes_of[digest], sorted(paths))
        for digest, paths in found.items()
        if len(paths) > 1
    ]
    groups.sort(key=lambda group: (-group.size_bytes * (len(group.paths) - 1), group.paths))
    return groups
