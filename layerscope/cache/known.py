"""How well a file of a stage is known, and what a step places there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from layerscope.cache.filetree import FileTree

DIRECTORY = FileNode("dir", 0o755)


class Known(StrEnum):
    """`presumed`: as an earlier step placed it, and a `RUN` since then rarely touches it."""

    KNOWN = "known"
    PRESUMED = "presumed"
    UNKNOWN = "unknown"

    def rank(self) -> int:
        """0 for `unknown`, 2 for `known`: the smaller of two is what both together are."""
        return _RANKS[self]


_RANKS = {Known.UNKNOWN: 0, Known.PRESUMED: 1, Known.KNOWN: 2}


@dataclass(frozen=True, slots=True)
class Placed:
    """One file or directory that a step places.

    Attributes:
        node: How it lies there afterwards. None: for a directory (`directory`, or `whole`) that is
            there it stays as it is, else it is made as parents are; for all else nothing is known.
        tree: Where its bytes, or the files below it, come from.
        path: Its path there.
        known: How well it is known.
        whole: A directory with all that lies below it there.
    """

    node: FileNode | None
    tree: FileTree | None = None
    path: str = ""
    known: Known = Known.KNOWN
    whole: bool = False

    @property
    def is_dir(self) -> bool:
        """Does it place a directory?"""
        if self.node is not None:
            return self.node.kind == "dir"
        return self.whole or self.known is not Known.UNKNOWN

    @classmethod
    def unknown(cls) -> Placed:
        """Something of which nothing is known."""
        return cls(None, known=Known.UNKNOWN)


@runtime_checkable
class PartlyKnown(Protocol):
    """A tree of files that says how well its files are known."""

    depth: int

    def known(self, path: str) -> Known:
        """How well the content at `path`, and all below it, is known."""


def known_in(tree: FileTree, path: str) -> Known:
    """How well `path`, and all below it, is known in any tree of files."""
    return tree.known(path) if isinstance(tree, PartlyKnown) else Known.KNOWN


def depth_of(tree: FileTree) -> int:
    """How deep copies from stages are nested in any tree of files."""
    return tree.depth if isinstance(tree, PartlyKnown) else 0
