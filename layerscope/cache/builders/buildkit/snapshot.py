"""What is known of the files that a vertex leaves, without running anything.

A snapshot is a chain of changes; it becomes a tree when somebody first asks what is at a path.
Three things can hide what is there: a base image of which only the identity is known, a `RUN`, and
a copy of files that are not known themselves. A `RUN` is presumed to leave alone what earlier
steps placed; all else it may have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath
from layerscope.cache.builders.buildkit.contents import Checksums, MissingPathError
from layerscope.cache.builders.buildkit.placed import PlacedTree
from layerscope.cache.builders.buildkit.placing import copy_into
from layerscope.cache.definition import CopyFiles, MakeDirectory, MakeFile
from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.definition import FileChanges, Owner, Selector
    from layerscope.cache.filetree import FileTree


@dataclass(frozen=True, slots=True)
class Content:
    """What a lookup by content compares.

    Attributes:
        known: The checksum of what is known; None where nothing is.
        hidden: Identities of what else may be there: which run, which base, which path. Equal
            ones are equal files; about others nothing can be said.
    """

    known: bytes | None
    hidden: tuple[Hashable, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """Anything may lie at and below `path`; `run` if a command may have changed it."""

    path: str
    token: Hashable
    run: bool = False

    def touches(self, path: str) -> bool:
        """May what it stands for be at, above or below this path?"""
        return (
            not self.path
            or not path
            or self.path == path
            or path.startswith(f"{self.path}/")
            or self.path.startswith(f"{path}/")
        )


@dataclass(slots=True)
class Files:
    """A tree as far as it is known, and where it is not.

    `users` is the user database of the base image; None where nobody knows.
    """

    tree: PlacedTree
    marks: tuple[Mark, ...] = ()
    users: Mapping[str, tuple[int, int]] | None = None
    groups: Mapping[str, int] | None = None

    def copy(self) -> Files:
        """Files that change on their own."""
        return Files(self.tree.copy(), self.marks, self.users, self.groups)


class Snapshot:
    """The files that one vertex leaves."""

    def __init__(self, rules: Dialect) -> None:
        self._rules = rules

    @cached_property
    def files(self) -> Files:
        """The files, as far as they are known; never changed once somebody has asked."""
        chain: list[Snapshot] = []
        here: Snapshot | None = self
        while here is not None and "files" not in here.__dict__:
            chain.append(here)
            here = here._parent()  # noqa: SLF001 - its own kind
        files = Files(PlacedTree(None)) if here is None else here.files.copy()
        for step in reversed(chain):
            files = step._changed(files)  # noqa: SLF001 - its own kind
        return files

    def _parent(self) -> Snapshot | None:
        return None

    def _changed(self, files: Files) -> Files:
        return files

    @cached_property
    def checksums(self) -> Checksums:
        """The checksums of what is known."""
        return Checksums(self.files.tree, owners=self._rules.owners)

    def content(self, selectors: Sequence[Selector]) -> Content:
        """What a lookup by content compares. Raises: `MissingPathError`."""
        whole_paths = self._rules.solver
        hidden: list[Hashable] = []
        runs = False
        for selector in selectors:
            marks = self._hiding(selector)
            if marks:
                runs = runs or any(mark.run for mark in marks)
                hidden.extend(mark.token for mark in marks)
                hidden.append(selector)
        if not hidden:
            return Content(self.checksums.of(selectors, whole_paths=whole_paths))
        if runs:
            return Content(None, tuple(hidden))
        try:
            known = self.checksums.of(selectors, whole_paths=whole_paths)
        except MissingPathError:
            known = b"nothing placed"
        return Content(known, tuple(hidden))

    def _hiding(self, selector: Selector) -> list[Mark]:
        """The marks that make it unknown what a selector takes."""
        marks = self.files.marks
        if not marks:
            return []
        if selector.plain:
            place = self.checksums.resolve(selector.path, follow=selector.follow)
            if place is None:
                return []
            node = self.files.tree.placed(place)
            if node is not None and node.kind not in {"dir", "symlink"}:
                return []
            return [mark for mark in marks if mark.touches(place)]
        literal = selector.path if not selector.wildcard else _before_wildcards(selector.path)
        return [mark for mark in marks if mark.touches(gopath.inside(literal))]


def _before_wildcards(path: str) -> str:
    literal = []
    for part in path.split("/"):
        if gopath.has_wildcards(part):
            break
        literal.append(part)
    return "/".join(literal)


class TreeSnapshot(Snapshot):
    """Files that can be read: a context, a download.

    `owners` is false where owners arrive as root's: a folder that a client sends.
    """

    def __init__(self, rules: Dialect, tree: FileTree, checksums: Checksums) -> None:
        super().__init__(rules)
        self._tree = tree
        self.__dict__["checksums"] = checksums

    def _changed(self, files: Files) -> Files:
        del files
        return Files(PlacedTree(self._tree), (), {}, {})


class BaseSnapshot(Snapshot):
    """The files of an image: all of them, or only their identity."""

    def __init__(
        self,
        rules: Dialect,
        identity: Hashable,
        tree: FileTree | None,
        users: Mapping[str, tuple[int, int]] | None,
        groups: Mapping[str, int] | None,
    ) -> None:
        super().__init__(rules)
        self._identity = identity
        self._tree = tree
        self._users, self._groups = users, groups

    def _changed(self, files: Files) -> Files:
        del files
        marks = () if self._tree is not None else (Mark("", ("base", self._identity)),)
        return Files(PlacedTree(self._tree), marks, self._users, self._groups)


class UnknownSnapshot(Snapshot):
    """Files of which nothing is known but that equal tokens are equal files."""

    def __init__(self, rules: Dialect, token: Hashable) -> None:
        super().__init__(rules)
        self._token = token

    def _changed(self, files: Files) -> Files:
        del files
        return Files(PlacedTree(None), (Mark("", self._token, run=True),))


class RunSnapshot(Snapshot):
    """What a command leaves; `token` tells one run from another."""

    def __init__(self, rules: Dialect, parent: Snapshot | None, token: Hashable) -> None:
        super().__init__(rules)
        self._below = parent
        self._token = token

    def _parent(self) -> Snapshot | None:
        return self._below

    def _changed(self, files: Files) -> Files:
        # Of what lay there before, the copy of unknown files stays; the base is part of the run.
        marks = tuple(mark for mark in files.marks if mark.path)
        return Files(files.tree.without_below(), (*marks, Mark("", self._token, run=True)))


class ChangedSnapshot(Snapshot):
    """What file operations leave on top of another snapshot, or of nothing."""

    def __init__(
        self,
        rules: Dialect,
        parent: Snapshot | None,
        changes: FileChanges,
        sources: Sequence[Snapshot],
    ) -> None:
        super().__init__(rules)
        self._below = parent
        self._changes = changes
        self._sources = sources

    def _parent(self) -> Snapshot | None:
        return self._below

    def _changed(self, files: Files) -> Files:
        for action in self._changes.actions:
            if isinstance(action, MakeDirectory):
                _make_directory(files, action)
            elif isinstance(action, MakeFile):
                node = FileNode("file", action.mode, size=len(action.data))
                files.tree.write(gopath.inside(action.path), node, action.data)
            else:
                self._copy(files, action)
        return files

    def _copy(self, files: Files, action: CopyFiles) -> None:
        source = self._sources[action.source]
        destination = gopath.inside(action.destination)
        content = source.content([action.selector]) if source.files.marks else None
        if content is not None and content.hidden:
            token = ("copied", content, action.owner, action.mode, action.destination)
            run = content.known is None
            files.marks = (*files.marks, Mark(destination, token, run=run))
            return
        for archive in copy_into(
            files.tree, source.checksums, action, lambda owner: ids_of(owner, files)
        ):
            members = ("unpacked", archive.content, action.owner, action.mode)
            files.marks = (*files.marks, Mark(archive.path, members))


class MergedSnapshot(Snapshot):
    """Trees laid on one another."""

    def __init__(self, rules: Dialect, layers: Sequence[Snapshot]) -> None:
        super().__init__(rules)
        self._layers = layers

    def _parent(self) -> Snapshot | None:
        return self._layers[0]

    def _changed(self, files: Files) -> Files:
        for layer in self._layers[1:]:
            upper = layer.files
            for path, node in upper.tree.walk():
                origin = (upper.tree, path) if node.kind == "file" else None
                files.tree.put(path, node, origin)
            files.marks = (*files.marks, *upper.marks)
        return files


def ids_of(owner: Owner, files: Files) -> tuple[int, int]:
    """The numbers that an owner stands for; a name that is not found is root's."""
    uid = gid = 0
    if isinstance(owner.user, int):
        uid = gid = owner.user
    elif owner.user is not None:
        uid, gid = (files.users or {}).get(owner.user, (0, 0))
    if isinstance(owner.group, int):
        gid = owner.group
    elif owner.group is not None:
        gid = (files.groups or {}).get(owner.group, gid)
    return uid, gid


def _make_directory(files: Files, action: MakeDirectory) -> None:
    path = gopath.inside(action.path)
    ids = (0, 0) if action.owner is None else ids_of(action.owner, files)
    while path and files.tree.node(path) is None:
        files.tree.put(path, FileNode("dir", action.mode, ids[0], ids[1]))
        path = path.rpartition("/")[0] if action.parents else ""
