"""The document `layerscope.dedup/1`: what is left to store of a fleet at each level of dedup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from layerscope.fleet.dedup import INDEX_ENTRY_BYTES
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.dedup import Ladder
    from layerscope.report.document import ImageRow

DedupLevel = Literal[
    "referenced", "blob", "diff_id", "file", "fastcdc_64k", "fixed_4k", "fixed_1m", "fixed_4m"
]
"""See `fleet.dedup` and `files.chunking`."""


class LevelRow(Row, frozen=True, kw_only=True):
    """All images at one level. None stands for what was not measured.

    Attributes:
        objects: Things that are kept once: layers, files or chunks.
        entries: How often one is listed: layers by images, files and chunks by layers.
        compressed_bytes: Of all objects as stored; known of blobs, not of what is in them.
        content_bytes: Of regular files in all objects, uncompressed: levels compare by this.
        index_bytes: `index_entry_bytes` for each object and each entry.
        requests: Objects of each image, summed: what pulling each of them cold asks for, one by
            one.
    """

    level: DedupLevel
    objects: int | None
    entries: int | None
    compressed_bytes: int | None
    content_bytes: int | None
    index_bytes: int | None
    requests: int | None


class ImageLevelRow(Row, frozen=True, kw_only=True):
    """One image at one level.

    Attributes:
        objects: Distinct ones that it holds: requests of a cold pull.
        compressed_bytes: Of these as stored.
        content_bytes: Of regular files in these, uncompressed.
        unique_bytes: Content bytes of those that no other image holds.
    """

    level: DedupLevel
    objects: int | None
    compressed_bytes: int | None
    content_bytes: int | None
    unique_bytes: int | None


class DedupImage(Row, frozen=True, kw_only=True):
    """One image of the fleet.

    Attributes:
        same_as: The first image of its input with the same manifest: often itself.
        levels: In the order of the document's.
    """

    image: ImageName
    same_as: int
    levels: list[ImageLevelRow]


class DedupDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.dedup/1` document.

    Attributes:
        index_entry_bytes: What `index_bytes` counts for each object and each entry.
        levels: From coarse to fine; the schemes of chunks are there if they were asked for.
    """

    tool: Tool
    index_entry_bytes: int
    levels: list[LevelRow]
    images: list[DedupImage]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.dedup/1"] = "layerscope.dedup/1"


def dedup_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    same_as: Sequence[int],
    ladder: Ladder,
    *,
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> DedupDocument:
    """The document of a fleet.

    Args:
        tool: Which program writes it.
        rows: The images, each as in a report.
        same_as: For each image the first of its input with the same manifest.
        ladder: The tables of the same images, in the same order.
        skipped: What was left out.
        faults: What is wrong.
    """
    levels = [LevelRow(**row) for row in _plain(ladder.levels)]
    cells = [ImageLevelRow(**row) for row in _plain(ladder.images.drop(columns="image"))]
    count = len(levels)
    return DedupDocument(
        tool=tool,
        index_entry_bytes=INDEX_ENTRY_BYTES,
        levels=levels,
        images=[
            DedupImage(
                image=image_name(row), same_as=same, levels=cells[at * count : (at + 1) * count]
            )
            for at, (row, same) in enumerate(zip(rows, same_as, strict=True))
        ],
        skipped=list(skipped),
        faults=list(faults),
    )


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a data frame as plain values, None where one is missing."""
    columns = {}
    for name in frame.columns:
        values = zip(frame[name].tolist(), frame[name].isna().tolist(), strict=True)
        columns[str(name)] = [None if missing else value for value, missing in values]
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
