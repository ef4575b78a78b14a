"""Which image of one input corresponds to which of another: by platform, then by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown
from layerscope.oci.platform import Platform
from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.report.document import ImageRow, PlatformRow

LISTED = 6
"""How many images a message lists before it only counts the rest."""


@dataclass(frozen=True, slots=True)
class ImagePairs:
    """Positions of images that correspond, and of those that have no partner.

    `pairs` is in the order of the new images, the two others in that of their own.
    """

    pairs: list[tuple[int, int]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A distinct image: one manifest that an input lists under several names is one."""

    position: int
    names: tuple[str, ...]


def pair_images(old: Sequence[ImageRow], new: Sequence[ImageRow]) -> ImagePairs:
    """The pairs: one image and one image are a pair, whatever they are.

    Otherwise those of one platform belong together: if there is one of each, they are a pair; else
    those that have a name in common, then those whose names differ in the tag alone. What is left
    has no partner.

    Raises: `UsageError` if a name says nothing, since several images have it, or none.
    """
    before, after = _distinct(old), _distinct(new)
    found = ImagePairs()
    if len(before) == len(after) == 1:
        found.pairs.append((before[0].position, after[0].position))
        return found
    groups: dict[object, tuple[list[_Candidate], list[_Candidate]]] = {}
    for side, (candidates, rows) in enumerate(((before, old), (after, new))):
        for candidate in candidates:
            key = _platform_key(rows[candidate.position].platform)
            groups.setdefault(key, ([], []))[side].append(candidate)
    for olds, news in groups.values():
        _pair_group(found, olds, news, lambda left, right: _ambiguous(old, new, left, right))
    found.pairs.sort(key=lambda pair: pair[1])
    found.removed.sort()
    found.added.sort()
    return found


def platform_of(row: PlatformRow) -> Platform:
    """The platform of a row as the value that it was made of."""
    return Platform(
        row.os,
        row.architecture,
        row.variant or None,
        row.os_version or None,
        tuple(row.os_features),
    )


def _platform_key(row: PlatformRow) -> object:
    return platform_of(row)._normal()  # noqa: SLF001 - which spellings are one platform is its matter


def _distinct(rows: Sequence[ImageRow]) -> list[_Candidate]:
    groups: dict[object, tuple[int, list[str]]] = {}
    for position, row in enumerate(rows):
        identity = row.manifest_digest or row.config_digest or row.index
        groups.setdefault((row.input, identity), (position, []))[1].extend(row.names)
    return [
        _Candidate(position, tuple(dict.fromkeys(familiar(name) for name in names)))
        for position, names in groups.values()
    ]


def _pair_group(
    found: ImagePairs,
    olds: list[_Candidate],
    news: list[_Candidate],
    ambiguous: Callable[[Sequence[_Candidate], Sequence[_Candidate]], UsageError],
) -> None:
    """Put the images of one platform where they belong."""
    if len(olds) == len(news) == 1:
        found.pairs.append((olds[0].position, news[0].position))
        return
    for key in (lambda name: name, _repository):
        olds, news = _pair_by(found, olds, news, key)
    both = olds and news
    if both and (_common(olds, news) or not all(one.names for one in [*olds, *news])):
        raise ambiguous(olds, news)
    found.removed.extend(candidate.position for candidate in olds)
    found.added.extend(candidate.position for candidate in news)


def _pair_by(
    found: ImagePairs,
    olds: list[_Candidate],
    news: list[_Candidate],
    key: Callable[[str], str],
) -> tuple[list[_Candidate], list[_Candidate]]:
    """Pair those that alone have a key in their own side; gives back what is left."""
    sides = []
    for candidates in (olds, news):
        keys = [{key(name) for name in candidate.names} for candidate in candidates]
        counts = Counter(each for own in keys for each in own)
        holders = {
            each: candidate
            for candidate, own in zip(candidates, keys, strict=True)
            for each in own
            if counts[each] == 1
        }
        sides.append(holders)
    partners: dict[int, int] = {}
    taken: set[int] = set()
    for each in sorted(sides[0].keys() & sides[1].keys()):
        left, right = sides[0][each].position, sides[1][each].position
        if left not in partners and right not in taken:
            partners[left] = right
            taken.add(right)
    found.pairs.extend(partners.items())
    return (
        [candidate for candidate in olds if candidate.position not in partners],
        [candidate for candidate in news if candidate.position not in taken],
    )


def _common(olds: Sequence[_Candidate], news: Sequence[_Candidate]) -> bool:
    """Whether any image that is left has the name, but for the tag, of one on the other side."""
    before = {_repository(name) for candidate in olds for name in candidate.names}
    return any(_repository(name) in before for candidate in news for name in candidate.names)


def _repository(name: str) -> str:
    """A name without tag and digest; a bare tag stays what it is."""
    place, slash, last = name.partition("@")[0].rpartition("/")
    return f"{place}{slash}{last.partition(':')[0]}"


def _ambiguous(
    old: Sequence[ImageRow],
    new: Sequence[ImageRow],
    olds: Sequence[_Candidate],
    news: Sequence[_Candidate],
) -> UsageError:
    return UsageError(
        "expected images that a platform and a name tell apart; "
        f"OLD has {_listed(old, olds)}; NEW has {_listed(new, news)}",
        hint="pick one of each, such as app.tar:@0",
    )


def _listed(rows: Sequence[ImageRow], candidates: Sequence[_Candidate]) -> str:
    parts = []
    for candidate in candidates[:LISTED]:
        row = rows[candidate.position]
        about = [shown(name, 60) for name in candidate.names[:1]] + [shown(row.platform, 40)]
        parts.append(f"{shown(row.input, 100)}:@{row.index} ({', '.join(about)})")
    more = f" and {len(candidates) - LISTED} more" if len(candidates) > LISTED else ""
    return ", ".join(parts) + more
