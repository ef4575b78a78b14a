"""What differs between the trees of two images, path by path.

Everything here is linear in the paths of both trees, but for sorting.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layerscope.analysis.snapshot import Entry, Snapshot

_PLAIN_FIELDS = (
    "kind",
    "size_bytes",
    "link_target",
    "mode",
    "uid",
    "gid",
    "mtime_ns",
    "xattrs",
    "linked_to",
)
FIELDS = (*_PLAIN_FIELDS, "content", "content-unknown")
"""What can differ at a path, in the order it is named; `content-unknown` stands for files of one
size of which at least one was not hashed."""

SUBSTANCE = frozenset({"kind", "size_bytes", "content", "content-unknown", "link_target"})
"""Fields that make a change more than one of metadata."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A path that both trees have, and which of `FIELDS` differ."""

    path: bytes
    fields: tuple[str, ...]

    @property
    def metadata_only(self) -> bool:
        """Whether kind, content and link target are the same."""
        return SUBSTANCE.isdisjoint(self.fields)


@dataclass(frozen=True, slots=True)
class Moved:
    """The same non-empty content, gone from one path and come to another."""

    old_path: bytes
    new_path: bytes


@dataclass(frozen=True, slots=True)
class TreeDiff:
    """The differences of two trees; each list is sorted by path, no path is in two of them.

    Attributes:
        added: Paths that only the new tree has, without those of `moved`.
        removed: Paths that only the old tree has, without those of `moved`.
        changed: Paths that both have.
        moved: Sorted by the new path.
        unchanged: How many paths are the same.
    """

    added: list[bytes] = field(default_factory=list)
    removed: list[bytes] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)
    unchanged: int = 0

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.moved)


def diff(old: Snapshot, new: Snapshot, *, semantic: bool = False) -> TreeDiff:
    """What differs between two trees.

    Args:
        old: The tree before.
        new: The tree after.
        semantic: Whether modification times are left out.

    The time of a directory that no member describes is not known, and so is compared with none.
    """
    removed = []
    changed = []
    unchanged = 0
    comparable = old.hashed == new.hashed
    for path, before in old.entries.items():
        after = new.entries.get(path)
        if after is None:
            removed.append(path)
            continue
        if before is after or (comparable and before[:10] == after[:10] and _is_known(before)):
            unchanged += 1
            continue
        same_layer = _layer_id(old, before) == _layer_id(new, after) is not None
        fields = tuple(
            _differing(
                before, after, semantic=semantic, comparable=comparable, same_layer=same_layer
            )
        )
        if fields:
            changed.append(Changed(path, fields))
        else:
            unchanged += 1
    added = [path for path in new.entries if path not in old.entries]
    moved = _moves(old.entries, removed, new.entries, added) if comparable else []
    gone = {move.old_path for move in moved}
    come = {move.new_path for move in moved}
    return TreeDiff(
        added=sorted(path for path in added if path not in come),
        removed=sorted(path for path in removed if path not in gone),
        changed=sorted(changed, key=lambda change: change.path),
        moved=moved,
        unchanged=unchanged,
    )


def _is_known(entry: Entry) -> bool:
    """Whether equal digests say that contents are equal; those of unhashed files are None."""
    return entry.kind != "file" or entry.content is not None


def _layer_id(tree: Snapshot, entry: Entry) -> str | None:
    return tree.layer_ids[entry.layer] if entry.layer < len(tree.layer_ids) else None


def _differing(
    before: Entry, after: Entry, *, semantic: bool, comparable: bool, same_layer: bool
) -> Iterable[str]:
    for name in _PLAIN_FIELDS:
        if getattr(before, name) == getattr(after, name):
            continue
        unknown_time = before.mtime_ns is None or after.mtime_ns is None
        if name != "mtime_ns" or not (semantic or unknown_time):
            yield name
    if before.kind != "file" or after.kind != "file":
        return
    if comparable and before.content is not None and after.content is not None:
        if before.content != after.content:
            yield "content"
    # A layer that both images have stores the same bytes at a path, hashed or not. So do two empty
    # files.
    elif before.size_bytes == after.size_bytes != 0 and not same_layer:
        yield "content-unknown"


def _moves(
    old: Mapping[bytes, Entry],
    removed: Iterable[bytes],
    new: Mapping[bytes, Entry],
    added: list[bytes],
) -> list[Moved]:
    """Pairs of paths with equal content: same base name first, then in the order of the paths."""
    sources = _by_content(old, removed)
    targets = _by_content(new, added)
    moves = []
    for content, paths in sources.items():
        moves += _paired(paths, targets.get(content, []))
    return sorted(moves, key=lambda move: move.new_path)


def _by_content(entries: Mapping[bytes, Entry], paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for path in sorted(paths):
        entry = entries[path]
        if entry.size_bytes and entry.content is not None:
            found.setdefault(entry.content, []).append(path)
    return found


def _paired(sources: list[bytes], targets: list[bytes]) -> list[Moved]:
    if not targets:
        return []
    waiting: dict[bytes, deque[bytes]] = {}
    for path in targets:
        waiting.setdefault(_base_name(path), deque()).append(path)
    moves = []
    renamed = []
    for path in sources:
        same_name = waiting.get(_base_name(path))
        if same_name:
            moves.append(Moved(path, same_name.popleft()))
        else:
            renamed.append(path)
    taken = {move.new_path for move in moves}
    free = [path for path in targets if path not in taken]
    moves += [Moved(old, new) for old, new in zip(renamed, free, strict=False)]
    return moves


def _base_name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]
