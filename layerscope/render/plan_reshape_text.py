"""The plans of a squash, a merge and a split for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import exact
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import Page, add_row, sizes, table_of
from layerscope.render.plan_rebase_text import IDENTITIES, sizes_table, stored_table
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from layerscope.report.plan_reshape_document import PlanReshapeDocument, ReshapedImage

DEFAULT_WIDTH = 80
PATHS_SHOWN = 10


def plan_reshape_text(
    document: PlanReshapeDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether all paths that keep a layer from being written are listed.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    titles = titles_of([image.image for image in document.images])
    for title, image in zip(titles, document.images, strict=True):
        _image(page, title, image, verbose=verbose)
    stored_table(page, document.stored)
    return page.encoded()


def _image(page: Page, title: str, image: ReshapedImage, *, verbose: bool) -> None:
    first, last = image.first_layer, image.last_layer
    span = f"layer {first} becomes" if first == last else f"layers {first} to {last} become"
    new = counted(len(image.new_layers), "layer") if image.after else "layers"
    page.title(title, f"{span} {new} that a container cannot tell from them")
    table = table_of(
        ("", "left"), ("members", "right"), ("uncompressed", "right"), ("content", "right")
    )
    old = image.replaced
    add_row(table, ["replaced", "", *sizes(old.uncompressed_bytes, old.content_bytes)])
    for layer in image.new_layers:
        members = "?" if layer.entries is None else count_text(layer.entries)
        measured = sizes(layer.uncompressed_bytes, layer.content_bytes)
        add_row(table, [f"new layer {layer.index}", members, *measured])
    page.table(table)
    if image.hidden_bytes:
        page.line(f"{bytes_text(image.hidden_bytes)} of the content was hidden and goes")
    page.line("")
    if image.after:
        sizes_table(page, image.before, image.after)
    for layer in image.new_layers:
        shown = layer.refused if verbose else layer.refused[:PATHS_SHOWN]
        for one in shown:
            page.line(f"layer {layer.index} cannot be written: {exact(one.path)} is {one.why}")
        if len(shown) < len(layer.refused):
            page.line(f"… and {count_text(len(layer.refused) - len(shown))} more")
    if image.engine_differs:
        count = counted(len(image.engine_differs), "path")
        page.line(f"engines and umoci disagree at {count}; the plan keeps what umoci makes")
    page.title("shared", "with other images given")
    table = table_of(("layers that are equal by", "text"), ("before", "right"), ("after", "right"))
    for row in image.shared:
        add_row(table, [IDENTITIES[row.identity], *sizes(row.before_bytes, row.after_bytes)])
    page.table(table)
