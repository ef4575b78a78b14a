"""What is known of the files that a vertex leaves, without running anything.

A snapshot is a chain of changes; it becomes a tree when somebody first asks what is at a path.
Three things can hide what is there: a base image of which only the identity is known, a `RUN`, and
a copy of files that are not known themselves. A `RUN` is presumed to leave alone what earlier
steps placed; all else it may have changed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath
from layerscope.cache.builders.buildkit.contents import Checksums, MissingPathError
from layerscope.cache.builders.buildkit.placed import PlacedTree

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.definition import Selector
    from layerscope.cache.filetree import FileTree


@dataclass(frozen=True, slots=True)
class Content:
    """What a lookup by content compares.

    Attributes:
        known: The checksum, also where there may be files of a base that nobody knows; where a
            command may have changed it, what steps have put there since.
        hidden: Identities of what else may be there: which run, which base, which path. Equal
            ones are equal files; about others nothing can be said.
        run: May a command have changed what steps put there?
    """

    known: Hashable
    hidden: tuple[Hashable, ...] = ()
    run: bool = False


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

    Attributes:
        tree: What is known.
        marks: Where anything may be.
        placings: What steps have put where since the last command.
        users: The user database of the base image; None where nobody knows.
        groups: Likewise.
        conflict: Why the last step could not put its files there; empty if it could.
    """

    tree: PlacedTree
    marks: tuple[Mark, ...] = ()
    placings: tuple[Mark, ...] = ()
    users: Mapping[str, tuple[int, int]] | None = None
    groups: Mapping[str, int] | None = None
    conflict: str = ""

    def copy(self) -> Files:
        """Files that change on their own."""
        return replace(self, tree=self.tree.copy())


class Snapshot:
    """The files that one vertex leaves."""

    def __init__(self, rules: Dialect) -> None:
        self._rules = rules
        self.worked_out: Files | None = None
        # Where steps have put single files, in this stage and those that build on the same.
        self.named: set[str] = set()

    @property
    def files(self) -> Files:
        """The files, as far as they are known; never changed once somebody has asked."""
        waiting: list[Snapshot] = [self]
        while waiting:
            # Stages can be nested as deep as a Dockerfile likes: no call for each of them.
            here = waiting[-1]
            if here.worked_out is None:
                chain, below = here.chain_below()
                pending = [
                    each for step in chain for each in step.taken_from() if each.worked_out is None
                ]
                if pending:
                    waiting.extend(pending)
                    continue
                files = Files(PlacedTree(None)) if below is None else below.copy()
                for step in reversed(chain):
                    files = step.changed(files)
                here.worked_out = files
            waiting.pop()
        if self.worked_out is None:
            raise AssertionError("the files are worked out by now")
        return self.worked_out

    def chain_below(self) -> tuple[list[Snapshot], Files | None]:
        """The steps whose files are not worked out, from this one down, and what lies below."""
        chain: list[Snapshot] = []
        here: Snapshot | None = self
        while here is not None and here.worked_out is None:
            chain.append(here)
            here = here.parent()
        return chain, None if here is None else here.worked_out

    def taken_from(self) -> Sequence[Snapshot]:
        """What else its files come from."""
        return ()

    def parent(self) -> Snapshot | None:
        """What it builds on; None for nothing."""
        return None

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        return files

    @cached_property
    def checksums(self) -> Checksums:
        """The checksums of what is known."""
        return Checksums(self.files.tree, owners=self._rules.owners)

    def content(self, selectors: Sequence[Selector]) -> Content:
        """What a lookup by content compares. Raises: `MissingPathError`."""
        hidden: list[Hashable] = []
        known: list[Hashable] = []
        run = False
        for selector in selectors:
            place = self._unknown_place(selector)
            if place is None:
                continue
            marks = [mark for mark in self.files.marks if mark.touches(place)]
            run = run or any(mark.run for mark in marks)
            hidden.extend(mark.token for mark in marks)
            hidden.append(selector)
            known.extend(each.token for each in self.files.placings if each.touches(place))
        if not hidden:
            return Content(self.checksums.of(selectors, whole_paths=self._rules.solver))
        if run:
            return Content(tuple(known), tuple(hidden), run)
        try:
            placed: Hashable = self.checksums.of(selectors, whole_paths=self._rules.solver)
        except MissingPathError:
            placed = None
        return Content(placed, tuple(hidden))

    def _unknown_place(self, selector: Selector) -> str | None:
        """Where it is not known what a selector takes; None if all of it is known."""
        marks = self.files.marks
        if not marks:
            return None
        if selector.plain:
            place = self.checksums.resolve(selector.path, follow=selector.follow)
            if place is None:
                return None
            node = self.files.tree.placed(place)
            if node is not None and node.kind not in {"dir", "symlink"}:
                return None
        else:
            literal = _before_wildcards(selector.path) if selector.wildcard else selector.path
            place = gopath.inside(literal)
        return place if any(mark.touches(place) for mark in marks) else None


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

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        del files
        return Files(PlacedTree(self._tree), users={}, groups={})


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

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        del files
        marks = () if self._tree is not None else (Mark("", ("base", self._identity)),)
        return Files(PlacedTree(self._tree), marks, users=self._users, groups=self._groups)


class UnknownSnapshot(Snapshot):
    """Files of which nothing is known but that equal tokens are equal files."""

    def __init__(self, rules: Dialect, token: Hashable) -> None:
        super().__init__(rules)
        self._token = token

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        del files
        return Files(PlacedTree(None), (Mark("", self._token, run=True),))


class RunSnapshot(Snapshot):
    """What a command leaves; `token` tells one run from another."""

    def __init__(self, rules: Dialect, parent: Snapshot | None, token: Hashable) -> None:
        super().__init__(rules)
        self._below = parent
        self._token = token
        if parent is not None:
            self.named = parent.named

    def parent(self) -> Snapshot | None:
        """What it builds on; None for nothing."""
        return self._below

    def changed(self, files: Files) -> Files:
        """The files after it, given those below it."""
        # Of what lay there before, the copy of unknown files stays; the base is part of the run.
        marks = tuple(mark for mark in files.marks if mark.path)
        marks = (*marks, Mark("", self._token, run=True))
        tree = files.tree.without_below()
        return Files(tree, marks, users=files.users, groups=files.groups)
