"""What a build context holds that no instruction uses.

The classic builder and buildah take the whole context; BuildKit asks only for the paths that steps
name, but has to list all of it. What no instruction uses belongs into `.dockerignore`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.cache.filetree import FileTree
    from layerscope.cache.step import Selection

CONTEXT = "context"


@dataclass(frozen=True, slots=True)
class Amount:
    """How many files (everything but directories), and the bytes of the regular ones."""

    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class UnusedFolder:
    """Files that no instruction uses, in one place.

    Attributes:
        path: The directory; empty for the context's root.
        amount: How much it is.
        whole: Is it all at and below the directory? Else it is the files directly in it that are
            not used, while something else at or below it is.
    """

    path: str
    amount: Amount
    whole: bool


@dataclass(frozen=True, slots=True)
class ContextUse:
    """What is sent and what of it is used.

    Attributes:
        sent: All that the context holds after `.dockerignore`.
        unused: What no instruction takes.
        folders: Where that is, the most bytes first, then by path; together all of it.
        unknown: Sources in the context of which it is not known what they take: `unused` may be
            too large.
    """

    sent: Amount
    unused: Amount
    folders: tuple[UnusedFolder, ...]
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    """Of one directory: what is directly in it, then what is at and below it."""

    unused_here: Amount = Amount()
    unused: Amount = Amount()
    used_files: int = 0


def context_use(tree: FileTree, selections: Iterable[Selection]) -> ContextUse:
    """What is sent of a context, and what of it no selection takes.

    Args:
        tree: The context after `.dockerignore`.
        selections: Those of all steps; those that are not from the context are left out.

    Raises: errors of reading directories; no content is read.
    """
    used: set[str] = set()
    unknown: list[str] = []
    for selection in selections:
        if selection.origin != CONTEXT:
            continue
        if selection.entries is None:
            unknown.append(selection.source)
        else:
            used.update(path.strip("/") for path in selection.entries)
    sent, tallies = _tallied(tree, used)
    return ContextUse(sent, tallies[""].unused, _folders(tallies), tuple(sorted(set(unknown))))


def _tallied(tree: FileTree, used: set[str]) -> tuple[Amount, dict[str, _Tally]]:
    """The tally of every directory, parents first."""
    sent = Amount()
    tallies = {"": _Tally()}
    for path, node in tree.walk():
        if node.kind == "dir":
            tallies[path] = _Tally()
            continue
        one = Amount(1, node.size if node.kind == "file" else 0)
        sent = _sum(sent, one)
        tally = tallies[path.rpartition("/")[0]]
        if path in used:
            tally.used_files += 1
        else:
            tally.unused_here = _sum(tally.unused_here, one)
    for path in reversed(tallies):
        tally = tallies[path]
        tally.unused = _sum(tally.unused, tally.unused_here)
        if path:
            above = tallies[path.rpartition("/")[0]]
            above.unused = _sum(above.unused, tally.unused)
            above.used_files += tally.used_files
    return sent, tallies


def _folders(tallies: dict[str, _Tally]) -> tuple[UnusedFolder, ...]:
    """The topmost directories that are not used at all, and the rest of the others."""
    found: list[UnusedFolder] = []
    whole: set[str] = set()
    for path, tally in tallies.items():
        if path and path.rpartition("/")[0] in whole:
            whole.add(path)
        elif not tally.used_files:
            whole.add(path)
            if tally.unused.files:
                found.append(UnusedFolder(path, tally.unused, whole=True))
        elif tally.unused_here.files:
            found.append(UnusedFolder(path, tally.unused_here, whole=False))
    return tuple(sorted(found, key=lambda each: (-each.amount.bytes, each.path)))


def _sum(one: Amount, other: Amount) -> Amount:
    return Amount(one.files + other.files, one.bytes + other.bytes)
