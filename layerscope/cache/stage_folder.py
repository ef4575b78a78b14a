"""The directories of a stage: values that share what did not change.

A directory has names of its own and, below these, whole directories of other trees that were
copied onto it (grafts), the latest on top. A file of a graft becomes a value when it is asked for.

Time is counted in `RUN` steps: what was placed before the last one may have been changed by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope.cache.known import DIRECTORY, Known, Placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.filetree import FileNode, FileTree

_TOP = "bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var"
_IN_USR = "bin include lib lib64 local sbin share src"
_IN_LOCAL = "bin etc lib sbin share"
_IN_VAR = "cache lib log run spool tmp www"
ALWAYS_THERE = frozenset(
    f"{above}{name}"
    for above, names in (
        ("", _TOP),
        ("usr/", _IN_USR),
        ("usr/local/", _IN_LOCAL),
        ("var/", _IN_VAR),
    )
    for name in names.split()
)
"""Directories that nearly every base has (Filesystem Hierarchy Standard 3.0)."""


@dataclass(frozen=True, slots=True)
class Graft:
    """The directory `path` of `tree`, hung in when `run` `RUN` steps had run; `base`: of a base."""

    tree: FileTree
    path: str
    run: int
    base: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """What was placed at a path and is no directory, when `run` `RUN` steps had run."""

    place: Placed
    run: int
    base: bool = False


@dataclass(slots=True)
class Folder:
    """A directory. Only the `Edit` that made it may change it.

    Attributes:
        node: Its attributes; None where they are not known.
        names: What lies in it, on top of the grafts.
        grafts: The latest first.
        complete: After how many `RUN` steps it was known that nothing else is in it; -1: never.
        known: How well that was known.
        edit: Who may change it.
    """

    node: FileNode | None
    complete: int
    known: Known = Known.KNOWN
    names: dict[str, Folder | Leaf] = field(default_factory=dict)
    grafts: tuple[Graft, ...] = ()
    edit: Edit | None = None

    def with_graft(self, tree: FileTree, path: str, run: int, *, base: bool = False) -> Folder:
        """The same directory with another one laid over its other grafts."""
        graft = Graft(tree, path, run, base)
        # The same directory once more hides its older self completely.
        older = [one for one in self.grafts if one.tree is not tree or one.path != path]
        return replace(self, names=dict(self.names), grafts=(graft, *older))


@dataclass(frozen=True, slots=True)
class Level:
    """A root and how many `RUN` steps had run when it looked so."""

    root: Folder
    runs: int

    def after_run(self) -> Level:
        """The same files after one more `RUN`."""
        return Level(self.root, self.runs + 1)

    def known_whole(self, folder: Folder) -> Known:
        """How well it is known that a directory holds nothing but what it shows."""
        return folder.known if folder.complete == self.runs else Known.UNKNOWN

    def known_leaf(self, leaf: Leaf) -> Known:
        """How well a file is known, whatever its source says."""
        if leaf.run == self.runs:
            return Known.KNOWN
        return Known.UNKNOWN if leaf.base else Known.PRESUMED


def below(path: str, name: str) -> str:
    """The path of `name` in the directory `path`."""
    return f"{path}/{name}" if path else name


def child_of(folder: Folder, name: str) -> Folder | Leaf | None:
    """What is called `name` in this directory."""
    own = folder.names.get(name)
    if own is not None:
        return own
    merged: list[Graft] = []
    top: FileNode | None = None
    for graft in folder.grafts:
        path = below(graft.path, name)
        node = graft.tree.node(path)
        if node is None:
            continue
        if node.kind != "dir":
            if top is None:
                return Leaf(Placed(node, graft.tree, path), graft.run, base=graft.base)
            break
        top = top or node
        merged.append(Graft(graft.tree, path, graft.run, graft.base))
    if top is None:
        return None
    return Folder(top, folder.complete, folder.known, grafts=tuple(merged))


def names_of(folder: Folder) -> Sequence[str]:
    """Names in this directory, sorted by their bytes."""
    if not folder.names and len(folder.grafts) == 1:
        return folder.grafts[0].tree.children(folder.grafts[0].path)
    names = set(folder.names)
    for graft in folder.grafts:
        names.update(graft.tree.children(graft.path))
    return tuple(sorted(names, key=_as_bytes))


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


class Edit:
    """Changes of one step on a level; directories are copied when they are first changed."""

    def __init__(self, level: Level, parent: FileNode = DIRECTORY) -> None:
        """`parent`: how missing parent directories are made."""
        self._runs = level.runs
        self._parent = parent
        self._root = self._own(level.root)

    def level(self) -> Level:
        """The files with the changes so far; no more can be made."""
        return Level(self._root, self._runs)

    def _own(self, folder: Folder) -> Folder:
        if folder.edit is self:
            return folder
        return replace(folder, names=dict(folder.names), edit=self)

    def _fresh(self, parent: Folder, node: FileNode | None, *, presume: bool) -> Folder:
        """A directory that was not there, as far as is known."""
        if parent.complete == self._runs:
            return Folder(node, self._runs, parent.known, edit=self)
        if presume and self._runs == 0:
            # Nothing is known of the base. That it has this very directory is not likely.
            return Folder(node, 0, Known.PRESUMED, edit=self)
        return Folder(node, -1, edit=self)

    def put(self, path: str, place: Placed) -> None:
        """Place one thing."""
        *parents, last = path.split("/")
        folder = self._root
        for name in parents:
            folder = self._enter(folder, name, self._parent, presume=False)
        if not place.is_dir:
            folder.names[last] = Leaf(place, self._runs)
            return
        if path:
            node = place.node or self._parent
            folder = self._enter(folder, last, node, presume=path not in ALWAYS_THERE)
        if place.node is not None:
            folder.node = place.node
        if place.whole and place.tree is not None:
            self._graft(folder, place.tree, place.path)

    def _enter(self, folder: Folder, name: str, node: FileNode | None, *, presume: bool) -> Folder:
        """The directory `name`, made if it is not there, ready to be changed."""
        there = child_of(folder, name)
        if isinstance(there, Folder):
            owned = self._own(there)
        else:
            owned = self._fresh(folder, node, presume=presume)
        folder.names[name] = owned
        return owned

    def _graft(self, folder: Folder, tree: FileTree, path: str) -> None:
        """Lay a whole directory over an owned one."""
        waiting = [(folder, path)]
        while waiting:
            here, place = waiting.pop()
            for name, own in list(here.names.items()):
                node = tree.node(below(place, name))
                if node is None:
                    continue
                if node.kind == "dir" and isinstance(own, Folder):
                    owned = self._own(own)
                    owned.node = node
                    here.names[name] = owned
                    waiting.append((owned, below(place, name)))
                else:
                    del here.names[name]
            here.grafts = here.with_graft(tree, place, self._runs).grafts
