"""The history of an image for people: one step a line, from the base up, with what it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line
from layerscope.render.facts_text import about
from layerscope.render.page import NARROW_SIZES, UNKNOWN, Page, add_row, sizes, table_of
from layerscope.render.text import DEFAULT_WIDTH, WIDE, image_title, whence
from layerscope.units import bytes_text, counted, share_text

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
    "unknown": "[?] ",
}
_ENDS_A_BASE = ("CMD ", "ENTRYPOINT ")


def history_text(
    document: HistoryDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The history as UTF-8 text.

    Steps that made no layer have no sizes; `?` is a layer that could not be read. A rule follows
    the last step of the base, if it is known. There is no text if there is no image.

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
        *([("share", "right")] if wide else []),
    )
    border = _last_of_base(document.steps)
    for position, step in enumerate(document.steps):
        number = "-" if step.layer is None else str(step.layer)
        created = [line(step.created or UNKNOWN, 11)[:10]] if wide else []
        share = [_share(step.hidden_bytes, step.content_bytes)] if wide else []
        add_row(table, [number, *created, _words(step), *_sizes(step), *share])
        if position == border:
            table.add_section()
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
    sums = [
        sum(size for size in column if size is not None) if None not in column else None
        for column in columns
    ]
    return [
        "",
        *([""] if wide else []),
        counted(len(made), "layer"),
        *sizes(*sums),
        *([_share(sums[3], sums[2])] if wide else []),
    ]


def _share(hidden: int | None, content: int | None) -> str:
    """The share of the content that is hidden; nothing where there is none to speak of."""
    return share_text(hidden, content) if hidden and content else ""


def _last_of_base(steps: Sequence[StepRow]) -> int | None:
    """The position of the base's last step, if own steps follow.

    Steps without a layer may be the base's or the image's own. A base mostly ends in its CMD, so
    that those up to a CMD or ENTRYPOINT are taken for the base's.
    """
    last = max((at for at, step in enumerate(steps) if step.from_base), default=None)
    if last is None:
        return None
    for at in range(last + 1, len(steps)):
        if steps[at].from_base is not None:
            break
        if instruction(steps[at].created_by).startswith(_ENDS_A_BASE):
            last = at
    return last if last + 1 < len(steps) else None


def _sizes(step: StepRow) -> list[str]:
    if step.layer is None:
        return ["-"] * 4 if step.empty_layer else ["no layer", "-", "-", "-"]
    hidden = ["-"] if step.hidden_bytes == 0 else sizes(step.hidden_bytes)
    return [
        *sizes(step.compressed_bytes, step.uncompressed_bytes, step.content_bytes),
        *hidden,
    ]


def _unreviewable(page: Page, steps: Sequence[StepRow]) -> None:
    """How much of the image nobody can review, for sure and perhaps; empty layers aside."""
    rows = [
        step
        for step in steps
        if step.layer is not None and not step.reviewable and step.content_bytes != 0
    ]
    unknown = [step for step in rows if step.origin == "unknown"]
    made = [step for step in rows if step.origin != "unknown"]
    if rows:
        page.line("")
    if made:
        page.line(f"{_amount(made)} that no Dockerfile instruction explains")
    if unknown:
        page.line(f"{_amount(unknown)} whose origin the record does not tell, marked [?]")


def _amount(rows: Sequence[StepRow]) -> str:
    known = [step.content_bytes for step in rows if step.content_bytes is not None]
    size = bytes_text(sum(known)) if len(known) == len(rows) else f"{UNKNOWN} bytes"
    return f"{counted(len(rows), 'layer')} with {size}"
