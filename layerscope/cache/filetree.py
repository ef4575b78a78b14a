"""A tree of files with what builders look at: the build context, an image, a stage.

Paths are relative to the root, separated by `/`, without `.` or `..`; the root itself is `""`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FileKind = Literal["file", "dir", "symlink", "fifo", "char", "block", "socket"]


@dataclass(frozen=True, slots=True)
class FileNode:
    """One file as it lies there; its bytes are asked of the tree.

    Attributes:
        kind: What it is.
        mode: Permission, set-id and sticky bits.
        uid: Owner's number.
        gid: Group's number.
        size: Bytes of a regular file; 0 for all else.
        link: Target text of a symlink.
        xattrs: Extended attributes, sorted by name.
        mtime_ns: Time of the last change.
        device: Major and minor number of a device.
    """

    kind: FileKind
    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    size: int = 0
    link: str = ""
    xattrs: tuple[tuple[str, bytes], ...] = ()
    mtime_ns: int = 0
    device: tuple[int, int] = (0, 0)


class FileTree(Protocol):
    """What every tree of files can be asked; implementations read as little as they can."""

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path; no symlink is followed. The root is always a directory."""

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes; empty for anything else."""

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, itself not included, parents first, sorted by path components."""

    def digest(self, path: str) -> bytes:
        """Digest of the content of the regular file at `path`: equal digests, equal bytes.

        Comparable between all trees of one run. Raises: `UnreadableInputError`.
        """

    def read(self, path: str) -> bytes:
        """The content of the regular file at `path`. Raises: `UnreadableInputError`."""


@runtime_checkable
class KeepsValues(Protocol):
    """A tree that keeps, between runs, what others derived from its directories."""

    def kept(self, path: str, whose: str) -> bytes | None:
        """The value that was kept for this directory, if nothing at or below it changed since.

        Everything counts as a change: names, kinds, permissions, owners, extended attributes, link
        targets, contents and times, of the directory itself too unless it is the root.
        """

    def keep(self, path: str, whose: str, value: bytes) -> None:
        """Keep a value that follows from all at and below this directory, and from nothing else.

        Args:
            path: The directory.
            whose: Names the rule by which it follows; another rule needs another name.
            value: Not empty.
        """


@runtime_checkable
class ListsMembers(Protocol):
    """A tree that gives all in a directory at once, which costs less than asking for each."""

    def members(self, path: str) -> Iterator[tuple[str, FileNode, bytes]]:
        """Name, file, and digest of the content (empty unless it is a regular file), by name."""


def members(tree: FileTree, path: str) -> Iterator[tuple[str, FileNode, bytes]]:
    """Name, file and digest of all in a directory of any tree; see `ListsMembers.members`."""
    if isinstance(tree, ListsMembers):
        yield from tree.members(path)
        return
    prefix = f"{path}/" if path else ""
    for name in tree.children(path):
        node = tree.node(prefix + name)
        if node is not None:
            yield name, node, tree.digest(prefix + name) if node.kind == "file" else b""


def walked(tree: FileTree, path: str) -> Iterator[tuple[str, FileNode]]:
    """All files below `path`, parents first, by asking for one after the other."""
    waiting = [path]
    while waiting:
        here = waiting.pop()
        node = tree.node(here)
        if here != path and node is not None:
            yield here, node
        prefix = f"{here}/" if here else ""
        waiting.extend(prefix + name for name in reversed(tree.children(here)))
