"""Where the files of a `COPY` or `ADD` end up.

Source: BuildKit, `solver/llbsolver/file/backend.go` (`docopy`) and the copy package of fsutil: a
directory's content is put into the destination, a file into it if it is a directory or ends in a
slash, else it becomes it; without `--chown` files keep their owner, and directories that have to be
made belong to root.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, selecting
from layerscope.cache.builders.buildkit.placed import AlteredTree

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.cache.builders.buildkit.contents import Checksums
    from layerscope.cache.builders.buildkit.placed import PlacedTree
    from layerscope.cache.definition import CopyFiles, Owner
    from layerscope.cache.filetree import FileNode

MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")
TAR_MAGIC_AT = 257
TAR_MAGIC = b"ustar"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive that a step unpacked: where to, and the identity of what it held."""

    path: str
    content: bytes


def copy_into(
    target: PlacedTree,
    source: Checksums,
    action: CopyFiles,
    owner_ids: Callable[[Owner], tuple[int, int]],
) -> list[Unpacked]:
    """Put all that `action` selects into `target`.

    Returns: The archives among it that are unpacked instead; their members are not placed.
    """
    selector = action.selector
    change = _changer(source, action, owner_ids)
    destination = gopath.inside(action.destination)
    into = action.destination.endswith(("/", "/."))
    unpacked: list[Unpacked] = []
    if not selector.plain and not selector.wildcard:
        _below(target, source, action, change, destination)
        return unpacked
    places = (
        selecting.matches(source.tree, selector.path)
        if selector.wildcard
        else [gopath.inside(selector.path)]
    )
    for path in places:
        place = source.resolve(f"/{path}", follow=selector.follow)
        node = None if place is None else source.tree.node(place)
        if place is None or node is None:
            continue
        altered = AlteredTree(source.tree, change)
        if node.kind == "dir" and action.contents_only:
            target.hang(destination, altered, place)
            continue
        if node.kind == "file" and action.unpack and is_archive(source.tree.read(place)):
            unpacked.append(Unpacked(destination, source.tree.digest(place)))
            continue
        there = target.node(destination)
        name = gopath.base(path)
        at = destination
        if into or (there is not None and there.kind == "dir"):
            at = f"{destination}/{name}" if destination else name
        if node.kind == "dir":
            target.hang(at, altered, place)
        else:
            target.put(at, change(node), (source.tree, place))
    return unpacked


def _below(
    target: PlacedTree,
    source: Checksums,
    action: CopyFiles,
    change: Callable[[FileNode], FileNode],
    destination: str,
) -> None:
    """What patterns leave of a directory, or of a file."""
    selector = action.selector
    prefix = f"{destination}/" if destination else ""
    top = selecting.literal_prefix(selector)
    for each in selecting.selected(source, selector):
        relative = each.path.removeprefix(top).strip("/")
        if not relative and each.node.kind != "dir":
            into = action.destination.endswith(("/", "/."))
            relative = gopath.base(each.path) if into else ""
            target.put(
                (prefix + relative).strip("/"),
                change(each.node),
                (source.tree, each.place),
            )
        elif relative:
            target.put(prefix + relative, change(each.node), (source.tree, each.place))
        elif destination and target.node(destination) is None:
            target.put(destination, change(each.node))


def _changer(
    source: Checksums, action: CopyFiles, owner_ids: Callable[[Owner], tuple[int, int]]
) -> Callable[[FileNode], FileNode]:
    ids = None if action.owner is None else owner_ids(action.owner)
    mode = action.mode if isinstance(action.mode, int) else None

    def change(node: FileNode) -> FileNode:
        node = source.compared(node)
        if ids is not None:
            node = replace(node, uid=ids[0], gid=ids[1])
        if mode is not None and node.kind != "symlink":
            node = replace(node, mode=mode)
        return node

    return change


def is_archive(data: bytes) -> bool:
    """Does `ADD` unpack a file with these bytes?"""
    return data.startswith(MAGIC) or data[TAR_MAGIC_AT:].startswith(TAR_MAGIC)
