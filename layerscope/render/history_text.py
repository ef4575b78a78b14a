"""The history of an image for people: one step a line, from the base up, with what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line
from layerscope.render.facts_text import about
from layerscope.render.page import NARROW_SIZES, UNKNOWN, Page, add_row, sizes, table_of
from layerscope.render.text import DEFAULT_WIDTH, WIDE, image_title, whence
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.answers import HistoryDocument, StepRow

_MARKS = {
    "build-tool": "[build tool] ",
    "hand-made": "[hand-made] ",
    "imported": "[imported] ",
    "root-filesystem": "[root fs] ",
    "single-snapshot": "[one snapshot] ",
    "squashed": "[squashed] ",
}


def history_text(
    document: HistoryDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The history as UTF-8 text.

    Steps that made no layer have no sizes; `?` is a layer that could not be read. There is no text
    if there is no image.

    Args:
        document: The history.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if document.image is None or document.steps is None:
        return b""
    page = Page(width, styled=styled)
    page.title(image_title(document.image), line(str(document.image.platform), 40))
    page.line(whence(document.image))
    for name, text in about(document.base, document.builder):
        page.line(f"{name:<9}{text}")
    if not document.steps:
        page.line("no layers, and no record of any step")
        return page.encoded()
    wide = width >= WIDE
    table = table_of(
        ("layer", "right"),
        *([("created", "left")] if wide else []),
        ("step", "text"),
        *((header, "right") for header in (*NARROW_SIZES, "hidden\nlater")),
    )
    for step in document.steps:
        number = "-" if step.layer is None else str(step.layer)
        created = [line(step.created or UNKNOWN, 11)[:10]] if wide else []
        add_row(table, [number, *created, _words(step), *_sizes(step)])
    if any(step.layer is not None for step in document.steps):
        table.add_section()
        add_row(table, _sums(document.steps, wide=wide), "bold")
    page.table(table)
    _unreviewable(page, document.steps)
    for fault in document.faults:
        page.line(f"fault: {line(fault.message, 400)} ({line(fault.code)})", "red")
    return page.encoded()


def _words(step: StepRow) -> str:
    """The instruction with its mark; an import names no command, so its comment stands for it."""
    if step.origin == "missing":
        return instruction(None)
    words = instruction(step.created_by or step.comment or "") or "(the record says nothing)"
    return _MARKS.get(step.origin, "") + words


def _sums(steps: Sequence[StepRow], *, wide: bool) -> list[str]:
    """The last row: how many layers there are, and what they come to as far as it is known."""
    made = [step for step in steps if step.layer is not None]
    columns = (
        [step.compressed_bytes for step in made],
        [step.uncompressed_bytes for step in made],
        [step.content_bytes for step in made],
        [step.hidden_bytes for step in made],
    )
    known = [[size for size in column if size is not None] for column in columns]
    return [
        "",
        *([""] if wide else []),
        counted(len(made), "layer"),
        *sizes(*(sum(column) if len(column) == len(made) else None for column in known)),
    ]


def _sizes(step: StepRow) -> list[str]:
    if step.layer is None:
        return ["-"] * 4 if step.empty_layer else ["no layer", "-", "-", "-"]
    hidden = ["-"] if step.hidden_bytes == 0 else sizes(step.hidden_bytes)
    return [
        *sizes(step.compressed_bytes, step.uncompressed_bytes, step.content_bytes),
        *hidden,
    ]


def _unreviewable(page: Page, steps: Sequence[StepRow]) -> None:
    """How much of the image no Dockerfile tells of."""
    rows = [step for step in steps if step.layer is not None and not step.reviewable]
    known = [step.content_bytes for step in rows if step.content_bytes is not None]
    if rows:
        size = bytes_text(sum(known)) if len(known) == len(rows) else UNKNOWN
        page.line(
            f"\n{counted(len(rows), 'layer')} with {size} that no Dockerfile instruction explains"
        )
