"""A tree of files that steps have put somewhere, on top of a tree that is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.filetree import FileNode
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.filetree import FileTree

DIRECTORY = FileNode("dir", 0o755)


class PlacedTree:
    """A `FileTree` that can be added to; bytes stay where the files came from.

    Args:
        below: What was there before anything was placed; None for an empty tree.
    """

    def __init__(self, below: FileTree | None) -> None:
        self._below = below
        self._nodes: dict[str, FileNode] = {"": DIRECTORY}
        self._origins: dict[str, tuple[FileTree, str]] = {}
        self._names: dict[str, set[str]] = {"": set()}
        self._removed: set[str] = set()
        self._made: dict[str, bytes] = {}

    def without_below(self) -> PlacedTree:
        """A copy that has only what was placed."""
        return self._copied(None)

    def copy(self) -> PlacedTree:
        """A tree that changes on its own."""
        return self._copied(self._below)

    def _copied(self, below: FileTree | None) -> PlacedTree:
        twin = PlacedTree(below)
        twin._nodes = dict(self._nodes)
        twin._origins = dict(self._origins)
        twin._names = {path: set(names) for path, names in self._names.items()}
        twin._removed = set(self._removed)
        twin._made = dict(self._made)
        return twin

    def put(self, path: str, node: FileNode, origin: tuple[FileTree, str] | None = None) -> None:
        """Put a file at `path`; parents that are missing become directories of root.

        `origin` is where the bytes of a regular file are.
        """
        if path and node.kind != "dir":
            self.remove(path)
        parent, _, name = path.rpartition("/")
        if path:
            self._parents(parent)
            self._names.setdefault(parent, set()).add(name)
            self._removed.discard(path)
        self._nodes[path] = node
        if node.kind == "dir":
            self._names.setdefault(path, set())
        if origin is not None:
            self._origins[path] = origin

    def write(self, path: str, node: FileNode, data: bytes) -> None:
        """Put a file with these bytes at `path`."""
        self.put(path, node)
        self._made[path] = data

    def _parents(self, path: str) -> None:
        missing = []
        while path and path not in self._nodes:
            node = self.node(path)
            missing.append((path, node if node is not None and node.kind == "dir" else DIRECTORY))
            path = path.rpartition("/")[0]
        for folder, node in reversed(missing):
            self.put(folder, node)

    def remove(self, path: str) -> None:
        """Take away what is at `path` and below it."""
        if self.node(path) is None:
            return
        for place in [path, *(below for below, _ in self.walk(path))]:
            self._nodes.pop(place, None)
            self._origins.pop(place, None)
            self._made.pop(place, None)
            self._names.pop(place, None)
        parent, _, name = path.rpartition("/")
        self._names.get(parent, set()).discard(name)
        self._removed.add(path)

    def placed(self, path: str) -> FileNode | None:
        """The file that a step put at `path`."""
        return self._nodes.get(path) if path else None

    def _lies_below(self, path: str) -> bool:
        """Is the tree underneath to be seen at this path?"""
        if self._below is None:
            return False
        if not self._removed:
            return True
        while path:
            if path in self._removed:
                return False
            path = path.rpartition("/")[0]
        return True

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        node = self._nodes.get(path)
        if node is None and self._below is not None and self._lies_below(path):
            return self._below.node(path)
        return node

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        names = set(self._names.get(path, ()))
        if self._below is not None and self._lies_below(path):
            prefix = f"{path}/" if path else ""
            names.update(
                name for name in self._below.children(path) if prefix + name not in self._removed
            )
        return sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape"))

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        waiting = [path]
        while waiting:
            here = waiting.pop()
            node = self.node(here)
            if node is None:
                continue
            if here != path:
                yield here, node
            if node.kind == "dir":
                prefix = f"{here}/" if here else ""
                waiting.extend(prefix + name for name in reversed(self.children(here)))

    def digest(self, path: str) -> bytes:
        """Digest of the file's bytes, comparable between all trees."""
        if path in self._made:
            from blake3 import blake3  # noqa: PLC0415 - only who compares contents pays for it

            return blake3(self._made[path]).digest()
        tree, place = self._origin(path)
        return tree.digest(place)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        if path in self._made:
            return self._made[path]
        tree, place = self._origin(path)
        return tree.read(place)

    def _origin(self, path: str) -> tuple[FileTree, str]:
        origin = self._origins.get(path)
        if origin is not None:
            return origin
        if self._below is not None and path not in self._nodes:
            return self._below, path
        problem = f"no regular file {shown(path)} in this tree"
        raise UnreadableInputError(problem)
