r"""Which paths of a build context a `.dockerignore` leaves out, as moby's matcher decides it.

Two questions with almost the same answer: `Ignore.ignored` for a path on its own, and the walk of
a whole folder, which is what a build sends. The walk carries the result of a folder to what is in
it, so it does not need to look at the parents again, and does not enter a folder that is ignored
unless a `!` pattern could take back something below it. The rules are those of
`moby/patternmatcher` 0.6.1 and of the walk in `tonistiigi/fsutil`.

A walk looks like this; `child` is None where nothing below can be kept:

>>> ignore = Ignore.parse(b"node_modules\n*.log\n")
>>> state = ignore.root_state()
>>> kept, child = ignore.step(state, "src", is_dir=True)
>>> kept, child is not None
(True, True)
>>> ignore.step(child, "src/app.js", is_dir=False)
(True, None)
>>> ignore.step(state, "node_modules", is_dir=True)
(False, None)

A folder that is not kept itself is sent all the same if something below it is kept.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_groups import Group, groups
from layerscope.dockerfile.ignore_patterns import Pattern, as_text, patterns
from layerscope.dockerfile.ignore_reader import clean, read_patterns
from layerscope.errors import DockerignoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

_WILD = frozenset("*[]?^\\")


@dataclass(frozen=True, slots=True)
class WalkState:
    """What a walk knows of a folder.

    Attributes:
        matched: The patterns that match it or a folder above it, bit N for pattern N.
        root: Is it the root of the context?
    """

    matched: int
    root: bool


_ROOT = WalkState(0, root=True)


class Ignore:
    """The patterns of one `.dockerignore`.

    Attributes:
        patterns: The patterns in order, after cleaning.
        exclusions: Does one of them start with `!`?
    """

    def __init__(self, found: Sequence[Pattern]) -> None:
        """Use `parse` or `of`."""
        self.patterns = tuple(found)
        self.exclusions = any(pattern.exclusion for pattern in found)
        self._rows: list[tuple[int, bool, Callable[[str], bool]]] = [
            (1 << number, pattern.exclusion, pattern.test()) for number, pattern in enumerate(found)
        ]
        self._groups: list[Group] | None = groups(found)
        exceptions = [_without_trailing_star(each.text) for each in found if each.exclusion]
        self._enter_all = any(not _WILD.isdisjoint(text) for text in exceptions)
        self._exceptions = sorted(f"{text}/" for text in exceptions)

    @classmethod
    def parse(cls, data: bytes) -> Ignore:
        """The patterns of a file.

        Raises:
            DockerignoreError: A line is too long, or a pattern is refused.
        """
        return cls.of(read_patterns(data))

    @classmethod
    def of(cls, texts: Sequence[str]) -> Ignore:
        """The patterns of a list, such as that of a client that has read the file itself.

        Raises:
            DockerignoreError: A pattern is refused.
        """
        return cls(patterns(texts))

    def ignored(self, path: str) -> bool:
        """Is this path left out, looked at on its own? Patterns that match a parent count as well.

        Args:
            path: Relative to the context, with slashes, `surrogateescape` for other bytes.

        Raises:
            DockerignoreError: A pattern turns out to be broken when it is used.
        """
        path = as_text(path)
        parents: list[str] | None = None
        matched = False
        for _bit, exclusion, test in self._rows:
            if exclusion != matched:
                continue
            if not test(path):
                if parents is None:
                    parents = _parents(path)
                if not any(map(test, parents)):
                    continue
            matched = not exclusion
        return matched

    def root_state(self) -> WalkState:
        """The state that a walk starts with, for what is directly in the context."""
        return _ROOT

    def step(self, state: WalkState, path: str, is_dir: bool) -> tuple[bool, WalkState | None]:
        """Is `path` kept, and the state for what is in it.

        The state is None for anything but a folder, and for a folder in which nothing can be kept.
        A symlink to a folder is no folder.

        Args:
            state: The state of the folder that holds it.
            path: Relative to the context, with slashes, `surrogateescape` for other bytes.
            is_dir: Is it a folder?

        Raises:
            DockerignoreError: A pattern turns out to be broken; the reference ends its walk here.
        """
        if self._groups is not None and not (is_dir and self.exclusions) and not state.root:
            matched = False
            bits = state.matched
            for group in self._groups:
                if group.exclusion == matched and (bits & group.bits or group.test(path)):
                    matched = not matched
            if not is_dir or matched:
                return not matched, None
            return True, state
        matched, bits = self._matched(state, path)
        if not is_dir or (matched and not self._enters(path)):
            return not matched, None
        return not matched, WalkState(bits, root=False)

    def _matched(self, state: WalkState, path: str) -> tuple[bool, int]:
        """Is `path` left out, and which patterns say something about it."""
        above = state.matched
        parents = _parents(path) if state.root and "/" in path else []
        matched = False
        bits = 0
        for bit, exclusion, test in self._rows:
            if not above & bit:
                # A pattern that could change nothing is not looked at, here nor for its children.
                if exclusion != matched:
                    continue
                try:
                    if not test(path) and not any(map(test, parents)):
                        continue
                except DockerignoreError as error:
                    error.problem = f"failed to match excludepatterns: {error.problem}"
                    error.args = (error.problem, error.reading, error.hint)
                    raise
            bits |= bit
            matched = not exclusion
        return matched, bits

    def _enters(self, path: str) -> bool:
        """Does the walk enter this ignored folder, for the sake of an exception below it?"""
        if self._enter_all:
            return True
        wanted = f"{path}/"
        at = bisect_left(self._exceptions, wanted)
        return at < len(self._exceptions) and self._exceptions[at].startswith(wanted)

    def kept(self, tree: Sequence[str], dirs: Collection[str]) -> list[bool]:
        """Which paths of a tree a walk over it sends, in the order of `tree`.

        Args:
            tree: Paths relative to the context; a folder above one of them need not be listed.
            dirs: Those that are folders.

        Raises:
            DockerignoreError: A pattern turns out to be broken when the walk uses it.
        """
        folders = dirs if isinstance(dirs, set | frozenset) else frozenset(dirs)
        below: dict[str, WalkState | None] = {"": _ROOT}
        sent: set[str] = set()
        for path in sorted(set(tree), key=lambda path: path.split("/")):
            state = self._state_above(path, below)
            if state is None:
                continue
            keeps, child = self.step(state, as_text(path), path in folders)
            if path in folders:
                below[path] = child
            # What is kept brings the folders above it along.
            brought = path
            while keeps and brought not in sent:
                sent.add(brought)
                brought = brought.rpartition("/")[0]
        return [path in sent for path in tree]

    def _state_above(self, path: str, below: dict[str, WalkState | None]) -> WalkState | None:
        """The state of the folder that holds `path`; those not yet met are walked into."""
        missing: list[str] = []
        folder = path.rpartition("/")[0]
        while folder not in below:
            missing.append(folder)
            folder = folder.rpartition("/")[0]
        state = below[folder]
        for each in reversed(missing):
            if state is not None:
                state = self.step(state, as_text(each), is_dir=True)[1]
            below[each] = state
        return state


def _parents(path: str) -> list[str]:
    """The folders above a path, as the reference spells them; none for a path without any."""
    folder = clean(path[: path.rfind("/") + 1])
    if folder == ".":
        return []
    parts = folder.split("/")
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _without_trailing_star(text: str) -> str:
    return text.removesuffix("/**").removesuffix("/*")
