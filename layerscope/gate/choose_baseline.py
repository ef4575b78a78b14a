"""With which image of which baseline each image is compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from layerscope.analysis.moments import seconds_of
from layerscope.errors import UsageError, shown
from layerscope.gate.measured import Chosen
from layerscope.gate.tag_version import is_bare_tag, newest
from layerscope.report.image_pairs import distinct_images, pair_images, repository, same_platform
from layerscope.sources.names import familiar

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from layerscope.gate.measured import Subject
    from layerscope.report.answers import ImageName


@dataclass(frozen=True, slots=True)
class _Partner:
    """An image of one baseline that is paired with an image of the run; later ones win ties."""

    chosen: Chosen
    rank: tuple[object, ...]


def choose(
    subjects: Sequence[Subject], candidates: Sequence[tuple[str, Sequence[Subject]]]
) -> list[Chosen | None]:
    """For each image the one that it is compared with; None if no baseline has it.

    In each baseline the partner is the one that `layerscope diff` pairs with the image; images
    without names, or with bare tags, belong together if their inputs have one name. Where several
    baselines have a partner, one of the same platform comes before others, and one of the same
    repository, since a lone image is paired whatever it is. Of those the newest release counts: by
    the version in its tags, then (also if no tag says one) by the time that its config states,
    then the baseline that was named last.

    Args:
        subjects: The images of the run.
        candidates: Each baseline: what the user called it, and its images.

    Raises: `UsageError` if the images of a baseline cannot be told apart.
    """
    best: list[_Partner | None] = [None] * len(subjects)
    rows = [subject.name for subject in subjects]
    groups = distinct_images(rows)
    for position, (source, others) in enumerate(candidates):
        old_rows = [other.name for other in others]
        old_names = {group[0]: _names(old_rows, group) for group in distinct_images(old_rows)}
        partners = _partners(source, old_rows, rows)
        for group in groups:
            if group[0] not in partners:
                continue
            old = partners[group[0]]
            names = _names(rows, group)
            rank = _rank(others[old], old_names[old], rows[group[0]], names, position)
            found = Chosen(
                others[old],
                source,
                other_name=_are_named_otherwise(old_names[old], names),
                other_platform=not same_platform(old_rows[old].platform, rows[group[0]].platform),
            )
            for each in group:
                held = best[each]
                if held is None or held.rank < rank:
                    best[each] = _Partner(found, rank)
    return [partner.chosen if partner else None for partner in best]


def _partners(source: str, old: Sequence[ImageName], new: Sequence[ImageName]) -> dict[int, int]:
    """Positions of old images by those of the new ones that they are paired with."""
    try:
        pairs = pair_images(*_named_by_inputs(old, new)).pairs
    except UsageError as error:
        error.within(f"baseline {shown(source)}")
        raise
    return {after: before for before, after in pairs}


def _named_by_inputs(
    old: Sequence[ImageName], new: Sequence[ImageName]
) -> tuple[list[ImageName], list[ImageName]]:
    """Both sides, where images whose names say nothing are called as their inputs.

    That is done if the name of the input tells the image from the others like it on its own side,
    and the other side has such an image too.
    """
    sides = [_anonymous(old), _anonymous(new)]
    common = {name for name, _ in sides[0].values()} & {name for name, _ in sides[1].values()}
    return _called(old, sides[0], common), _called(new, sides[1], common)


def _anonymous(rows: Sequence[ImageName]) -> dict[int, tuple[str, str]]:
    """Input and platform of images without names, or with bare tags, by their first positions."""
    found = {
        group[0]: (_base_name(rows[group[0]].input), str(rows[group[0]].platform))
        for group in distinct_images(rows)
        if all(map(is_bare_tag, _names(rows, group)))
    }
    counts = Counter(found.values())
    return {position: key for position, key in found.items() if counts[key] == 1}


def _called(
    rows: Sequence[ImageName], keys: Mapping[int, tuple[str, str]], common: Container[str]
) -> list[ImageName]:
    made = list(rows)
    for group in distinct_images(rows):
        name, _ = keys.get(group[0], ("", ""))
        if name in common:
            for position in group:
                made[position] = msgspec.structs.replace(rows[position], names=[name])
    return made


def _rank(
    old: Subject, old_names: Sequence[str], new: ImageName, new_names: Sequence[str], position: int
) -> tuple[object, ...]:
    """What makes one partner better than another, the first difference decides."""
    version = newest(old_names)
    created = seconds_of(old.created)
    repositories = _repositories(new_names)
    return (
        same_platform(old.name.platform, new.platform),
        any(repository(name) in repositories for name in old_names),
        version is not None,
        version or (),
        created is not None,
        created or 0,
        position,
    )


def _are_named_otherwise(old: Sequence[str], new: Sequence[str]) -> bool:
    before, after = _repositories(old), _repositories(new)
    return bool(before and after) and before.isdisjoint(after)


def _repositories(names: Sequence[str]) -> set[str]:
    return {repository(name) for name in names if not is_bare_tag(name)}


def _names(rows: Sequence[ImageName], group: Sequence[int]) -> list[str]:
    return [familiar(name) for position in group for name in rows[position].names]


def _base_name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
