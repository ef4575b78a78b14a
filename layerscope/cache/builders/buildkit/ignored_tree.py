"""A folder without what the `.dockerignore` in it leaves out, as a named context is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.dockerignore import Ignore

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.filetree import FileNode, FileTree

IGNORE_FILE = ".dockerignore"


class IgnoredTree:
    """A `FileTree` with only some of the files of another one."""

    def __init__(self, tree: FileTree, kept: frozenset[str]) -> None:
        """`kept` has the paths that stay, and those of the directories above them."""
        self._tree = tree
        self._kept = kept

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        return self._tree.node(path) if not path or path in self._kept else None

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        prefix = f"{path}/" if path else ""
        return [name for name in self._tree.children(path) if prefix + name in self._kept]

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        for place, node in self._tree.walk(path):
            if place in self._kept:
                yield place, node

    def digest(self, path: str) -> bytes:
        """Digest of the file's bytes, comparable between all trees."""
        return self._tree.digest(path)

    def read(self, path: str) -> bytes:
        """The file's bytes."""
        return self._tree.read(path)


def sent(tree: FileTree) -> FileTree:
    """What a client sends of a folder that is a named context. Raises: `DockerignoreError`."""
    node = tree.node(IGNORE_FILE)
    if node is None or node.kind != "file":
        return tree
    ignore = Ignore.parse(tree.read(IGNORE_FILE))
    listed = list(tree.walk())
    paths = [path for path, _ in listed]
    directories = {path for path, each in listed if each.kind == "dir"}
    marks = ignore.kept(paths, directories)
    kept = frozenset(path for path, keep in zip(paths, marks, strict=True) if keep)
    return tree if len(kept) == len(paths) else IgnoredTree(tree, kept)
