"""From tables of pandas to rows of the documents of plans: plain values, positions for ids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames


BlobKind = Literal["layer", "config", "manifest"]
"""What a blob of an image can be."""


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table, with None where a value is missing."""
    columns = {str(name): _plain(table[name]) for name in table.columns}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return [None if missing else value for value, missing in values]


class Positions:
    """Where the images of a table stand in a list of a document.

    Args:
        frames: The fleet.
        images: The images of the list, in order.
    """

    def __init__(self, frames: Frames, images: Sequence[int]) -> None:
        alike = frames.images["same_as"].tolist()
        self._places: dict[int, int] = {}
        for position, image in enumerate(images):
            self._places.setdefault(alike[image], position)

    def of(self, images: Iterable[int]) -> list[int]:
        """Positions of images, of each the first of those that are the same; ascending."""
        return sorted(self._places[image] for image in images)
