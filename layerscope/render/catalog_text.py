"""The catalog for people: what it holds and what was removed of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.page import Page, add_row, table_of
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from layerscope.report.catalog_document import CatalogDocument

WORDS = {
    "tables": "file tables of layers",
    "beginnings": "beginnings of files that grew",
    "packages": "what files say of packages",
    "sketches": "samples of contents",
    "blobs": "what compressed blobs unpack to",
    "archives": "what archives hold",
    "outdated": "of an older version",
    "unfinished": "left by killed programs",
}


def catalog_text(document: CatalogDocument, *, width: int, styled: bool) -> bytes:
    """The document as UTF-8 text."""
    page = Page(width, styled=styled)
    if document.removed is not None and document.removed_bytes is not None:
        removed = bytes_text(document.removed_bytes)
        page.line(f"removed {removed} in {counted(document.removed, 'object')}")
    page.line(f"the catalog holds {bytes_text(document.bytes)}")
    table = table_of(("what", "left"), ("objects", "right"), ("bytes", "right"))
    for row in document.kinds:
        if row.objects:
            add_row(table, [WORDS[row.kind], count_text(row.objects), bytes_text(row.bytes)])
    if document.objects:
        page.line("")
        page.table(table)
    return page.encoded()
