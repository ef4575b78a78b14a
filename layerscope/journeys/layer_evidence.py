"""Which line of a Dockerfile made which layer of an image, and what those layers cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.analysis.junk import junk
from layerscope.cache.lint import LayerEvidence
from layerscope.errors import UsageError, shown
from layerscope.journeys.analyze import analyze
from layerscope.journeys.instruction_lines import instruction_lines

if TYPE_CHECKING:
    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.files.columns import FileColumns
    from layerscope.report.document import FaultRow, ImageRow

HIDES = frozenset({"deleted", "opaque", "type-changed", "overwritten"})


def layer_evidence(
    dockerfile: Dockerfile, image: str, target: str | None
) -> tuple[list[LayerEvidence], list[FaultRow]]:
    """What each layer of the image holds, with the line that made it, and the image's faults.

    Raises: `UsageError` if the input holds several images.
    """
    analysis = analyze([image])
    report = analysis.report
    if len(report.images) > 1:
        hint = "pick one: PATH:NAME or PATH:@N"
        raise UsageError("expected one image, found several", shown(image), hint)
    if not report.images or analysis.columns[0] is None:
        return [], list(report.faults)
    row = report.images[0]
    lines = instruction_lines(dockerfile, row, target)
    evidence = [
        LayerEvidence(
            layer=layer.index,
            line=lines.get(layer.index),
            content_bytes=layer.content_bytes or 0,
            junk=_junk(columns),
            hidden=_hidden(row, layer.index),
            again=_again(row, layer.index),
        )
        for layer, columns in zip(row.layers, analysis.columns[0], strict=True)
    ]
    return evidence, list(report.faults)


def _junk(columns: FileColumns) -> dict[str, int]:
    """Bytes of a layer's files by class of junk."""
    found: dict[str, int] = {}
    for kind, size in zip(junk(columns.paths()), columns.size_bytes, strict=True):
        if kind is not None and size:
            found[kind] = found.get(kind, 0) + size
    return found


def _hidden(row: ImageRow, layer: int) -> dict[int, int]:
    """Bytes that this layer stored and a later one took away, by that later layer."""
    found: dict[int, int] = {}
    for waste in row.waste or ():
        if waste.layer == layer and waste.cause in HIDES and waste.hidden_by_layer is not None:
            found[waste.hidden_by_layer] = found.get(waste.hidden_by_layer, 0) + waste.bytes
    return found


def _again(row: ImageRow, layer: int) -> int:
    """Bytes that this layer stores a second time for a change of owner or mode."""
    return sum(
        waste.bytes
        for waste in row.waste or ()
        if waste.hidden_by_layer == layer and waste.cause == "metadata-only"
    )
