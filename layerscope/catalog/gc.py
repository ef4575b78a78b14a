"""What the catalog holds and takes, and how it is made smaller."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.catalog.places import TEMPORARY
from layerscope.catalog.seal import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.catalog.places import Place, StoredObject
    from layerscope.catalog.store import Catalog

KINDS = ("tables", "beginnings", "packages", "sketches", "blobs", "archives")
_VERSIONS = frozenset(map(str, range(SCHEMA + 1)))
LEFT_OVER_SECONDS = 3600
"""After so long nobody is still writing an unfinished object: its writer was killed."""


@dataclass(frozen=True, slots=True)
class Holding:
    """How many objects of one kind there are, and their bytes."""

    kind: str
    objects: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Collected:
    """What `gc` removed, and what is left."""

    removed: int
    removed_bytes: int
    left: int
    left_bytes: int


def info(catalog: Catalog) -> list[Holding]:
    """What the catalog holds, by kind, in the order of `KINDS`.

    Then `outdated`: objects of other versions; and `unfinished`: what killed writers left.

    Raises: `OSError` if the place cannot be looked through.
    """
    sums = {kind: [0, 0] for kind in (*KINDS, "outdated", "unfinished")}
    for _, each in _all(catalog):
        of_kind = sums[_kind(each)]
        of_kind[0] += 1
        of_kind[1] += each.size_bytes
    return [Holding(kind, count, size) for kind, (count, size) in sums.items()]


def gc(catalog: Catalog, max_bytes: int | None = None) -> Collected:
    """Remove what nobody can use; then what was of use longest ago, until `max_bytes` are left.

    Outdated objects go, and unfinished ones that are an hour old. A run that uses the catalog
    meanwhile finds less in it and nothing wrong.

    Args:
        catalog: The catalog.
        max_bytes: What all objects together may take; None sets no bound.

    Raises: `OSError` if the place cannot be looked through, or an object not be removed.
    """
    now = time.time()
    found = list(_all(catalog))
    doomed = {at for at, (_, each) in enumerate(found) if _is_useless(each, now)}
    left = sum(each.size_bytes for at, (_, each) in enumerate(found) if at not in doomed)
    if max_bytes is not None:
        by_use = sorted(range(len(found)), key=lambda at: (_use(found[at][1]), found[at][1].name))
        for at in by_use:
            if left <= max_bytes:
                break
            if at not in doomed and not found[at][1].name.rpartition("/")[2].startswith(TEMPORARY):
                doomed.add(at)
                left -= found[at][1].size_bytes
    for at in sorted(doomed):
        place, each = found[at]
        place.remove(each.name)
    removed = sum(found[at][1].size_bytes for at in doomed)
    return Collected(len(doomed), removed, len(found) - len(doomed), left)


def _all(catalog: Catalog) -> Iterator[tuple[Place, StoredObject]]:
    """All objects of ours; what else lies in the folder is not touched."""
    places = [catalog.place]
    if catalog.archives is not catalog.place:
        places.append(catalog.archives)
    for place in places:
        for each in place.objects():
            version, _, rest = each.name.partition("/")
            kind, slash, _ = rest.partition("/")
            own = place is catalog.place or kind == "archives"
            # A newer layerscope may share the place: what it keeps is not ours to judge.
            if version in _VERSIONS and slash and kind in KINDS and own:
                yield place, each


def _kind(each: StoredObject) -> str:
    version, kind, base = each.name.split("/", 2)
    if base.rpartition("/")[2].startswith(TEMPORARY):
        return "unfinished"
    return kind if version == str(SCHEMA) else "outdated"


def _use(each: StoredObject) -> float:
    return each.used_seconds


def _is_useless(each: StoredObject, now: float) -> bool:
    kind = _kind(each)
    return kind == "outdated" or (
        kind == "unfinished" and now - each.used_seconds > LEFT_OVER_SECONDS
    )
