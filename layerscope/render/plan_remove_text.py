"""The plan of a removal for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import short_digest
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import Page, add_row, sizes, table_of
from layerscope.render.plan_pull_text import DEFAULT_WIDTH, NO_BLOBS, size_text
from layerscope.units import count_text, counted

if TYPE_CHECKING:
    from layerscope.report.plan_remove_document import Counted, PlanRemoveDocument

IMAGES_SHOWN = 50
SETS_SHOWN = 8
BLOBS_SHOWN = 20
NAMES_IN_A_SET = 4
IDENTITIES: dict[Counted, str] = {
    "blob": "registry, blobs",
    "chain_id": "node, tars",
    "docker": "node, docker's",
}


def plan_remove_text(
    document: PlanRemoveDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images to remove.

    Args:
        document: The document.
        verbose: Whether every blob, image and set has a line.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    _sums(page, document)
    _images(page, document, verbose=verbose)
    _stays(page, document, verbose=verbose)
    _blobs(page, document, verbose=verbose)
    return page.encoded()


def _sums(page: Page, document: PlanRemoveDocument) -> None:
    freed = document.sums[0].freed_bytes
    page.title(
        "remove",
        f"{size_text(freed)} of a registry are freed: {counted(len(document.images), 'image')} "
        f"gone, {count_text(len(document.keep))} kept",
    )
    table = table_of(
        ("", "text"),
        ("held", "right"),
        ("freed", "right"),
        ("kept", "right"),
        ("unknown", "right"),
        ("bytes", "right"),
        ("freed", "right"),
        ("kept", "right"),
    )
    for row in document.sums:
        counts = (row.things, row.freed_things, row.kept_things, row.unknown_things)
        cells = [IDENTITIES[row.identity], *map(count_text, counts)]
        add_row(table, cells + sizes(row.bytes, row.freed_bytes, row.kept_bytes))
    page.table(table)
    if any(blob.digest is None for blob in document.blobs):
        page.line(NO_BLOBS)


def _images(page: Page, document: PlanRemoveDocument, *, verbose: bool) -> None:
    titles = titles_of([image.image for image in document.images])
    page.title("images", "what goes if only that one goes")
    table = table_of(
        ("image", "text"),
        ("blobs", "right"),
        ("alone", "right"),
        *([("snapshots", "right"), ("alone", "right")] if verbose else []),
        ("docker's", "right"),
        ("alone", "right"),
    )
    shown = document.images if verbose else document.images[:IMAGES_SHOWN]
    for title, image in zip(titles, shown, strict=False):
        parts = [image.blob, *([image.chain_id] if verbose else []), image.docker]
        numbers = [number for part in parts for number in (part.bytes, part.alone_bytes)]
        add_row(table, [title, *sizes(*numbers)])
    page.table(table)
    if len(shown) < len(document.images):
        page.line(f"… and {counted(len(document.images) - len(shown), 'image')} more")


def _stays(page: Page, document: PlanRemoveDocument, *, verbose: bool) -> None:
    rows = [row for row in document.stays if verbose or row.identity == "blob"]
    if not rows:
        return
    names = titles_of(document.keep)
    page.title("stays", "because exactly these images need it")
    columns = [("bytes", "right"), ("things", "right"), ("kept by", "text")]
    table = table_of(*([("counted", "text")] if verbose else []), *columns)
    shown = rows if verbose else rows[:SETS_SHOWN]
    for row in shown:
        more = len(row.keepers) - NAMES_IN_A_SET
        text = ", ".join(names[at] for at in row.keepers[:NAMES_IN_A_SET])
        text += f" and {count_text(more)} more" if more > 0 else ""
        lead = [IDENTITIES[row.identity]] if verbose else []
        add_row(table, [*lead, *sizes(row.bytes), count_text(row.things), text])
    page.table(table)
    if len(shown) < len(rows):
        page.line(f"… and {counted(len(rows) - len(shown), 'set')} more; -v lists all")


def _blobs(page: Page, document: PlanRemoveDocument, *, verbose: bool) -> None:
    freed = [blob for blob in document.blobs if blob.kept is False]
    freed.sort(key=lambda blob: -(blob.bytes or 0))
    rows = document.blobs if verbose else freed[:BLOBS_SHOWN]
    if not rows:
        return
    page.title("blobs", "" if verbose else "that are freed, the largest first")
    columns = [("digest", "left"), ("kind", "left"), ("bytes", "right")]
    table = table_of(*columns, *([("kept by", "right"), ("", "text")] if verbose else []))
    for blob in rows:
        cells = [short_digest(blob.digest), blob.kind, *sizes(blob.bytes)]
        state = "kept" if blob.kept else "freed" if blob.kept is False else "may be kept"
        add_row(table, cells + ([count_text(len(blob.keepers)), state] if verbose else []))
    page.table(table)
    if not verbose and len(freed) > len(rows):
        page.line(f"… and {counted(len(freed) - len(rows), 'blob')} more; -v lists all")
