"""Why one step misses, for people: the chain back to the first cause, then the contexts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.cache_text import OUTCOMES, lines_to_try, wrapped
from layerscope.render.escape import line
from layerscope.render.page import Page
from layerscope.render.text import DEFAULT_WIDTH
from layerscope.units import counted

if TYPE_CHECKING:
    from layerscope.report.cache_document import StepRow
    from layerscope.report.explain_document import ContextsRow, ExplainDocument

SHOWN_DIFFERENCES = 10
INDENT = "  "


def explain_text(
    document: ExplainDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The chain as UTF-8 text, the step in question first.

    Args:
        document: The chain.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    named = [line(part, 40) for part in (document.builder, document.version) if part]
    page.title(" ".join(named))
    if document.log is not None:
        lines_to_try(page, document.debug, width)
    elif not document.chain:
        page.line("no step misses")
    for position, row in enumerate(document.chain):
        _link(page, row, width, first=position == 0)
    if document.contexts is not None:
        _contexts(page, document.contexts, width)
    if document.notes:
        page.line("")
    for note in document.notes:
        for text in wrapped(f"note: {note}", width):
            page.line(text)
    return page.encoded()


def _link(page: Page, row: StepRow, width: int, *, first: bool) -> None:
    start = "" if first else "because "
    head = f"{start}line {row.line}  {OUTCOMES[row.outcome]}  "
    page.line("")
    page.line(head + line(row.vertex or row.instruction, max(width - len(head), 20)), "bold")
    if row.reason is not None:
        for text in wrapped(f"{row.reason.code}: {row.reason.text}", width - len(INDENT)):
            page.line(INDENT + text)


def _contexts(page: Page, contexts: ContextsRow, width: int) -> None:
    page.line("")
    if not contexts.differing:
        page.line("the contexts hold the same files, with the same modes")
        return
    page.line(f"the contexts differ in {counted(contexts.differing, 'place')}", "bold")
    for culprit in contexts.culprits:
        count = counted(len(culprit.paths), "file")
        for text in wrapped(f"{culprit.code} ({count}): {culprit.text}", width - len(INDENT)):
            page.line(INDENT + text)
    if contexts.culprits:
        page.line("")
    for row in contexts.differences[:SHOWN_DIFFERENCES]:
        first, *more = wrapped(row.text, width - 2 * len(INDENT))
        page.line(INDENT + first)
        for text in more:
            page.line(2 * INDENT + text)
    rest = contexts.differing - SHOWN_DIFFERENCES
    if rest > 0:
        page.line(f"{INDENT}and {rest} more; --format json lists them")
