"""Which image of one input corresponds to which of another: by platform, then by name."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from layerscope.errors import UsageError, shown
from layerscope.oci.platform import Platform
from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.report.document import PlatformRow

LISTED = 6
"""How many images a message lists before it only counts the rest."""


class Named(Protocol):
    """What tells images apart: rows of reports and `answers.ImageName` have it."""

    @property
    def input(self) -> str:
        """The input that the image is in."""

    @property
    def index(self) -> int:
        """Counts the images of that input."""

    @property
    def names(self) -> Sequence[str]:
        """As the input has them."""

    @property
    def platform(self) -> PlatformRow:
        """What the image runs on."""

    @property
    def manifest_digest(self) -> str | None:
        """None if there is no manifest document."""

    @property
    def config_digest(self) -> str | None:
        """None if there is no config."""


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


def pair_images(old: Sequence[Named], new: Sequence[Named]) -> ImagePairs:
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


def distinct_images(rows: Sequence[Named]) -> list[list[int]]:
    """The positions of the rows of each image: one manifest of an input is one, whatever its names.

    In the order of their first rows.
    """
    groups: dict[object, list[int]] = {}
    for position, row in enumerate(rows):
        identity = row.manifest_digest or row.config_digest or row.index
        groups.setdefault((row.input, identity), []).append(position)
    return list(groups.values())


def same_platform(one: PlatformRow, other: PlatformRow) -> bool:
    """Whether two rows mean one platform, however it is spelled."""
    return _platform_key(one) == _platform_key(other)


def repository(name: str) -> str:
    """A name without tag and digest; a bare tag stays what it is.

    >>> repository("registry.example:5000/ns/app:1"), repository("1.2")
    ('registry.example:5000/ns/app', '1.2')
    """
    place, slash, last = name.partition("@")[0].rpartition("/")
    return f"{place}{slash}{last.partition(':')[0]}"


def _platform_key(row: PlatformRow) -> object:
    return platform_of(row)._normal()  # noqa: SLF001 - which spellings are one platform is its matter


def _distinct(rows: Sequence[Named]) -> list[_Candidate]:
    return [
        _Candidate(
            positions[0],
            tuple(
                dict.fromkeys(
                    familiar(name) for position in positions for name in rows[position].names
                )
            ),
        )
        for positions in distinct_images(rows)
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
    for key in (lambda name: name, repository):
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
    before = {repository(name) for candidate in olds for name in candidate.names}
    return any(repository(name) in before for candidate in news for name in candidate.names)


def _ambiguous(
    old: Sequence[Named],
    new: Sequence[Named],
    olds: Sequence[_Candidate],
    news: Sequence[_Candidate],
) -> UsageError:
    return UsageError(
        "expected images that a platform and a name tell apart; "
        f"OLD has {_listed(old, olds)}; NEW has {_listed(new, news)}",
        hint="pick one of each, such as app.tar:@0",
    )


def _listed(rows: Sequence[Named], candidates: Sequence[_Candidate]) -> str:
    parts = []
    for candidate in candidates[:LISTED]:
        row = rows[candidate.position]
        about = [shown(name, 60) for name in candidate.names[:1]] + [shown(row.platform, 40)]
        parts.append(f"{shown(row.input, 100)}:@{row.index} ({', '.join(about)})")
    more = f" and {len(candidates) - LISTED} more" if len(candidates) > LISTED else ""
    return ", ".join(parts) + more
