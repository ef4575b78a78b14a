"""Which line of a Dockerfile made which layer of an image."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.analysis.alignment import aligned
from layerscope.cache.lint.reading import read_all
from layerscope.dockerfile.instructions import Add, Copy, Run, Workdir

if TYPE_CHECKING:
    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.report.document import ImageRow

_NOP = re.compile(r"\A\S{0,200} -c #\(nop\)\s{1,9}")
_SHELL = re.compile(r"\A(?:RUN )?(?:\|[0-9]{1,4} .{0,4000}? )?/bin/(?:ba)?sh -[a-z]{0,6}c ")
_LINE_CHARACTERS = 20_000


def instruction_lines(
    dockerfile: Dockerfile, row: ImageRow, target: str | None = None
) -> dict[int, int]:
    """The first line of the instruction that made a layer, by the layer's index.

    Instructions of the stage that is built and history lines are laid beside each other in order,
    by their texts: a `COPY` by its destination, a `RUN` by its command. A layer that fits no line
    has none.

    Args:
        dockerfile: What the image may have been built from.
        row: The image.
        target: The stage that was built; None is the last.
    """
    steps = [step.instruction for step in read_all(dockerfile, target=target).image_steps]
    makers = [each for each in steps if isinstance(each, Run | Copy | Add | Workdir)]
    layers = [layer for layer in row.layers if layer.created_by]
    pairs = aligned(
        [_spelled(each.code) for each in makers],
        [_spelled(_plain(layer.created_by or "")) for layer in layers],
    )
    return {layers[at].index: makers[place].location.first_line for place, at in pairs}


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
