"""What differs between two contexts that should be the same, and the usual culprits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.file_changes import changes
from layerscope.cache.filetree import FileNode
from layerscope.errors import UnreadableInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.file_changes import FileChange
    from layerscope.cache.filetree import FileTree

GROUP_AND_OTHERS = 0o077
MOST_COMPARED_BYTES = 16 << 20
NO_CONTENT = b""


@dataclass(frozen=True, slots=True)
class Culprit:
    """A habit of machines that explains several differences at once.

    Attributes:
        code: `umask`, `executable-bit`, `line-ends`, `file-set`.
        text: What it is and what to do, in one line.
        paths: The files it explains, sorted.
    """

    code: str
    text: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContextDifferences:
    """All differences, sorted by path, and what explains many of them."""

    changes: tuple[FileChange, ...]
    culprits: tuple[Culprit, ...]


def context_differences(before: FileTree, after: FileTree) -> ContextDifferences:
    """What differs between two trees in what builders look at: all but times and owners.

    Owners of a local context reach no builder as they are (they arrive as 0:0), so they are left
    out. Contents are compared by their checksums.
    """
    old, new = _entries(before), _entries(after)
    found = changes(old, new)
    return ContextDifferences(tuple(found), tuple(_culprits(found, before, after)))


def _entries(tree: FileTree) -> dict[str, tuple[FileNode, bytes]]:
    return {
        path: (
            FileNode(
                node.kind,
                node.mode,
                size=node.size,
                link=node.link,
                xattrs=node.xattrs,
                device=node.device,
            ),
            tree.digest(path) if node.kind == "file" else NO_CONTENT,
        )
        for path, node in tree.walk()
    }


def _culprits(found: Sequence[FileChange], before: FileTree, after: FileTree) -> list[Culprit]:
    culprits: list[Culprit] = []
    umask: list[str] = []
    executable: list[str] = []
    ends: list[str] = []
    for change in found:
        old, new = before.node(change.path), after.node(change.path)
        if old is None or new is None:
            continue
        if change.code == "mode-changed":
            _sort_mode(old.mode ^ new.mode, change.path, umask, executable)
        elif change.code == "content-changed" and _only_line_ends(change.path, before, after):
            ends.append(change.path)
    if umask:
        sample = umask[0]
        old, new = before.node(sample), after.node(sample)
        modes = f"{old.mode:04o} and {new.mode:04o}" if old and new else ""
        text = f"the umask of the checkouts differs ({modes}): set the same one on both machines"
        culprits.append(Culprit("umask", text, tuple(umask)))
    if executable:
        text = "the executable bit differs: git's core.fileMode, or a file system without modes"
        culprits.append(Culprit("executable-bit", text, tuple(executable)))
    if ends:
        text = "only the line ends differ: git's core.autocrlf or .gitattributes"
        culprits.append(Culprit("line-ends", text, tuple(ends)))
    only = [change.path for change in found if change.code in {"file-added", "file-removed"}]
    if only:
        text = "files are on one side only: another commit, or build results to ignore"
        culprits.append(Culprit("file-set", text, tuple(only)))
    return culprits


def _sort_mode(bits: int, path: str, umask: list[str], executable: list[str]) -> None:
    """Which habit a difference in permission bits looks like.

    A umask takes bits from the group and others, and read and write bits only where the file is
    not executable; all three executable bits at once are another thing.
    """
    if bits & 0o111 == 0o111:
        executable.append(path)
    elif bits and not bits & ~GROUP_AND_OTHERS:
        umask.append(path)


def _only_line_ends(path: str, before: FileTree, after: FileTree) -> bool:
    old, new = before.node(path), after.node(path)
    if old is None or new is None or max(old.size, new.size) > MOST_COMPARED_BYTES:
        return False
    try:
        one, other = before.read(path), after.read(path)
    except UnreadableInputError:
        # A record of a build holds no contents, so nobody can tell.
        return False
    return one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")
