"""What file operations and merges leave, on top of other snapshots.

Files are put somewhere only when somebody asks for them; whether they can be put there is asked
only where steps have put single files by name, or several files in one place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from zlib import crc32

from layerscope.cache.builders.archive import is_archive
from layerscope.cache.builders.buildkit import gopath
from layerscope.cache.builders.buildkit.contents import digest
from layerscope.cache.builders.buildkit.placing import (
    ConflictError,
    Placing,
    make_directories,
    resolved_in,
)
from layerscope.cache.builders.buildkit.snapshot import Mark, Snapshot
from layerscope.cache.builders.buildkit.unpacking import unpack
from layerscope.cache.definition import CopyFiles, MakeDirectory, MakeFile
from layerscope.cache.filetree import FileNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.builders.buildkit.snapshot import Files
    from layerscope.cache.definition import FileChanges, Owner

EMPTY_MODE = 0o755


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
        if parent is not None:
            self.named = parent.named

    def parent(self) -> Snapshot | None:
        """What it builds on; None for nothing."""
        return self._below

    def taken_from(self) -> Sequence[Snapshot]:
        """What else its files come from."""
        return [
            self._sources[action.source]
            for action in self._changes.actions
            if isinstance(action, CopyFiles) and action.source >= 0
        ]

    def may_conflict(self) -> bool:
        """May something be where files are put that cannot make way? The files tell for sure."""
        conflict = False
        single: list[str] = []
        for action in self._changes.actions:
            if isinstance(action, MakeDirectory):
                needed = gopath.inside(action.path)
            elif isinstance(action, CopyFiles):
                needed = gopath.inside(action.destination)
                into = action.destination.endswith(("/", "/."))
                conflict = conflict or (action.selector.wildcard and not into)
                name = self._single_file(action)
                if name:
                    single.append(f"{needed}/{name}".lstrip("/") if into else needed)
                if name and not into:
                    # A file takes the place of another one; all else needs a directory there.
                    needed = needed.rpartition("/")[0]
            else:
                continue
            conflict = conflict or any(above in self.named for above in _and_above(needed))
        self.named.update(single)
        return conflict

    def _single_file(self, action: CopyFiles) -> str:
        """The name of the one file that is copied; empty where it is a directory, or not known."""
        if action.source < 0 or action.selector.wildcard:
            return ""
        source = self._sources[action.source]
        if source.files.marks:
            return ""
        place = source.checksums.resolve(action.selector.path, follow=True)
        node = None if place is None else source.checksums.tree.node(place)
        is_file = node is not None and node.kind != "dir"
        return gopath.base(action.selector.path) if is_file else ""

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        files.conflict = ""
        for action in self._changes.actions:
            try:
                self._change(files, action)
            except ConflictError as error:
                files.conflict = files.conflict or error.problem
        return files

    def _change(self, files: Files, action: CopyFiles | MakeDirectory | MakeFile) -> None:
        if isinstance(action, CopyFiles):
            self._copy(files, action)
            return
        path = gopath.inside(action.path)
        files.placings = (*files.placings, Mark(path, action))
        if isinstance(action, MakeDirectory):
            _make_directory(files, action)
        else:
            node = FileNode("file", action.mode, size=len(action.data))
            files.tree.write(path, node, action.data)

    def _copy(self, files: Files, action: CopyFiles) -> None:
        if action.source < 0:
            # An empty tree: nothing but the destination comes of it.
            path = resolved_in(files.tree, gopath.inside(action.destination))
            make_directories(files.tree, path, FileNode("dir", EMPTY_MODE))
            return
        source = self._sources[action.source]
        destination = gopath.inside(action.destination)
        content = source.content([action.selector])
        # Contents name contents of other stages, and so on: a digest keeps that flat.
        token = digest([repr((content, replace(action, source=0))).encode()])
        if content.hidden:
            files.marks = (*files.marks, Mark(destination, ("copied", token), run=content.run))
            return
        files.placings = (*files.placings, Mark(destination, token))
        ids = None if action.owner is None else ids_of(action.owner, files)
        tree = source.checksums.tree
        placing = Placing(
            files.tree, source.checksums, action, ids, lambda at: is_archive(tree, at)
        )
        for archive in placing.place():
            rest = unpack(files.tree, archive.path, tree, archive.place, ids)
            if rest is not None:
                files.marks = (*files.marks, Mark(archive.path, rest))


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


class MergedSnapshot(Snapshot):
    """Trees laid on one another."""

    def __init__(self, rules: Dialect, layers: Sequence[Snapshot]) -> None:
        super().__init__(rules)
        self._layers = layers
        self.named = layers[0].named | {name for each in layers[1:] for name in each.named}

    def parent(self) -> Snapshot | None:
        """What it builds on; None for nothing."""
        return self._layers[0]

    def taken_from(self) -> Sequence[Snapshot]:
        """What else its files come from."""
        return self._layers[1:]

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        for layer in self._layers[1:]:
            upper = layer.files
            files.tree.hang("", upper.tree, "")
            files.marks = (*files.marks, *upper.marks)
            files.placings = (*files.placings, *upper.placings)
        return files


def ids_of(owner: Owner, files: Files) -> tuple[int, int]:
    """The numbers that an owner stands for.

    A name that is not in the user database is root's. Where the database is not known, a name has
    a negative number of its own: it differs from all that are known.
    """
    uid = gid = 0
    sure = not any(mark.run for mark in files.marks)
    if isinstance(owner.user, int):
        uid = gid = owner.user
    elif owner.user is not None:
        guess = (0, 0) if sure and files.users is not None else _own_numbers(owner.user)
        uid, gid = (files.users or {}).get(owner.user, guess)
    if isinstance(owner.group, int):
        gid = owner.group
    elif owner.group is not None:
        number = gid if sure and files.groups is not None else _own_numbers(owner.group)[0]
        gid = (files.groups or {}).get(owner.group, number)
    return uid, gid


def _own_numbers(name: str) -> tuple[int, int]:
    number = -1 - crc32(name.encode("utf-8", "surrogateescape"))
    return number, number


def _make_directory(files: Files, action: MakeDirectory) -> None:
    ids = (0, 0) if action.owner is None else ids_of(action.owner, files)
    path = resolved_in(files.tree, gopath.inside(action.path))
    make_directories(files.tree, path, FileNode("dir", action.mode, *ids))
