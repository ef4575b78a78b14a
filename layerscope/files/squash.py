"""Layers squashed: the one tree that a container sees, and what became of everything else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.files.bulk import put_layer
from layerscope.files.columns import KINDS
from layerscope.files.engine import engine_differences
from layerscope.files.tree import DIR, FILE, Tree

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.columns import FileColumns

IMPLIED_MODE = 0o755
"""What engines give a directory that no entry describes; its owner is 0:0."""


@dataclass(frozen=True, slots=True, repr=False)
class Squashed:
    """The tree that `umoci unpack` would leave, and what happened to the rest.

    A *global row* is the first row of a layer plus the row in it. Where engines differ, the tree is
    umoci's and the path is in `engine_differs`.

    Attributes:
        layers: File tables from the base up.
        starts: The first global row of each layer, then how many rows there are.
        kinds: The kind of every global row, a position in `KINDS`.
        paths: For each layer the clean path of each row.
        folders: For each layer the folders that these paths are in, and perhaps more of them.
        rows: Clean absolute path to the global row that provides it; -1 - layer for a directory
            that no entry describes. "/" is a key only if a layer has an entry for it.
        inodes: Global row of a hard link to that of the member it is a name of, which is never a
            hard link; absent if it dangles.
        hidden: Global row that lost its name to the global row of the entry that took it: a
            whiteout, an opaque marker, or a member at that path, above or below it.
        redirected: Global rows written through a symbolic link to their real path.
        engine_differs: Paths where engines and umoci disagree.
    """

    layers: tuple[FileColumns, ...]
    starts: tuple[int, ...]
    kinds: bytes
    paths: list[list[bytes]]
    folders: list[set[bytes]]
    rows: dict[bytes, int]
    inodes: dict[int, int]
    hidden: dict[int, int]
    redirected: dict[int, bytes]
    engine_differs: set[bytes]
    _tree: Tree

    def __repr__(self) -> str:
        """How much there is, not what."""
        return f"<Squashed tree of {len(self.rows)} paths from {len(self.layers)} layers>"

    def place(self, row: int) -> tuple[int, int]:
        """Layer and row in it of a global row; an implied directory has row -1."""
        return self._tree.place(row)

    def path_of(self, row: int) -> bytes:
        """The real path of a member; of a whiteout what it hides."""
        return self._tree.path_of(row)

    def inode(self, row: int) -> int:
        """The global row of what a row is a name of: itself unless it is a hard link."""
        return self.inodes.get(row, row)

    def kind(self, row: int) -> str:
        """One of `KINDS`."""
        return KINDS[DIR if row < 0 else self.kinds[row]]

    def size(self, row: int) -> int:
        """Bytes of a regular file's own content, 0 for all else."""
        if row < 0 or self.kinds[row] != FILE:
            return 0
        layer, at = self.place(row)
        return self.layers[layer].size_bytes[at]

    def content(self, row: int) -> bytes | None:
        """The content digest of a regular file; None for all else and where it was not hashed."""
        if row < 0:
            return None
        layer, at = self.place(row)
        return self.layers[layer].content(at)


def squash(layers: Sequence[FileColumns]) -> Squashed:
    """The tree of layers put on each other, from the base up.

    Linear in the number of entries: a directory that is taken away costs what was in it.

    Raises: `OverLimitError` for trees that no engine could unpack.
    Source: OCI image-spec v1.1, layer.md, 'Applying Changesets'; where that is silent, umoci.
    """
    tree = Tree(layers)
    for layer in range(len(layers)):
        put_layer(tree, layer)
    return Squashed(
        layers=tree.layers,
        starts=tree.starts,
        kinds=tree.kinds,
        paths=tree.paths,
        folders=tree.folders,
        rows=tree.rows,
        inodes=tree.inodes,
        hidden=tree.hidden,
        redirected=tree.redirected,
        engine_differs=engine_differences(tree),
        _tree=tree,
    )
