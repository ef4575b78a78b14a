"""Which names of a tree stand for one and the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from layerscope.cache.filetree import FileTree


@runtime_checkable
class TellsHardLinks(Protocol):
    """A tree of files that knows about hard links."""

    def first_name(self, path: str) -> str:
        """The first path, in the order of a walk, that names the same file; `path` if it is it."""


def first_name(tree: FileTree, path: str) -> str:
    """The first path in the tree that names the same file; `path` itself where nobody can tell."""
    return tree.first_name(path) if isinstance(tree, TellsHardLinks) else path
