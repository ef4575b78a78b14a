"""The history of an image for people: one step a line, from the base up, with what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line
from layerscope.render.page import NARROW_SIZES, Page, add_row, sizes, table_of
from layerscope.render.text import DEFAULT_WIDTH

if TYPE_CHECKING:
    from layerscope.report.answers import HistoryDocument, StepRow

_MARKS = {"hand-made": "[hand-made] ", "imported": "[imported] "}


def history_text(
    document: HistoryDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The history as UTF-8 text.

    Steps that made no layer have no sizes; `?` is a layer that could not be read.

    Args:
        document: The history.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    image = document.image
    name = line(image.names[0]) if image.names else f"{line(image.input)}:@{image.index}"
    page.title(name, line(str(image.platform), 40))
    table = table_of(
        ("layer", "right"),
        ("created", "left"),
        ("step", "text"),
        *((header, "right") for header in NARROW_SIZES),
    )
    for step in document.steps:
        number = "-" if step.layer is None else str(step.layer)
        add_row(table, [number, line(step.created or "?", 11)[:10], _words(step), *_sizes(step)])
    page.table(table)
    for fault in document.faults:
        page.line(f"fault: {line(fault.message, 400)} ({line(fault.code)})", "red")
    return page.encoded()


def _words(step: StepRow) -> str:
    """The instruction with its mark; an import names no command, so its comment stands for it."""
    if step.origin == "missing":
        return instruction(None)
    words = instruction(step.created_by or step.comment or "") or "(the record says nothing)"
    return _MARKS.get(step.origin, "") + words


def _sizes(step: StepRow) -> list[str]:
    if step.layer is None:
        return ["-"] * len(NARROW_SIZES) if step.empty_layer else ["no layer", "-", "-"]
    return sizes(step.compressed_bytes, step.uncompressed_bytes, step.content_bytes)
