"""What differs between two selections of files, in words: which file, which attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from layerscope.errors import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.cache.filetree import FileNode

    Entries = Mapping[str, tuple[FileNode, bytes]]

Some = dict[str, "tuple[FileNode, bytes]"]

SHOWN_FILES = 3
MOST_PATHS = 1000


@dataclass(frozen=True, slots=True)
class FileChange:
    """One difference: the code of a reason, the path, and the line that says it."""

    code: str
    path: str
    text: str


# The order in which one of several differences is named as the reason.
CODES = (
    "content-changed",
    "file-added",
    "file-removed",
    "file-renamed",
    "type-changed",
    "link-changed",
    "mode-changed",
    "owner-changed",
    "xattrs-changed",
)


@runtime_checkable
class Differs(Protocol):
    """Entries that find what differs without going through all of them."""

    def against(self, other: Entries) -> tuple[Some, Some]:
        """What of these is not in the other as it is here, and the reverse."""


def differing(one: Entries, other: Entries) -> tuple[Some, Some]:
    """What of each is not in the other as it is there."""
    return (
        {path: entry for path, entry in one.items() if other.get(path) != entry},
        {path: entry for path, entry in other.items() if one.get(path) != entry},
    )


def changes(before: Entries, after: Entries) -> list[FileChange]:
    """All differences, sorted by path; a file that only moved is one difference."""
    if isinstance(after, Differs):
        after, before = after.against(before)
    else:
        after, before = differing(after, before)
    found: list[FileChange] = []
    removed = {path for path in before if path not in after}
    added = {path for path in after if path not in before}
    for old, new in _renamed(before, after, removed, added):
        removed.discard(old)
        added.discard(new)
        found.append(FileChange("file-renamed", new, f"{_name(new)}: was {_name(old)}"))
    found.extend(FileChange("file-added", path, f"{_name(path)}: added") for path in added)
    found.extend(FileChange("file-removed", path, f"{_name(path)}: removed") for path in removed)
    for path, new_entry in after.items():
        if path in before and before[path] != new_entry:
            found.extend(_attributes(path, before[path], new_entry))
    return sorted(found, key=lambda change: (change.path, CODES.index(change.code)))


def _renamed(
    before: Entries, after: Entries, removed: set[str], added: set[str]
) -> list[tuple[str, str]]:
    """Pairs of a path that went and one that came with the same content and attributes."""
    gone: dict[tuple[FileNode, bytes], list[str]] = {}
    for path in sorted(removed, reverse=True):
        if before[path][0].kind != "dir":
            gone.setdefault(before[path], []).append(path)
    return [(old.pop(), path) for path in sorted(added) if (old := gone.get(after[path]))]


def _attributes(
    path: str, before: tuple[FileNode, bytes], after: tuple[FileNode, bytes]
) -> list[FileChange]:
    old, new = before[0], after[0]
    name = _name(path)
    if old.kind != new.kind:
        return [FileChange("type-changed", path, f"{name}: {new.kind}, was {old.kind}")]
    found = []
    if before[1] != after[1] or old.size != new.size or old.device != new.device:
        found.append(FileChange("content-changed", path, f"{name}: content differs"))
    if old.link != new.link:
        target = f"{name}: points to {_name(new.link)}, was {_name(old.link)}"
        found.append(FileChange("link-changed", path, target))
    if old.mode != new.mode:
        mode = f"{name}: mode {new.mode:04o}, was {old.mode:04o}"
        found.append(FileChange("mode-changed", path, mode))
    if (old.uid, old.gid) != (new.uid, new.gid):
        owner = f"{name}: owner {new.uid}:{new.gid}, was {old.uid}:{old.gid}"
        found.append(FileChange("owner-changed", path, owner))
    if old.xattrs != new.xattrs:
        found.append(FileChange("xattrs-changed", path, f"{name}: extended attributes differ"))
    # Whatever else a builder compares (a name of the owner, a time) is a difference all the same.
    return found or [FileChange("content-changed", path, f"{name}: differs")]


def summary(found: Sequence[FileChange]) -> tuple[str, str, tuple[str, ...]]:
    """Code, one line and paths for a list of at least one difference."""
    first = min(found, key=lambda change: CODES.index(change.code))
    ordered = [first, *(change for change in found if change is not first)]
    text = "; ".join(change.text for change in ordered[:SHOWN_FILES])
    rest = len(ordered) - SHOWN_FILES
    if rest > 0:
        text += f"; and {rest} more"
    return first.code, text, tuple(sorted({change.path for change in found}))[:MOST_PATHS]


def _name(path: str) -> str:
    return shown(path) or "the directory itself"
