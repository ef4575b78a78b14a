"""The cache: keys, what leads from one to another, and the results stored under them.

A key is reached from the key of an input by a link that names the operation, which input it is and
what of it is selected; or from a checksum of the selected content, which selects nothing more. A
result is found if one key can be reached from every input. Nothing is ever taken out.

Source: BuildKit, `solver/cachemanager.go` and `solver/edge.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from layerscope.cache.builders.buildkit.snapshot import Content, Snapshot

Key = int | tuple[str, object]


@dataclass(frozen=True, slots=True)
class Result:
    """What is stored under a key: the files, and the number of the build that made them."""

    snapshot: Snapshot
    build: int
    order: int


@dataclass(frozen=True, slots=True)
class SeenContent:
    """One content that led to a key: in which build, for which stage, taken from where."""

    content: Content
    key: Key
    build: int
    stage: str
    origin: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """One input of an operation, as a lookup names it.

    Attributes:
        operation: Key of the operation.
        index: Which input.
        selector: What a lookup by definition names.
    """

    operation: Hashable
    index: int
    selector: Hashable


# Where a link starts: the key of an input, or a content, and what is looked up from there.
Start = tuple[object, Lookup]


@dataclass(slots=True)
class Records:
    """All that builds have left behind."""

    links: dict[Start, dict[Key, None]] = field(default_factory=dict)
    results: dict[Key, Result] = field(default_factory=dict)
    seen: dict[tuple[Hashable, int], dict[Key, dict[SeenContent, None]]] = field(
        default_factory=dict
    )
    etags: dict[tuple[str, str], dict[str, tuple[bytes, str | None]]] = field(default_factory=dict)
    downloads: dict[Key, bytes] = field(default_factory=dict)
    count: int = 0

    def query(self, starts: Sequence[Start]) -> dict[Key, None]:
        """The keys that can be reached from any of the starts; all starts lead there afterwards."""
        found: dict[Key, None] = {}
        for each in starts:
            found.update(self.links.get(each, {}))
        for start, lookup in starts:
            self.link(start, lookup, found)
        return found

    def link(self, start: Hashable, lookup: Lookup, keys: Iterable[Key]) -> None:
        """Remember that `start` leads to these keys."""
        keys = dict.fromkeys(keys)
        if keys:
            self.links.setdefault((start, lookup), {}).update(keys)

    def key_of(self, starts: Sequence[Sequence[Start]]) -> Key:
        """The key of an operation whose inputs have these starts; a new one if there is none.

        It is reached from any start of the first input and from all starts of the others.
        """
        common: dict[Key, None] = {}
        for start in starts[0] if starts else ():
            common.update(self.links.get(start, {}))
        for of_input in starts[1:]:
            for start in of_input:
                reached = self.links.get(start, {})
                common = {key: None for key in common if key in reached}
        if common:
            return next(iter(common))
        self.count += 1
        return self.count

    def save(self, starts: Sequence[Sequence[Start]], snapshot: Snapshot, build: int) -> Key:
        """Store a result; it replaces an older one with the same key."""
        key = self.key_of(starts)
        for of_input in starts:
            for start, lookup in of_input:
                self.link(start, lookup, (key,))
        self.store(key, snapshot, build)
        return key

    def store(self, key: Key, snapshot: Snapshot, build: int) -> None:
        """Store a result under a key that is known."""
        self.count += 1
        self.results[key] = Result(snapshot, build, self.count)

    def best(self, keys: Iterable[Key]) -> Key | None:
        """The key with the newest result; None if none has one."""
        stored = [key for key in keys if key in self.results]
        return max(stored, key=lambda key: self.results[key].order) if stored else None

    def see(self, operation: Hashable, index: int, seen: SeenContent) -> None:
        """Remember which content led to a key, for those that cannot be compared."""
        self.seen.setdefault((operation, index), {}).setdefault(seen.key, {})[seen] = None

    def seen_for(
        self, operation: Hashable, index: int, among: Iterable[Key] | None
    ) -> Iterator[SeenContent]:
        """The contents that led to one of these keys, or to any; only keys with results count."""
        by_key = self.seen.get((operation, index), {})
        for key in by_key if among is None else among:
            if key in self.results:
                yield from by_key.get(key, ())
