"""Which stages of a file the image has: by their layers, or by all of their files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Copy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.cache.lint.reading import StageReading


def target_of(
    stages: Sequence[StageReading], names: Mapping[str, int], target: str | None
) -> int | None:
    """The index of the stage that is built: the last one, or the one of this name or number.

    None where there is no such stage.
    """
    if target is None:
        return len(stages) - 1 if stages else None
    if target.lower() in names:
        return names[target.lower()]
    number = int(target) if target.isascii() and target.isdigit() and len(target) < 6 else -1
    return number if 0 <= number < len(stages) else None


def lineage_of(stages: Sequence[StageReading], index: int | None) -> tuple[int, ...]:
    """The stages whose layers this stage has, from the base up, itself included."""
    found: list[int] = []
    while index is not None:
        found.append(index)
        index = stages[index].parent
    return tuple(reversed(found))


def copied_whole(
    stages: Sequence[StageReading], names: Mapping[str, int], lineage: tuple[int, ...]
) -> frozenset[int]:
    """Stages that the image takes all files of, and what those are built from."""
    found: set[int] = set()
    for index in lineage:
        for step in stages[index].steps:
            copy = step.instruction
            if not isinstance(copy, Copy) or not copy.from_name or copy.sources != ("/",):
                continue
            name = copy.from_name.lower()
            number = int(name) if name.isascii() and name.isdigit() and len(name) < 6 else -1
            source = names.get(name, number if 0 <= number < len(stages) else None)
            if source is not None and source not in found:
                found.update(lineage_of(stages, source))
    return frozenset(found)
