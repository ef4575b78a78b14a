"""Where COPY and ADD put files, and whose they are then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zlib import crc32

from layerscope.cache.builders.rootfs import DIRECTORY, Origin, Placed, flat_name
from layerscope.cache.builders.source_paths import joined
from layerscope.cache.filetree import FileNode
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import TypeVar

    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.cache.filetree import FileTree

    Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Item:
    """One source: a file or directory of a tree, and the name a file goes by."""

    tree: FileTree
    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Placement:
    """How files are written.

    Attributes:
        destination: Absolute path, relative to the root.
        inside: Do files go into a directory of that name?
        owner: (uid, gid) of all that is written; None keeps them.
        mode: Of all that is written; None keeps them.
        clear: Mode bits that are taken off.
    """

    destination: str
    inside: bool
    owner: tuple[int, int] | None = (0, 0)
    mode: int | None = None
    clear: int = 0

    def node(self, node: FileNode) -> FileNode:
        """A file as it is written."""
        uid, gid = (node.uid, node.gid) if self.owner is None else self.owner
        mode = node.mode & ~self.clear
        if self.mode is not None and node.kind != "symlink":
            mode = self.mode
        return FileNode(
            node.kind,
            mode,
            uid,
            gid,
            node.size,
            node.link,
            node.xattrs,
            node.mtime_ns,
            node.device,
        )

    def target(self, item: Item) -> str:
        """Where a file goes."""
        return joined(self.destination, item.name) if self.inside else self.destination


def place(files: Rootfs, item: Item, placement: Placement) -> Rootfs:
    """The files of an image after one source was copied into it.

    Raises: `DockerfileError` if a file is where a directory must be.
    """
    node = item.tree.node(item.path) or DIRECTORY
    there = files.placed.get(placement.destination)
    if there is not None and there.node.kind == "file" and (node.kind == "dir" or placement.inside):
        problem = f"destination {shown('/' + placement.destination)} is not a directory"
        raise DockerfileError(problem)
    if node.kind != "dir":
        target = placement.target(item)
        return files.with_files({target: Placed(placement.node(node), item.tree, item.path)})
    written = {}
    start = len(item.path) + 1 if item.path else 0
    prefix = f"{placement.destination}/" if placement.destination else ""
    for path, below in item.tree.walk(item.path):
        written[prefix + path[start:]] = Placed(placement.node(below), item.tree, path)
    return files.with_directory(placement.destination).with_files(written)


def place_unknown(files: Rootfs, destination: str, what: Hashable, build: int) -> Rootfs:
    """The files of an image after something unknown, equal by `what`, was copied into it."""
    origin = replace(
        files.origin,
        name=flat_name("copied", files.origin.name, what, destination),
        build=max(files.origin.build, build),
        tree=None,
    )
    return files.after_unknown(origin, destination)


def place_command(files: Rootfs, number: int, build: int) -> Rootfs:
    """The files of an image after a command ran, the step that made image `number`."""
    below = files.origin
    return files.after_command(
        Origin(("run", number), build, None, below.users, below.groups, settled=False)
    )


def with_directory_made(files: Rootfs, path: str) -> Rootfs:
    """The files after WORKDIR. Raises: `DockerfileError` if a file is in the way."""
    placed = files.placed.get(path)
    if placed is not None and placed.node.kind == "file":
        problem = f"Cannot mkdir: {shown('/' + path)} is not a directory"
        raise DockerfileError(problem)
    return files.with_directory(path)


def number_of(text: str) -> int | None:
    """A user or group given as a number."""
    return (
        int(text) if text.isascii() and text.isdigit() and len(text) <= len("4294967295") else None
    )


def owner_of(files: Rootfs, user: str, group: str, *, group_of_user: bool) -> tuple[int, int]:
    """The numbers of an owner given as text; names that cannot be known get negative ones.

    Args:
        files: The image whose user database counts.
        user: Name or number.
        group: Name or number; empty takes the user's text, or the user's own group.
        group_of_user: Does an empty group mean the one that the user database has?

    Raises: `DockerfileError` if the user database is known and has no such name.
    """
    users, groups = files.origin.users, files.origin.groups
    uid = number_of(user)
    own_gid = uid
    if uid is None:
        found = _looked_up(users, user, "user", settled=files.origin.settled)
        uid, own_gid = (_unknown(user), _unknown(user)) if found is None else found
    if not group and group_of_user:
        return uid, own_gid or 0
    gid = number_of(group or user)
    if gid is None:
        entry = _looked_up(groups, group or user, "group", settled=files.origin.settled)
        gid = _unknown(group or user) if entry is None else entry
    return uid, gid


def _looked_up(
    known: Mapping[str, Value] | None, name: str, what: str, *, settled: bool
) -> Value | None:
    if known is None or (name not in known and not settled):
        return None
    if name not in known:
        problem = f"no such {what} in the image: {shown(name)}"
        raise DockerfileError(problem)
    return known[name]


def _unknown(name: str) -> int:
    return -1 - crc32(name.encode("utf-8", "surrogateescape"))
