"""The document `layerscope.catalog/1`: what the catalog of layers holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope import __version__
from layerscope.report.document import Row, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.catalog.gc import Collected, Holding


class KindRow(Row, frozen=True, kw_only=True):
    """Objects of one kind: how many, and their bytes."""

    kind: Literal[
        "tables",
        "beginnings",
        "packages",
        "sketches",
        "blobs",
        "archives",
        "outdated",
        "unfinished",
    ]
    objects: int
    bytes: int


class CatalogDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.catalog/1` document.

    Attributes:
        kinds: What is there, by kind.
        objects: How many objects there are.
        bytes: What they take.
        removed: How many were removed just now; None where nothing was to be removed.
        removed_bytes: Their bytes.
    """

    schema: Literal["layerscope.catalog/1"] = "layerscope.catalog/1"
    tool: Tool
    kinds: list[KindRow]
    objects: int
    bytes: int
    removed: int | None
    removed_bytes: int | None


def catalog_document(held: Sequence[Holding], collected: Collected | None) -> CatalogDocument:
    """The document of what a catalog holds after `collected` was removed from it."""
    rows = [
        KindRow(kind=each.kind, objects=each.objects, bytes=each.size_bytes)  # type: ignore[arg-type] # kinds are those of `catalog.gc`
        for each in held
    ]
    return CatalogDocument(
        tool=Tool(version=__version__),
        kinds=rows,
        objects=sum(row.objects for row in rows),
        bytes=sum(row.bytes for row in rows),
        removed=collected.removed if collected else None,
        removed_bytes=collected.removed_bytes if collected else None,
    )
