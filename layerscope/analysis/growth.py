"""What made an image grow: the change of its visible bytes, split in several ways.

Every split sums to the change exactly, whatever the trees: each visible byte belongs to one path
(`Entry.visible_bytes`), and each path to one part of a split. Parts that did not change are left
out, which no sum notices.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from layerscope.analysis.file_types import file_type

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from layerscope.analysis.layer_pairs import LayerPair
    from layerscope.analysis.snapshot import Snapshot

K = TypeVar("K", bound="Hashable")

PARTS = 24
"""About how many folders a split by folder has at most; the last one split may add a few."""
DEPTH = 16
"""Folders deeper than this count as part of the one above."""
SPLIT_SHARE = 10
"""A folder is split while it holds at least one part in so many of all that changed."""
CHILD_SHARE = 50
"""A folder inside is a part of its own from one part in so many of all that changed."""


class Named(Protocol):
    """What is asked of a package: its name, version and kind (`deb`, `pypi` …)."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def version(self) -> str:
        """Its version."""

    @property
    def kind(self) -> str:
        """Its kind."""


class Owned(Protocol):
    """What is asked of the packages of an image."""

    @property
    def packages(self) -> Sequence[Named]:
        """All packages."""

    @property
    def owner(self) -> Mapping[bytes, int]:
        """By path, the position of the package that owns it."""


@dataclass(frozen=True, slots=True)
class Part:
    """Visible bytes before and after of one part of a split.

    `rest` marks a folder without the folders inside that are parts of their own.
    """

    name: bytes
    old_bytes: int
    new_bytes: int
    rest: bool = False

    @property
    def delta_bytes(self) -> int:
        """The change."""
        return self.new_bytes - self.old_bytes


@dataclass(frozen=True, slots=True)
class PackagePart:
    """One package in all its versions; name and kind are empty for what no package owns.

    Versions are sorted as texts and each stands once; npm and Go may have several of one package.
    """

    name: str
    kind: str
    old_versions: tuple[str, ...]
    new_versions: tuple[str, ...]
    old_bytes: int
    new_bytes: int

    @property
    def delta_bytes(self) -> int:
        """The change."""
        return self.new_bytes - self.old_bytes


@dataclass(frozen=True, slots=True)
class LayerPart:
    """What two corresponding layers, or one without a partner, do to the visible bytes."""

    pair: LayerPair
    old_bytes: int
    new_bytes: int

    @property
    def delta_bytes(self) -> int:
        """The change."""
        return self.new_bytes - self.old_bytes


@dataclass(slots=True)
class _Sums:
    """Bytes before, after, and how many of them are at paths that changed."""

    old: int = 0
    new: int = 0
    moved: int = 0

    def add(self, other: _Sums) -> None:
        self.old += other.old
        self.new += other.new
        self.moved += other.moved

    def subtract(self, other: _Sums) -> None:
        self.old -= other.old
        self.new -= other.new
        self.moved -= other.moved


def by_base(old: Snapshot, new: Snapshot, old_base: int, new_base: int) -> list[Part] | None:
    """The parts `base` and `own`: what the first so many layers make, and what those on them do.

    None if the effects of the layers are not known. `own` is less than nothing where the layers on
    the base delete more of it than they bring.
    """
    before, after = old.effects, new.effects
    if before is None or after is None:
        return None
    return [
        Part(b"base", sum(before[:old_base]), sum(after[:new_base])),
        Part(b"own", sum(before[old_base:]), sum(after[new_base:])),
    ]


def by_layer(old: Snapshot, new: Snapshot, pairs: Iterable[LayerPair]) -> list[LayerPart] | None:
    """One part for each pair of layers, in the order of the pairs, unchanged ones too.

    A layer counts for what it does to what is below: one that deletes is less than nothing. None if
    the effects of the layers are not known.
    """
    before, after = old.effects, new.effects
    if before is None or after is None:
        return None
    return [
        LayerPart(
            pair,
            0 if pair.old is None else before[pair.old],
            0 if pair.new is None else after[pair.new],
        )
        for pair in pairs
    ]


def by_file_type(old: Snapshot, new: Snapshot) -> list[Part]:
    """One part for each type that changed (see `file_types`), the largest change first."""
    sums = _grouped(old, new, lambda path, _: file_type(path))
    parts = [
        Part(name.encode(), counts.old, counts.new)
        for name, counts in sums.items()
        if counts.old != counts.new
    ]
    return sorted(parts, key=_largest_first)


