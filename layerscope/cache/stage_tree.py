"""What a stage's files are, as far as that can be told without running anything.

A tree is never changed: each step gives a new one that shares everything with the one before, and
is worked out only when somebody asks about files. A directory that is copied is not gone through:
it is hung in as it lies in its source.

What a `RUN` leaves is not known. Section 11 of the semantics: what an earlier `COPY` placed is
presumed to stay, one file at a time; a directory may have got more files, so it is unknown, and so
is all that no `COPY` placed. Files of a known base are known until the first `RUN`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.filetree import FileNode
from layerscope.cache.known import DIRECTORY, Known, Placed, depth_of, known_in
from layerscope.cache.stage_folder import Edit, Folder, Leaf, Level, child_of, names_of
from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from layerscope.cache.filetree import FileTree

MOST_NESTED = 40
"""Stages that copy from stages that copy from stages …: beyond, nothing is known."""


class StageTree:
    """The files of a stage at one point; a `FileTree` that also says what is known.

    As a `FileTree` it answers with all it has: files that a `RUN` may have changed too. Ask `known`
    before believing it, or `settled` for the part that can be believed.

    Attributes:
        depth: How deep copies from stages are nested in it.

    >>> tree = StageTree.scratch().made("/app")
    >>> tree.children(""), str(tree.known("app")), str(tree.ran().known("app"))
    (('app',), 'known', 'unknown')
    """

    __slots__ = ("_level", "_memo", "_pending", "depth")

    def __init__(
        self,
        level: Level | None,
        pending: tuple[StageTree, Callable[[StageTree], StageTree]] | None = None,
        depth: int = 0,
    ) -> None:
        """Use `scratch` or `of`, and derive from these."""
        self._level = level
        self._pending = pending
        self._memo: dict[str, Known] = {}
        self.depth = depth

    @classmethod
    def scratch(cls) -> StageTree:
        """No files at all."""
        return cls(Level(Folder(DIRECTORY, complete=0), runs=0))

    @classmethod
    def of(cls, files: FileTree | None) -> StageTree:
        """The files of a base; None is a base of which no file is known."""
        if files is None:
            return cls(Level(Folder(None, complete=-1), runs=0))
        root = Folder(files.node(""), complete=0).with_graft(files, "", 0, base=True)
        return cls(Level(root, runs=0), depth=depth_of(files))

    def later(
        self, step: Callable[[StageTree], StageTree], sources: Sequence[FileTree] = ()
    ) -> StageTree:
        """The tree after `step`, which is called with this one when somebody asks about files.

        Args:
            step: Gives the tree afterwards, derived from the one it is given.
            sources: The trees it takes files from.
        """
        depth = max([self.depth, *(1 + depth_of(source) for source in sources)])
        if depth > MOST_NESTED:
            return StageTree.of(None)
        return StageTree(None, (self, step), depth)

    def placed(self, entries: Mapping[str, Placed], *, parent: FileNode = DIRECTORY) -> StageTree:
        """The tree after these were put there, in this order.

        Args:
            entries: By path without a leading `/`. A directory is merged with one that is there; a
                file replaces what is there. Links in the path are not followed: see `resolved`.
            parent: How missing parent directories are made.
        """
        sources = [place.tree for place in entries.values() if place.tree is not None]

        def step(tree: StageTree) -> StageTree:
            edit = Edit(tree.level, parent)
            for path, place in entries.items():
                edit.put(path, place)
            return StageTree(edit.level(), depth=tree.depth)

        return self.later(step, sources)

    def made(self, path: str, uid: int = 0, gid: int = 0, mode: int = 0o755) -> StageTree:
        """The tree after `WORKDIR`: the directory, and the parents it needs, as one owner's.

        A directory that is there stays as it is. Links in the path are followed.
        """
        made = FileNode("dir", mode, uid, gid)

        def step(tree: StageTree) -> StageTree:
            place = tree.resolved(path)
            entry = Placed(None if tree.is_dir(place) else made)
            return tree.placed({place: entry}, parent=made)

        return self.later(step)

    def ran(self) -> StageTree:
        """The tree after a `RUN`, or anything else that may have changed any file."""
        return self.later(lambda tree: StageTree(tree.level.after_run(), depth=tree.depth))

    @property
    def level(self) -> Level:
        """What this tree stands on: worked out when first asked for."""
        waiting: list[StageTree] = []
        tree = self
        while (pending := tree.pending) is not None:
            waiting.append(tree)
            tree = pending[0]
        for later in reversed(waiting):
            tree = later.work_out(tree)
        return tree.worked_out

    @property
    def pending(self) -> tuple[StageTree, Callable[[StageTree], StageTree]] | None:
        """The tree and the step that this one comes from; None once it is worked out."""
        return self._pending

    @property
    def worked_out(self) -> Level:
        """The level of a tree that is not pending."""
        if self._level is None:
            raise AssertionError("a tree was asked before it was worked out")
        return self._level

    def work_out(self, base: StageTree) -> StageTree:
        """This very tree, no longer pending; `base` is the one it comes from, worked out."""
        if self._pending is not None:
            self._level = self._pending[1](base).level
            self._pending = None
        return self

    def _find(self, path: str) -> tuple[Folder | Leaf | None, Folder]:
        """What is at the path, and the last directory on the way to it."""
        folder = self.level.root
        found: Folder | Leaf | None = folder
        for name in path.split("/") if path else ():
            if not isinstance(found, Folder):
                # Below a file there is nothing, and below an unknown thing nothing is known.
                unknown = found is None or found.place.node is None
                return None, Folder(None, complete=-1 if unknown else self.level.runs)
            folder = found
            found = child_of(folder, name)
            if found is None:
                return None, folder
        return found, folder

    def node(self, path: str) -> FileNode | None:
        """The file at exactly this path; a directory of unknown attributes has the usual ones."""
        found, _ = self._find(path)
        if isinstance(found, Folder):
            return found.node or DIRECTORY
        return found.place.node if found is not None else None

    def is_dir(self, path: str) -> bool:
        """Is there certainly a directory at this path?"""
        node = self.node(path)
        return node is not None and node.kind == "dir"

    def children(self, path: str) -> Sequence[str]:
        """Names in this directory, sorted by their bytes."""
        found, _ = self._find(path)
        return names_of(found) if isinstance(found, Folder) else ()

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        """All files below `path`, parents first."""
        for place, found in self._walk(path):
            if place != path:
                node = found.node or DIRECTORY if isinstance(found, Folder) else found.place.node
                if node is not None:
                    yield place, node

    def _walk(self, path: str) -> Iterator[tuple[str, Folder | Leaf]]:
        start, _ = self._find(path)
        waiting = [(path, start)] if start is not None else []
        while waiting:
            here, found = waiting.pop()
            yield here, found
            if isinstance(found, Folder):
                prefix = f"{here}/" if here else ""
                for name in reversed(names_of(found)):
                    child = child_of(found, name)
                    if child is not None:
                        waiting.append((prefix + name, child))

    def settled(self, path: str) -> Iterator[tuple[str, FileNode]]:
        """The files at and below `path` of which `known` does not say `unknown`; no directories.

        Of a directory that is not known as a whole this is the part that can be believed: where it
        differs between two builds, the directory differs, whatever else is in it.
        """
        for place, found in self._walk(path):
            if not isinstance(found, Leaf) or self._leaf_known(found) is Known.UNKNOWN:
                continue
            if found.place.node is not None:
                yield place, found.place.node

    def origin(self, path: str) -> Placed | None:
        """What was placed at this path, where it comes from, and how well it is known."""
        found, _ = self._find(path)
        if found is None:
            return None
        if isinstance(found, Folder):
            return Placed(found.node or DIRECTORY, self, path, known=self.known(path), whole=True)
        place = found.place
        return Placed(place.node, place.tree, place.path, known=self._leaf_known(found))

    def digest(self, path: str) -> bytes:
        """Digest of the content of the regular file at `path`."""
        tree, place = self._source(path)
        return tree.digest(place)

    def read(self, path: str) -> bytes:
        """The content of the regular file at `path`."""
        tree, place = self._source(path)
        return tree.read(place)

    def _source(self, path: str) -> tuple[FileTree, str]:
        found, _ = self._find(path)
        if isinstance(found, Leaf) and found.place.tree is not None:
            return found.place.tree, found.place.path
        problem = f"no regular file of known content at {shown(path)} in this stage"
        raise UnreadableInputError(problem)

    def known(self, path: str) -> Known:
        """How well the content at `path`, and all below it, is known.

        A path at which certainly nothing lies is `known`. No link is followed: see `resolved`.
        """
        if path not in self._memo:
            found, folder = self._find(path)
            if found is None:
                self._memo[path] = self.level.known_whole(folder)
            else:
                self._memo[path] = self._all_known(found)
        return self._memo[path]

    def _all_known(self, start: Folder | Leaf) -> Known:
        worst = Known.KNOWN
        waiting = [start]
        while waiting and worst is not Known.UNKNOWN:
            found = waiting.pop()
            if isinstance(found, Leaf):
                worst = min(worst, self._leaf_known(found), key=Known.rank)
                continue
            worst = min(worst, self.level.known_whole(found), key=Known.rank)
            for graft in found.grafts:
                worst = min(worst, known_in(graft.tree, graft.path), key=Known.rank)
            waiting.extend(found.names.values())
        return worst

    def _leaf_known(self, leaf: Leaf) -> Known:
        place = leaf.place
        if place.node is None:
            return Known.UNKNOWN
        inside = known_in(place.tree, place.path) if place.tree is not None else Known.KNOWN
        return min(inside, place.known, self.level.known_leaf(leaf), key=Known.rank)

    def resolved(self, path: str, *, last: bool = True) -> str:
        """The path with links followed inside the tree, as far as they are known.

        Args:
            path: With or without a leading `/`; `.` and `..` are taken out.
            last: Is the last component followed too?
        """
        return resolved(self, path, last=last)


MOST_LINKS = 255


def resolved(tree: FileTree, path: str, *, last: bool = True) -> str:
    """The path with links followed inside the tree; what is missing is kept as written.

    Source: continuity, `fs.RootPath`, which stops after 255 links. Raises: `UnreadableInputError`
    where there are more.
    """
    waiting = [part for part in reversed(path.split("/")) if part not in {"", "."}]
    done: list[str] = []
    links = 0
    while waiting:
        part = waiting.pop()
        if part == "..":
            if done:
                done.pop()
            continue
        if part in {"", "."}:
            continue
        here = "/".join([*done, part])
        node = tree.node(here) if last or waiting else None
        if node is None or node.kind != "symlink":
            done.append(part)
            continue
        links += 1
        if links > MOST_LINKS:
            raise UnreadableInputError(f"more than {MOST_LINKS} links at {shown(path)}")
        if node.link.startswith("/"):
            done.clear()
        waiting.extend(reversed(node.link.split("/")))
    return "/".join(done)
