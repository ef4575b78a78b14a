"""Which line of a Dockerfile made which layer of an image, and what those layers cost."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.analysis.alignment import aligned
from layerscope.analysis.junk import junk
from layerscope.cache.lint import LayerEvidence
from layerscope.cache.lint.reading import read_all
from layerscope.dockerfile.instructions import Add, Copy, Run, Workdir
from layerscope.errors import UsageError, shown
from layerscope.journeys.analyze import analyze

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.dockerfile.instructions import Dockerfile, Instruction
    from layerscope.files.columns import FileColumns
    from layerscope.report.document import FaultRow, ImageRow

_NOP = re.compile(r"\A\S{0,200} -c #\(nop\)\s{1,9}")
_SHELL = re.compile(r"\A(?:RUN )?(?:\|[0-9]{1,4} .{0,4000}? )?/bin/(?:ba)?sh -[a-z]{0,6}c ")
_LINE_CHARACTERS = 20_000
HIDES = frozenset({"deleted", "opaque", "type-changed", "overwritten"})


def layer_evidence(
    dockerfile: Dockerfile, image: str, target: str | None
) -> tuple[list[LayerEvidence], list[FaultRow]]:
    """What each layer of the image holds, with the line that made it, and the image's faults.

    Instructions and history lines are laid beside each other in order, by their texts: a `COPY`
    by its destination, a `RUN` by its command. A layer that fits no line has none.

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
    steps = [step.instruction for step in read_all(dockerfile, target=target).image_steps]
    lines = _lines([each for each in steps if isinstance(each, Run | Copy | Add | Workdir)], row)
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


def _lines(instructions: Sequence[Instruction], row: ImageRow) -> dict[int, int]:
    """Layer to line."""
    layers = [layer for layer in row.layers if layer.created_by]
    pairs = aligned(
        [_spelled(each.code) for each in instructions],
        [_spelled(_plain(layer.created_by or "")) for layer in layers],
    )
    return {layers[at].index: instructions[place].location.first_line for place, at in pairs}


def _plain(created_by: str) -> str:
    """A history line as the instruction it was, as far as that can be told."""
    text = created_by[:_LINE_CHARACTERS].removesuffix(" # buildkit").strip()
    if marker := _NOP.match(text):
        return text[marker.end() :]
    return f"RUN {text[shell.end() :]}" if (shell := _SHELL.match(text)) else text


def _spelled(text: str) -> tuple[str, ...]:
    """What of an instruction's text is the same in a Dockerfile and in a history."""
    words = text[:_LINE_CHARACTERS].split()
    keyword = words[0].upper() if words else ""
    if keyword in {"COPY", "ADD", "WORKDIR"}:
        return (keyword, words[-1].strip('[]",').rstrip("/"))
    plain = [word for word in words[1:] if not word.startswith("--mount=")]
    return (keyword, *plain)
