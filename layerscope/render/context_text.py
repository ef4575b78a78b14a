"""A build context for people: what it holds, what each instruction takes, what nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.cache_text import wrapped
from layerscope.render.escape import exact, line
from layerscope.render.page import Page, add_row, table_of
from layerscope.render.text import DEFAULT_WIDTH
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from layerscope.report.context_document import ContextDocument

SHOWN_FOLDERS = 15


def context_text(
    document: ContextDocument,
    *,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
    verbose: bool = False,
) -> bytes:
    """The context as UTF-8 text; empty where it could not be read.

    Args:
        document: What is there and used.
        width: Columns.
        styled: Whether to use bold and colour.
        verbose: Whether all unused places are listed.
    """
    page = Page(width, styled=styled)
    if document.bytes is None or document.files is None:
        return b""
    # BuildKit sends no more of it than the instructions take; the others send all.
    held = f"{bytes_text(document.bytes)} in {counted(document.files, 'file')}"
    page.title(f"the context holds {held}")
    page.line(_ignored(document))
    if document.uses:
        page.line("")
        table = table_of(("line", "right"), ("instruction", "text"), *_AMOUNT)
        for row in document.uses:
            cells = [str(row.line), line(row.instruction), count_text(row.files)]
            add_row(table, [*cells, bytes_text(row.bytes)])
        page.table(table)
    _unused(page, document, verbose=verbose)
    if document.notes:
        page.line("")
    for note in document.notes:
        for text in wrapped(f"note: {note}", width):
            page.line(text)
    return page.encoded()


_AMOUNT = (("files", "right"), ("bytes", "right"))


def _ignored(document: ContextDocument) -> str:
    if document.ignore_file is None:
        return "no .dockerignore: all files of the folder are in it"
    return f"after {counted(document.patterns, 'pattern')} of {line(document.ignore_file)}"


def _unused(page: Page, document: ContextDocument, *, verbose: bool) -> None:
    if document.unused_bytes is None or document.unused_files is None or not document.files:
        return
    page.line("")
    if not document.unused_files:
        page.line("every file is used")
        return
    share = share_text(document.unused_bytes, document.bytes) if document.bytes else "0%"
    page.line(
        f"no instruction uses {bytes_text(document.unused_bytes)} ({share}) in"
        f" {counted(document.unused_files, 'file')}",
        "bold",
    )
    table = table_of(("unused", "text"), *_AMOUNT)
    rows = document.unused if verbose else document.unused[:SHOWN_FOLDERS]
    for row in rows:
        place = exact(row.path) if row.path else "."
        name = f"{place}/" if row.whole else f"{place}/*"
        add_row(table, [name, count_text(row.files), bytes_text(row.bytes)])
    page.table(table)
    rest = len(document.unused) - len(rows)
    if rest:
        page.line(f"and {counted(rest, 'place')} more; -v lists them")
