"""Which names of a tree stand for one and the same file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from layerscope.cache.filetree import FileTree


class TellsHardLinks(Protocol):
    """A tree of files that knows about hard links."""

    def first_name(self, path: str) -> str:
        """The first path, in the order of a walk, that names the same file; `path` if it is it."""


def first_name(tree: FileTree, path: str) -> str:
    """The first path in the tree that names the same file; `path` itself where nobody can tell."""
    # Asked of every file that is copied: `isinstance` with a protocol costs ten times as much.
    if hasattr(tree, "first_name"):
        return cast("TellsHardLinks", tree).first_name(path)
    return path
