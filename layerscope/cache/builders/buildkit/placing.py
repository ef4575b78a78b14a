"""Where the files of a `COPY` or `ADD` end up.

Source: BuildKit, `solver/llbsolver/file/backend.go` (`docopy`) and the copy package of fsutil: a
directory's content is put into the destination, a file into it if it is a directory or ends in a
slash, else it becomes it. Links in the destination are followed. Directories that have to be made,
the destination too, have the mode and owner that the step names, else 0755 and root; the
destination keeps its own if it is there, while directories below it get those of the source.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, modes, selecting
from layerscope.cache.builders.buildkit.contents import Checksums
from layerscope.cache.builders.buildkit.placed import AlteredTree
from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.cache.builders.buildkit.placed import PlacedTree
    from layerscope.cache.definition import CopyFiles

DIRECTORY_MODE = 0o755


class ConflictError(Exception):
    """Files cannot be put where something of another kind is; `problem` says where, in one line."""

    def __init__(self, problem: str) -> None:
        """`problem` is for people."""
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Unpacked:
    """An archive that a step unpacks: where to, and where it lies in its own tree."""

    path: str
    place: str


class Placing:
    """The files of one `COPY` or `ADD` on their way into a tree.

    Args:
        target: The tree; it is changed.
        source: What they are taken from.
        action: The step.
        ids: The numbers of the owner that the step names; None if it names none.
        is_archive: Is the file at a path of the source unpacked by `ADD`?
    """

    def __init__(
        self,
        target: PlacedTree,
        source: Checksums,
        action: CopyFiles,
        ids: tuple[int, int] | None,
        is_archive: Callable[[str], bool],
    ) -> None:
        self._target = target
        self._source = source
        self._action = action
        self._ids = ids
        self._is_archive = is_archive
        mode = action.mode & 0o777 if isinstance(action.mode, int) else DIRECTORY_MODE
        self._made = FileNode("dir", mode, *(ids or (0, 0)))
        self._destination = gopath.inside(action.destination)
        self._into = action.destination.endswith(("/", "/."))

    def place(self) -> list[Unpacked]:
        """Put all that is selected into the tree. Raises: `ConflictError`.

        Returns: The archives among it that are unpacked instead; their members are not placed.
        """
        selector = self._action.selector
        unpacked: list[Unpacked] = []
        paths = (
            selecting.matches(self._source.tree, *self._start())
            if selector.wildcard
            else [gopath.inside(selector.path)]
        )
        for path in paths:
            place = self._source.resolve(f"/{path}", follow=selector.follow)
            node = None if place is None else self._source.tree.node(place)
            if place is None or node is None:
                continue
            if node.kind == "file" and self._action.unpack and self._is_archive(place):
                at = resolved_in(self._target, self._destination)
                make_directories(self._target, at, replace(self._made, mode=DIRECTORY_MODE))
                unpacked.append(Unpacked(at, place))
                continue
            self._one(gopath.base(path), place, node)
        return unpacked

    def _start(self) -> tuple[str, str, int]:
        """The pattern, and where its part without wildcards leads to."""
        selector = self._action.selector
        prefix = selecting.literal_prefix(selector)
        start = self._source.resolve(prefix or "/", follow=True)
        skip = len(gopath.inside(prefix).split("/")) if prefix else 0
        return selector.path, start or "", skip

    def _one(self, name: str, place: str, node: FileNode) -> None:
        target, selector = self._target, self._action.selector
        parent = self._destination if self._into else self._destination.rpartition("/")[0]
        make_directories(target, resolved_in(target, parent), self._made)
        at = resolved_in(target, self._destination)
        there = target.node(at)
        if node.kind != "dir":
            if there is not None and there.kind == "dir":
                at = f"{at}/{name}" if at else name
            make_directories(target, at.rpartition("/")[0], self._made)
            self._file(at, place, node)
            return
        make_directories(target, at, self._made)
        if selector.includes or selector.excludes:
            self._patterns(at, place)
        else:
            target.hang(at, AlteredTree(self._source.tree, self._changed), place)

    def _file(self, at: str, place: str, node: FileNode) -> None:
        there = self._target.node(at)
        if there is not None and there.kind == "dir":
            problem = f"/{at} is a directory; a file cannot take its place"
            raise ConflictError(problem)
        self._target.put(at, self._changed(node), (self._source.tree, place))

    def _patterns(self, at: str, place: str) -> None:
        """What patterns leave of a directory."""
        prefix = f"{at}/" if at else ""
        for each in selecting.below(self._source.tree, self._action.selector, "", place):
            if not each.path:
                continue
            path = prefix + each.path.removeprefix("/")
            if each.node.kind != "dir":
                self._file(path, each.place, each.node)
                continue
            there = self._target.node(path)
            if there is not None and there.kind != "dir":
                problem = f"/{path} is no directory; a directory cannot take its place"
                raise ConflictError(problem)
            if there is None or each.taken:
                self._target.put(path, self._changed(each.node))
            else:
                self._target.put(path, replace(there, mode=each.node.mode))

    def _changed(self, node: FileNode) -> FileNode:
        """A file as it is after the copy."""
        node = self._source.compared(node)
        if self._ids is not None:
            node = replace(node, uid=self._ids[0], gid=self._ids[1])
        mode = self._action.mode
        if mode is None or node.kind == "symlink":
            return node
        if isinstance(mode, str):
            mode = modes.applied(mode, node.mode, is_dir=node.kind == "dir")
        return replace(node, mode=mode)


def resolved_in(tree: PlacedTree, path: str) -> str:
    """The path with its links followed inside the tree. Raises: `ConflictError`."""
    place = Checksums(tree, owners=False).resolve(path, follow=True)
    if place is None:
        problem = f"/{path}: its links go round in circles"
        raise ConflictError(problem)
    return place


def make_directories(tree: PlacedTree, path: str, made: FileNode) -> None:
    """Make the directory `path`, whose links are followed, and the parents it needs.

    Raises: `ConflictError`.
    """
    if not path:
        return
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        here = "/".join(parts[:count])
        node = tree.node(here)
        if node is None:
            tree.put(here, made)
        elif node.kind != "dir":
            problem = f"/{here} is no directory"
            raise ConflictError(problem)
