"""The plan of a pull for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import short_digest
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from layerscope.report.plan_pull_document import PlanPullDocument

DEFAULT_WIDTH = 80
BLOBS_SHOWN = 20
IMAGES_SHOWN = 50
NO_BLOBS = (
    "?: an archive holds layers uncompressed, as docker save writes them. How large\n"
    "the blobs of a registry are cannot be told from it."
)


def plan_pull_text(
    document: PlanPullDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images to pull.

    Args:
        document: The document.
        verbose: Whether every blob and every image has a line.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    titles = titles_of([image.image for image in document.images])
    _sums(page, document)
    _unpacking(page, document)
    if len(document.images) > 1:
        _images(page, document, titles, verbose=verbose)
    _blobs(page, document, verbose=verbose)
    return page.encoded()


def size_text(count: int | None) -> str:
    """A size, or `?` where it is not known."""
    return UNKNOWN if count is None else bytes_text(count)


def _sums(page: Page, document: PlanPullDocument) -> None:
    blobs = document.sums[-1]
    moved = UNKNOWN if document.moved_blobs is None else count_text(document.moved_blobs)
    page.title(
        "pull",
        f"{size_text(document.moved_bytes)} move: {moved} of {counted(blobs.blobs, 'blob')}, "
        f"with {counted(len(document.have), 'image')} there",
    )
    table = table_of(
        ("blobs", "left"),
        ("needed", "right"),
        ("there", "right"),
        ("unknown", "right"),
        ("move", "right"),
        ("bytes", "right"),
        ("there", "right"),
        ("move", "right"),
    )
    for row in document.sums:
        if row.kind == "all":
            table.add_section()
        counts = (row.blobs, row.held_blobs, row.unknown_blobs, row.moved_blobs)
        cells = [row.kind, *map(count_text, counts)]
        add_row(table, cells + sizes(row.bytes, row.held_bytes, row.moved_bytes))
    page.table(table)
    by_diff_id, by_chain_id = document.moved_bytes_by_diff_id, document.moved_bytes_by_chain_id
    if by_diff_id != document.moved_bytes:
        page.line(f"{size_text(by_diff_id)} if layers of equal content that are there do not move")
    if by_chain_id != document.moved_bytes:
        page.line(f"{size_text(by_chain_id)} if layers that are unpacked there do not move")
    if any(blob.digest is None for blob in document.blobs):
        page.line(NO_BLOBS)


def _unpacking(page: Page, document: PlanPullDocument) -> None:
    told = document.unpacking
    page.title(
        "unpack",
        f"{count_text(told.unpacked)} of {counted(told.snapshots, 'snapshot')}, "
        f"{size_text(told.unpacked_bytes)} of tar, "
        f"{size_text(told.unpacked_snapshot_bytes)} as docker counts"
        + (f"; {count_text(told.unknown)} not known" if told.unknown else ""),
    )


def _images(page: Page, document: PlanPullDocument, titles: list[str], *, verbose: bool) -> None:
    page.title("images", "what moves for one alone, and after those above it")
    table = table_of(
        ("image", "text"),
        ("blobs", "right"),
        ("bytes", "right"),
        ("alone", "right"),
        ("after those\nabove", "right"),
    )
    shown = document.images if verbose else document.images[:IMAGES_SHOWN]
    for title, image in zip(titles, shown, strict=False):
        cells = [title, count_text(image.blobs)]
        add_row(table, cells + sizes(image.bytes, image.alone_bytes, image.after_bytes))
    page.table(table)
    if len(shown) < len(document.images):
        page.line(f"… and {counted(len(document.images) - len(shown), 'image')} more")


def _blobs(page: Page, document: PlanPullDocument, *, verbose: bool) -> None:
    moved = [blob for blob in document.blobs if not blob.held]
    moved.sort(key=lambda blob: -(blob.bytes or 0))
    rows = document.blobs if verbose else moved[:BLOBS_SHOWN]
    if not rows:
        return
    page.title("blobs", "" if verbose else "that move, the largest first")
    table = table_of(
        ("digest", "left"),
        ("kind", "left"),
        ("bytes", "right"),
        ("in images", "right"),
        ("", "text"),
    )
    for blob in rows:
        note = "there" if blob.held else "moves" if blob.held is False else "may be there"
        if not blob.held and blob.held_by_diff_id:
            note += ", equal content is there"
        if blob.foreign:
            note += ", foreign"
        cells = [short_digest(blob.digest), blob.kind, *sizes(blob.bytes)]
        add_row(table, [*cells, count_text(len(blob.images)), note])
    page.table(table)
    if not verbose and len(moved) > len(rows):
        page.line(f"… and {counted(len(moved) - len(rows), 'blob')} more; -v lists all")
