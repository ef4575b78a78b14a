"""The dedup ladder for people: a line for each level, and what each image adds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.units import count_text, counted

if TYPE_CHECKING:
    from layerscope.report.dedup_document import DedupDocument, DedupLevel, LevelRow

DEFAULT_WIDTH = 80
IMAGES_SHOWN = 50

LEVELS: dict[DedupLevel, str] = {
    "referenced": "nothing",
    "blob": "blobs",
    "diff_id": "layers",
    "file": "files",
    "fastcdc_64k": "64 KiB FastCDC",
    "fixed_4k": "4 KiB spans",
    "fixed_1m": "1 MiB spans",
    "fixed_4m": "4 MiB spans",
}
"""What is kept once, level by level."""

ADDED: dict[DedupLevel, str] = {
    "diff_id": "by layer",
    "file": "by file",
    "fastcdc_64k": "by chunk",
}
"""Levels whose unique bytes each image's line has, and their headers."""


def dedup_text(
    document: DedupDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether all images are listed, however many there are.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    _levels(page, document)
    _images(page, document, verbose=verbose)
    return page.encoded()


def _titles(document: DedupDocument) -> list[str]:
    """What each image is called, with its platform where another one has the same name."""
    titles = titles_of([image.image for image in document.images])
    seen = Counter(titles)
    return [
        title if seen[title] == 1 else f"{title} {line(str(image.image.platform), 40)}"
        for title, image in zip(titles, document.images, strict=True)
    ]


def _levels(page: Page, document: DedupDocument) -> None:
    images = counted(len(document.images), "image")
    page.title("dedup", f"{images}; what is left if equal things are kept once")
    table = table_of(
        ("kept once", "text"),
        ("objects", "right"),
        ("stored", "right"),
        ("content", "right"),
        ("content\nless by", "right"),
        ("index", "right"),
        ("requests", "right"),
    )
    whole = document.levels[0].content_bytes
    for level in document.levels:
        counts = [UNKNOWN if level.objects is None else count_text(level.objects)]
        counts += [_stored(level), *sizes(level.content_bytes), _factor(whole, level.content_bytes)]
        counts += sizes(level.index_bytes)
        counts.append(UNKNOWN if level.requests is None else count_text(level.requests))
        add_row(table, [LEVELS[level.level], *counts])
    page.table(table)
    blobs = {level.level: level.compressed_bytes for level in document.levels}
    page.line(
        f"stored: blobs as they are, {_factor(blobs.get('referenced'), blobs.get('blob'))} less."
        "  content: files, uncompressed.\n"
        f"index: {document.index_entry_bytes} bytes for each object and each time it is listed.\n"
        "requests: objects of each image, summed, if a node that holds nothing pulls it."
    )


def _stored(level: LevelRow) -> str:
    """Bytes as stored, which only blobs have."""
    if level.level not in ("referenced", "blob"):
        return "-"
    return sizes(level.compressed_bytes)[0]


def _factor(whole: int | None, part: int | None) -> str:
    """How many times less `part` is than `whole`."""
    if whole is None or part is None:
        return UNKNOWN
    return f"{whole / part:.2f}x" if part else "-"


def _images(page: Page, document: DedupDocument, *, verbose: bool) -> None:
    shown = document.images if verbose else document.images[:IMAGES_SHOWN]
    own = [name for name in ADDED if any(level.level == name for level in document.levels)]
    page.title("images", "their content, and what of it no other image has")
    table = table_of(
        ("image", "text"),
        ("content", "right"),
        *((ADDED[name], "right") for name in own),
        ("layers", "right"),
        ("files", "right"),
    )
    titles = _titles(document)
    for title, image in zip(titles, shown, strict=False):
        levels = {level.level: level for level in image.levels}
        measured = sizes(
            levels["referenced"].content_bytes, *(levels[name].unique_bytes for name in own)
        )
        counts = [levels[name].objects for name in ("diff_id", "file")]
        cells = [UNKNOWN if count is None else count_text(count) for count in counts]
        add_row(table, [title, *measured, *cells])
    page.table(table)
    if len(shown) < len(document.images):
        page.line(f"… and {counted(len(document.images) - len(shown), 'image')} more (-v)")
