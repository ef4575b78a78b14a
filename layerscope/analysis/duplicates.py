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
    found: dict[bytes, list[int]] = {}
    kinds, hidden = squashed.kinds, squashed.hidden
    other_names = {
        inode: link
        for link, inode in squashed.inodes.items()
        if inode in hidden and link not in hidden
    }
    for row, digest in enumerate(digests):
        if digest in several and kinds[row] == FILE and (row not in hidden or row in other_names):
            found.setdefault(digest, []).append(row)
    groups = []
    for digest, rows in found.items():
        if len(rows) > 1:
            size = squashed.size(rows[0])
            hashed = [row for row in rows if squashed.content(row) is not None]
            if size and len(hashed) > 1:
                paths = sorted(squashed.path_of(other_names.get(row, row)) for row in hashed)
                groups.append(Duplicate(digest, size, paths))
    groups.sort(key=lambda group: (-group.size_bytes * (len(group.paths) - 1), group.paths))
    return groups