def by_package(old: Snapshot, new: Snapshot, before: Owned, after: Owned) -> list[PackagePart]:
    """One part for each package whose bytes or versions changed, the largest change first.

    Packages correspond by kind and name. What no package owns is one part without a name.
    """
    keys = [
        [(package.kind, package.name) for package in owned.packages] for owned in (before, after)
    ]
    unowned = ("", "")

    def owner(path: bytes, side: int) -> tuple[str, str]:
        position = (before, after)[side].owner.get(path)
        return unowned if position is None else keys[side][position]

    sums = _grouped(old, new, owner)
    versions = [_versions(owned) for owned in (before, after)]
    parts = []
    for key in sums.keys() | versions[0].keys() | versions[1].keys():
        counts = sums.get(key, _Sums())
        known = [tuple(sorted(side.get(key, ()))) for side in versions]
        if counts.old != counts.new or known[0] != known[1]:
            parts.append(PackagePart(key[1], key[0], known[0], known[1], counts.old, counts.new))
    return sorted(parts, key=lambda part: (-abs(part.delta_bytes), part.kind, part.name))


def by_folder(old: Snapshot, new: Snapshot) -> list[Part]:
    """Disjoint folders that hold what changed, cut where it is useful, largest change first.

    A folder in which much changed is split into those inside it that matter; what is left of it is
    a part with `rest`. How much changed counts each path, so that what moved is seen too.
    """
    totals, children = _folders(old, new)
    root = totals.get(b"/")
    if root is None or not root.moved:
        return []
    everything = root.moved
    parts: dict[bytes, _Sums] = {b"/": _copy(root)}
    split: set[bytes] = set()
    heap = [(-everything, b"/")]
    while heap and len(parts) < PARTS:
        moved, path = heapq.heappop(heap)
        if -moved * SPLIT_SHARE < everything:
            break
        inner = [
            child
            for child in children.get(path, ())
            if totals[child].moved * CHILD_SHARE >= everything
        ]
        held = sum(totals[child].moved for child in inner)
        if path != b"/" and held * 2 < -moved:
            # Many small folders, as in a cache: one line says more than a random few of them.
            continue
        for child in inner:
            split.add(path)
            parts[child] = _copy(totals[child])
            parts[path].subtract(totals[child])
            heapq.heappush(heap, (-totals[child].moved, child))
    found = [
        Part(path, counts.old, counts.new, rest=path in split)
        for path, counts in parts.items()
        if counts.old != counts.new
    ]
    return sorted(found, key=_largest_first)


def _largest_first(part: Part) -> tuple[int, bytes]:
    return -abs(part.delta_bytes), part.name


def _copy(sums: _Sums) -> _Sums:
    return _Sums(sums.old, sums.new, sums.moved)


def _grouped(old: Snapshot, new: Snapshot, key: Callable[[bytes, int], K]) -> dict[K, _Sums]:
    """Bytes before and after by the key of each path; the key is told the side, 0 or 1."""
    sums: dict[K, _Sums] = {}
    for path, entry in old.entries.items():
        if entry.visible_bytes:
            sums.setdefault(key(path, 0), _Sums()).old += entry.visible_bytes
    for path, entry in new.entries.items():
        if entry.visible_bytes:
            sums.setdefault(key(path, 1), _Sums()).new += entry.visible_bytes
    return sums


def _folders(old: Snapshot, new: Snapshot) -> tuple[dict[bytes, _Sums], dict[bytes, list[bytes]]]:
    """The sums of each folder with all below it, and the folders inside each."""
    totals: dict[bytes, _Sums] = {}
    for path, entry in old.entries.items():
        before = entry.visible_bytes
        counterpart = new.entries.get(path)
        after = counterpart.visible_bytes if counterpart is not None else 0
        if before or after:
            moved = abs(after - before)
            totals.setdefault(_folder(path), _Sums()).add(_Sums(before, after, moved))
    for path, entry in new.entries.items():
        after = entry.visible_bytes
        if after and path not in old.entries:
            totals.setdefault(_folder(path), _Sums()).add(_Sums(0, after, after))
    by_depth: list[list[bytes]] = [[] for _ in range(DEPTH + 1)]
    for path in list(totals):
        by_depth[_depth(path)].append(path)
    children: dict[bytes, list[bytes]] = {}
    for depth in range(DEPTH, 0, -1):
        for path in by_depth[depth]:
            parent = path.rpartition(b"/")[0] or b"/"
            if parent not in totals:
                totals[parent] = _Sums()
                by_depth[depth - 1].append(parent)
            totals[parent].add(totals[path])
            children.setdefault(parent, []).append(path)
    for inner in children.values():
        inner.sort()
    return totals, children


def _folder(path: bytes) -> bytes:
    """The folder that a path counts for: its parent, or the one at `DEPTH` above it."""
    parts = path.split(b"/", DEPTH + 1)
    return b"/".join(parts[: min(len(parts) - 1, DEPTH + 1)]) or b"/"


def _depth(folder: bytes) -> int:
    return 0 if folder == b"/" else folder.count(b"/")


def _versions(owned: Owned) -> dict[tuple[str, str], set[str]]:
    found: dict[tuple[str, str], set[str]] = {}
    for package in owned.packages:
        found.setdefault((package.kind, package.name), set()).add(package.version)
    return found
