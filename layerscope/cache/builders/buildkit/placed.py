"""A tree of files that steps have put somewhere, on top of a tree that is known.

A directory that is copied is not gone through: it is hung in as it lies in its source. What was
put there later lies on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.filetree import FileNode
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from layerscope.cache.filetree import FileTree

DIRECTORY = FileNode("dir", 0o755)

# What may be at a path: when it came there, the file, the tree and path of its bytes.
Candidate = tuple[int, FileNode, "FileTree | None", str]


class AlteredTree:
    """A tree whose files have other attributes, as a copy gives them."""

    def __init__(self, tree: FileTree, change: Callable[[FileNode], FileNode]) -> None:
        """`change` gives a file as it is after the copy."""
        self._tree = tree
        self._change = change

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        node = self._tree.node(path)
        return None if node is None else self._change(node)

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        return self._tree.children(path)

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        for place, node in self._tree.walk(path):
            yield place, self._change(node)

    def digest(self, path: str) -> bytes:
        """Digest of the file's bytes, comparable between all trees."""
        return self._tree.digest(path)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return self._tree.read(path)


class PlacedTree:
    """A `FileTree` that can be added to; bytes stay where the files came from.

    Args:
        below: What was there before anything was placed; None for an empty tree.
    """

    def __init__(self, below: FileTree | None) -> None:
        self._below = below
        self._time = 0
        self._own: dict[str, Candidate] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._grafts: dict[str, tuple[tuple[int, FileTree, str], ...]] = {}
        self._made: dict[str, bytes] = {}
        self._cleared: dict[str, int] = {}

    def copy(self) -> PlacedTree:
        """A tree that changes on its own."""
        return self._copied(self._below)

    def without_below(self) -> PlacedTree:
        """A copy that has only what was placed."""
        return self._copied(None)

    def _copied(self, below: FileTree | None) -> PlacedTree:
        twin = PlacedTree(below)
        twin.__dict__.update(self.__dict__, _below=below)
        twin.__dict__.update(
            _own=dict(self._own),
            _names=dict(self._names),
            _grafts=dict(self._grafts),
            _made=dict(self._made),
            _cleared=dict(self._cleared),
        )
        return twin

    def put(self, path: str, node: FileNode, origin: tuple[FileTree, str] | None = None) -> None:
        """Put a file at `path`; parents that are missing become directories of root.

        `origin` is where the bytes of a regular file are.
        """
        self._parents(path)
        self._time += 1
        if node.kind != "dir" and self._candidates(path):
            # What lay below a directory is gone once a file takes its place.
            self._cleared[path] = self._time
            self._names.pop(path, None)
        tree, place = (None, "") if origin is None else origin
        self._own[path] = (self._time, node, tree, place)
        self._made.pop(path, None)

    def clear(self, path: str) -> None:
        """Take away all that is at and below `path`, which somebody then puts something at."""
        self._time += 1
        self._cleared[path] = self._time
        self._own.pop(path, None)
        self._names.pop(path, None)

    def write(self, path: str, node: FileNode, data: bytes) -> None:
        """Put a file with these bytes at `path`."""
        self.put(path, node)
        self._made[path] = data

    def hang(self, path: str, tree: FileTree, place: str) -> None:
        """Lay the directory `place` of a tree, with all below it, over what is at `path`.

        A directory that is there keeps its own attributes.
        """
        there = self.node(path)
        self._parents(path)
        self._time += 1
        self._grafts[path] = (*self._grafts.get(path, ()), (self._time, tree, place))
        if there is not None and there.kind == "dir":
            self.put(path, there)

    def _parents(self, path: str) -> None:
        while path:
            path, _, name = path.rpartition("/")
            if not path or self.node(path) is None:
                known = self._names.get(path, frozenset())
                self._names[path] = known | {name}
                if path:
                    self._time += 1
                    self._own[path] = (self._time, DIRECTORY, None, "")
                    continue
                return
            self._names[path] = self._names.get(path, frozenset()) | {name}
            return

    def _candidates(self, path: str) -> list[Candidate]:
        """All that was ever put at a path, the latest first."""
        found: list[Candidate] = []
        own = self._own.get(path)
        if own is not None:
            found.append(own)
        above = path
        since = 0
        while True:
            since = max(since, self._cleared.get(above, 0))
            rest = path[len(above) :].lstrip("/")
            for time, tree, place in self._grafts.get(above, ()):
                inner = f"{place}/{rest}" if place and rest else place or rest
                node = tree.node(inner)
                if node is not None:
                    found.append((time, node, tree, inner))
            if not above:
                break
            above = above.rpartition("/")[0]
        if self._below is not None:
            node = self._below.node(path)
            if node is not None:
                found.append((0, node, self._below, path))
        if since:
            found = [each for each in found if each[0] >= since]
        return sorted(found, key=lambda each: each[0], reverse=True)

    def placed(self, path: str) -> FileNode | None:
        """The file that a step put at `path`."""
        found = self._candidates(path)
        return found[0][1] if path and found and found[0][0] else None

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        found = self._candidates(path)
        if found:
            return found[0][1]
        return None if path else DIRECTORY

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        found = self._candidates(path)
        if found and found[0][1].kind != "dir":
            return ()
        names = set(self._names.get(path, ()))
        for _, node, tree, place in found:
            if tree is not None and node.kind == "dir":
                names.update(tree.children(place))
        if self._cleared:
            prefix = f"{path}/" if path else ""
            names = {name for name in names if self._candidates(prefix + name)}
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
        found = self._candidates(path)
        tree = found[0][2] if found else None
        if tree is None:
            problem = f"no regular file {shown(path)} in this tree"
            raise UnreadableInputError(problem)
        return tree, found[0][3]
