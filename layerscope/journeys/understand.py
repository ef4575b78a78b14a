"""The facts of every image of a run, from what was read of its layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.analysis.facts import USUAL, facts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.analysis.facts import FactOptions, Facts
    from layerscope.files.columns import FileColumns
    from layerscope.journeys.pool import LayerOutcome
    from layerscope.sources.image import OpenedInput
    from layerscope.sources.limits import Limits


def understand(
    opened: Sequence[OpenedInput],
    outcomes: Mapping[tuple[int, int, int], LayerOutcome],
    limits: Limits,
    options: FactOptions = USUAL,
) -> dict[tuple[int, int], Facts]:
    """The facts of each image, by position of its input and of the image in it.

    Args:
        opened: The inputs.
        outcomes: Of all their layers, with columns.
        limits: Bounds on reading files again.
        options: What is wanted beyond the usual.
    """
    places = [(place, at) for place, one in enumerate(opened) for at in range(len(one.images))]
    images = [opened[place].images[at] for place, at in places]
    tables = [
        tables_of(outcomes, place, at, len(image.layers))
        for (place, at), image in zip(places, images, strict=True)
    ]
    return dict(zip(places, facts_of(images, tables, limits, options), strict=True))


def tables_of(
    outcomes: Mapping[tuple[int, int, int], LayerOutcome], place: int, image: int, layers: int
) -> list[FileColumns] | None:
    """The file tables of an image's layers from the base up; None if one was not read."""
    tables = []
    for layer in range(layers):
        outcome = outcomes.get((place, image, layer))
        if outcome is None or outcome.scan is None or outcome.scan.columns is None:
            return None
        tables.append(outcome.scan.columns)
    return tables
