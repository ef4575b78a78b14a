"""Whether the stored sizes of two images say anything of growth."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.measured import StoredLayer, Subject


def compressed_otherwise(old: Subject, new: Subject) -> str:
    """Why the stored sizes of two images cannot be compared, as a part of a sentence; else empty.

    They cannot where layers are compressed in other ways, or where a layer that both images have
    (by DiffID) takes other bytes, as after another level or another compressor. The rule is that of
    `layerscope diff`. An image of no layers compares with every other.
    """
    ways = [_ways(old.layers), _ways(new.layers)]
    if all(ways) and ways[0] != ways[1]:
        return f"layers are stored as {', '.join(ways[0])} before, {', '.join(ways[1])} after"
    before = {layer.diff_id: layer.compressed_bytes for layer in old.layers if layer.diff_id}
    for layer in new.layers:
        if before.get(layer.diff_id or "", layer.compressed_bytes) != layer.compressed_bytes:
            return "a layer that both have was compressed anew"
    return ""


def _ways(layers: Sequence[StoredLayer]) -> list[str]:
    return sorted({layer.compression or "unknown" for layer in layers})
