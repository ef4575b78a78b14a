"""The plan of a push for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import line, short_digest
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.render.plan_pull_text import DEFAULT_WIDTH, NO_BLOBS, size_text
from layerscope.units import count_text, counted

if TYPE_CHECKING:
    from layerscope.report.plan_push_document import PlanPushDocument, PushedImage, State

BLOBS_SHOWN = 20
STATES: dict[State, str] = {
    "upload": "are uploaded",
    "mount": "are mounted from another repository",
    "there": "are in the repository",
    "foreign": "are not pushed, clients get them elsewhere",
    "unknown": "may be there, or mounted: not known",
}


def plan_push_text(
    document: PlanPushDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images to push.

    Args:
        document: The document.
        verbose: Whether every blob has a line.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    titles = titles_of([image.image for image in document.images])
    page.title(
        "push",
        f"{size_text(document.uploaded_bytes)} uploaded, "
        f"{size_text(document.stored_bytes)} stored anew, "
        f"with {counted(len(document.have), 'image')} there",
    )
    table = table_of(("blobs", "right"), ("bytes", "right"), ("", "text"))
    for row in document.states:
        add_row(table, [count_text(row.blobs), *sizes(row.bytes), STATES[row.state]])
    page.table(table)
    if any(blob.digest is None for blob in document.blobs):
        page.line(NO_BLOBS)
    places = [image.repository for image in document.images]
    if None in places + [image.repository for image in document.have]:
        page.line("Of some images the repository is not known: --to NAME, --have NAME=IMAGE.")
    _images(page, document, titles)
    _blobs(page, document, verbose=verbose)
    return page.encoded()


def _images(page: Page, document: PlanPushDocument, titles: list[str]) -> None:
    page.title("images", "each after those above it")
    table = table_of(
        ("image", "text"),
        ("to", "text"),
        ("bytes", "right"),
        ("uploaded", "right"),
        ("mounted", "right"),
        ("there", "right"),
    )
    for title, image in zip(titles, document.images, strict=True):
        where = UNKNOWN
        if image.repository is not None:
            where = line(f"{image.registry}/{image.repository}")
        numbers = (image.bytes, image.uploaded_bytes, _of(image, "mount"), _of(image, "there"))
        add_row(table, [title, where, *sizes(*numbers)])
    page.table(table)


def _of(image: PushedImage, state: State) -> int | None:
    return next((row.bytes for row in image.states if row.state == state), 0)


def _blobs(page: Page, document: PlanPushDocument, *, verbose: bool) -> None:
    sent = [blob for blob in document.blobs if blob.state != "there"]
    sent.sort(key=lambda blob: (blob.state != "upload", -(blob.bytes or 0)))
    rows = document.blobs if verbose else sent[:BLOBS_SHOWN]
    if not rows:
        return
    page.title("blobs", "" if verbose else "that are not there, the largest uploads first")
    table = table_of(
        ("digest", "left"), ("kind", "left"), ("bytes", "right"), ("", "left"), ("from", "text")
    )
    for blob in rows:
        cells = [short_digest(blob.digest), blob.kind, *sizes(blob.bytes), blob.state]
        add_row(table, [*cells, line(", ".join(blob.sources))])
    page.table(table)
    if not verbose and len(sent) > len(rows):
        page.line(f"… and {counted(len(sent) - len(rows), 'blob')} more; -v lists all")
