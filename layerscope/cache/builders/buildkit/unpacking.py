"""What `ADD` leaves of a local archive.

Source: `go-archive` (`Unpack`): members in their order, each with the owner and mode that it has in
the archive, unless the step names an owner; a directory that is there gets the attributes of the
member, and anything else makes way for it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.archive import members
from layerscope.cache.builders.buildkit import gopath
from layerscope.errors import CorruptArchiveError, OverLimitError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from layerscope.cache.builders.archive import Member
    from layerscope.cache.builders.buildkit.placed import PlacedTree
    from layerscope.cache.filetree import FileNode, FileTree

MOST_PLACED = 50_000
HARD_LINK = b"1"
XATTR = "SCHILY.xattr."


class MemberFiles:
    """The regular files of an archive by name: a `FileTree` without directories.

    Its digests are comparable between archives only.
    """

    def __init__(self) -> None:
        self.found: dict[str, tuple[FileNode, bytes]] = {}

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path."""
        known = self.found.get(path)
        return None if known is None else known[0]

    def children(self, path: str) -> Sequence[str]:
        """Nothing: there are no directories."""
        del path
        return ()

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """Nothing: there are no directories."""
        del path
        yield from ()

    def digest(self, path: str) -> bytes:
        """Digest of the file's bytes."""
        return self.found[path][1]

    def read(self, path: str) -> bytes:
        """Not possible: the bytes are not kept."""
        raise CorruptArchiveError(path)


def unpack(
    target: PlacedTree, at: str, tree: FileTree, place: str, ids: tuple[int, int] | None
) -> Hashable:
    """Put the members of the archive at `place` of `tree` below `at`.

    Returns: An identity of all that cannot be placed; None where everything is.
    """
    found: list[Member] = []
    try:
        for member in members(tree.read(place)):
            found.append(member)
            if len(found) > MOST_PLACED:
                return ("archive", tree.digest(place), ids)
    except (CorruptArchiveError, OverLimitError):
        return ("archive", tree.digest(place), ids)
    files = MemberFiles()
    for member in found:
        _put(target, at, files, member, ids)
    return None


def _put(
    target: PlacedTree, at: str, files: MemberFiles, member: Member, ids: tuple[int, int] | None
) -> None:
    name = gopath.inside(member.name)
    path = f"{at}/{name}" if at and name else at or name
    node = _as_unpacked(member.node, ids)
    content = member.content
    if member.rest[:1] == (HARD_LINK,):
        linked = files.found.get(gopath.inside(member.node.link))
        if linked is None:
            return
        node, content = linked
    there = target.node(path)
    if there is not None and there.kind == "dir":
        if not name:
            return
        if node.kind != "dir":
            target.clear(path)
    if node.kind == "file":
        files.found[name] = (node, content)
        target.put(path, node, (files, name))
    else:
        target.put(path, node)


def _as_unpacked(node: FileNode, ids: tuple[int, int] | None) -> FileNode:
    uid, gid = ids or (node.uid, node.gid)
    xattrs = tuple((name.removeprefix(XATTR), value) for name, value in node.xattrs)
    link = node.link if node.kind == "symlink" else ""
    mode = 0o777 if node.kind == "symlink" else node.mode
    device = node.device if node.kind in {"char", "block"} else (0, 0)
    return replace(
        node, uid=uid, gid=gid, xattrs=xattrs, link=link, mode=mode, mtime_ns=0, device=device
    )
