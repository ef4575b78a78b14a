"""A tree in which one file has other bytes: a context with the Dockerfile of an earlier state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.filetree import FileNode, FileTree


class ReplacedFile:
    """A `FileTree` like another one, but for the bytes of the regular file at `path`."""

    def __init__(self, tree: FileTree, path: str, content: bytes) -> None:
        self._tree = tree
        self._path = path
        self._content = content

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        node = self._tree.node(path)
        if node is not None and path == self._path:
            return replace(node, size=len(self._content))
        return node

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        return self._tree.children(path)

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        for inner, node in self._tree.walk(path):
            replaced = self.node(inner) if inner == self._path else node
            yield inner, replaced if replaced is not None else node

    def digest(self, path: str) -> bytes:
        """BLAKE3 of the file's bytes, as all trees of files give it."""
        if path == self._path:
            from blake3 import blake3  # noqa: PLC0415 - only who compares contents pays for it

            return blake3(self._content).digest()
        return self._tree.digest(path)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return self._content if path == self._path else self._tree.read(path)
