"""A tree in which one file has other bytes: a context with the Dockerfile of an earlier state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.hard_links import first_name
from layerscope.cache.filetree import KeepsValues, members

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

    def members(self, path: str) -> Iterator[tuple[str, FileNode, bytes]]:
        """Name, file and digest of all in a directory: see `filetree.ListsMembers`."""
        folder, _, replaced = self._path.rpartition("/")
        for name, node, digest in members(self._tree, path):
            if path == folder and name == replaced:
                yield name, self.node(self._path) or node, self.digest(self._path)
            else:
                yield name, node, digest

    def first_name(self, path: str) -> str:
        """The first path that names the same file, as the other tree tells."""
        return first_name(self._tree, path)

    def kept(self, path: str, whose: str) -> bytes | None:
        """What the other tree keeps, for directories that the replaced file is not in."""
        if isinstance(self._tree, KeepsValues) and not self._holds(path):
            return self._tree.kept(path, whose)
        return None

    def keep(self, path: str, whose: str, value: bytes) -> None:
        """Keep a value in the other tree, for a directory that the replaced file is not in."""
        if isinstance(self._tree, KeepsValues) and not self._holds(path):
            self._tree.keep(path, whose, value)

    def _holds(self, path: str) -> bool:
        return not path or self._path.startswith(f"{path}/")
