"""The names and units of the numbers that a policy can bound, and how a report yields them.

A metric that this release does not measure for any image has no row; one that could not be measured
for this image, since a layer is damaged or not there, has the value None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.report.document import MetricRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.document import FaultRow, ImageRow, LayerRow, Sharing, SkippedRow

UNITS = {
    "blob_bytes_referenced": "bytes",
    "blob_bytes_unique": "bytes",
    "chain_id_bytes_referenced": "bytes",
    "chain_id_bytes_unique": "bytes",
    "compressed_bytes": "bytes",
    "content_bytes": "bytes",
    "duplicate_bytes": "bytes",
    "efficiency": "ratio",
    "diff_id_bytes_referenced": "bytes",
    "diff_id_bytes_unique": "bytes",
    "entries": "count",
    "faults": "count",
    "files": "count",
    "images": "count",
    "layers": "count",
    "shared_bytes": "bytes",
    "skipped": "count",
    "uncompressed_bytes": "bytes",
    "unique_bytes": "bytes",
    "visible_bytes": "bytes",
    "wasted_bytes": "bytes",
}
"""Every metric and its unit."""

RUN = "run"


def metric_rows(
    images: Sequence[ImageRow],
    sharing: Sharing,
    skipped: Sequence[SkippedRow],
    faults: Sequence[FaultRow],
) -> list[MetricRow]:
    """All metrics: those of the run first, then image by image, each sorted by name."""
    rows = _scope(
        RUN,
        {
            "blob_bytes_referenced": sharing.blob_bytes.referenced,
            "blob_bytes_unique": sharing.blob_bytes.unique,
            "chain_id_bytes_referenced": sharing.chain_id_bytes.referenced,
            "chain_id_bytes_unique": sharing.chain_id_bytes.unique,
            "diff_id_bytes_referenced": sharing.diff_id_bytes.referenced,
            "diff_id_bytes_unique": sharing.diff_id_bytes.unique,
            "faults": len(faults),
            "images": len(images),
            "skipped": len(skipped),
        },
    )
    for position, (image, shared) in enumerate(zip(images, sharing.images, strict=True)):
        rows += _scope(
            f"image:{position}",
            {
                "compressed_bytes": image.compressed_bytes,
                "content_bytes": image.content_bytes,
                **_measured(image),
                "entries": total(image.layers, "entries"),
                "files": total(image.layers, "files"),
                "layers": len(image.layers),
                "shared_bytes": shared.shared_bytes,
                "uncompressed_bytes": image.uncompressed_bytes,
                "unique_bytes": shared.unique_bytes,
            },
        )
    return rows


def total(layers: Sequence[LayerRow], field: str) -> int | None:
    """The sum of one number over all layers, repeats included; None if one was not measured."""
    numbers: list[int | None] = [getattr(layer, field) for layer in layers]
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def _measured(image: ImageRow) -> dict[str, int | float | None]:
    """What squashing tells; no rows where nobody asked."""
    if image.runtime is None:
        return {}
    groups = image.duplicates
    again = None if groups is None else sum(row.bytes * (len(row.paths) - 1) for row in groups)
    return {
        "duplicate_bytes": again,
        "efficiency": image.efficiency,
        "visible_bytes": image.visible_bytes,
        "wasted_bytes": image.wasted_bytes,
    }


def _scope(scope: str, values: dict[str, int | float | None]) -> list[MetricRow]:
    return [
        MetricRow(name=name, scope=scope, value=values[name], unit=UNITS[name])
        for name in sorted(values)
    ]
