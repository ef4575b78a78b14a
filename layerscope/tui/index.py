"""All paths that an image has after any of its layers, in the order of a tree, built once.

Nothing here is an object for each file. What is below a directory follows it at once, and so every
sum over a directory is the difference of two running sums.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.files.tree import HARDLINK, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from layerscope.files.squash import Squashed


@dataclass(frozen=True, slots=True, repr=False)
class Index:
    """Paths as nodes, numbered in the order of a tree that is open everywhere; 0 is the root.

    Attributes:
        paths: Clean and absolute; of each directory first itself, then all below it, by name.
        ends: The node after the last one below each node.
        parents: The node that each is in; -1 for the root.
        row_sizes: Bytes of each global row's own content; of hard links 0.
        links: Global rows that are hard links.
    """

    paths: list[bytes]
    ends: array[int]
    parents: array[int]
    row_sizes: array[int]
    links: frozenset[int]

    def __repr__(self) -> str:
        """How much there is, not what."""
        return f"<Index of {len(self.paths)} paths>"

    def __len__(self) -> int:
        """How many nodes there are, the root among them."""
        return len(self.paths)

    @classmethod
    def of(cls, squashed: Squashed, paths: Iterable[bytes]) -> Index:
        """The index of these paths, and the root, of an image."""
        # A NUL byte stands for the slash: no name holds one, and it sorts before all others.
        order = sorted({ROOT, *paths}, key=_key)
        ends, parents = _nesting(order)
        row_sizes = array("q")
        for columns in squashed.layers:
            row_sizes += columns.size_bytes
        links = frozenset(row for row, kind in enumerate(squashed.kinds) if kind == HARDLINK)
        for row in links:
            row_sizes[row] = 0
        return cls(order, ends, parents, row_sizes, links)

    def children(self, node: int) -> Iterator[int]:
        """The nodes right below a node, by name."""
        child, end, ends = node + 1, self.ends[node], self.ends
        while child < end:
            yield child
            child = ends[child]

    def name(self, node: int) -> bytes:
        """The path from the node above: its last part, or several where those between are no nodes.

        `/` for the root.
        """
        parent = self.parents[node]
        if parent < 0:
            return ROOT
        return self.paths[node][1 if parent == 0 else len(self.paths[parent]) + 1 :]

    def find(self, path: bytes) -> int | None:
        """The node of a path; None if there is none."""
        key = _key(path)
        low, high = 0, len(self.paths)
        while low < high:
            middle = (low + high) // 2
            if _key(self.paths[middle]) < key:
                low = middle + 1
            else:
                high = middle
        return low if low < len(self.paths) and self.paths[low] == path else None


def _key(path: bytes) -> bytes:
    return path.replace(b"/", b"\0")


def _nesting(paths: list[bytes]) -> tuple[array[int], array[int]]:
    """For each path the position after the last one below it, and that of the one it is in."""
    ends = array("q", [len(paths)]) * len(paths)
    parents = array("q", [-1])
    within = [0]
    prefixes = [b"/"]
    for node in range(1, len(paths)):
        path = paths[node]
        while not path.startswith(prefixes[-1]):
            prefixes.pop()
            ends[within.pop()] = node
        parents.append(within[-1])
        within.append(node)
        prefixes.append(path + b"/")
    return ends, parents
