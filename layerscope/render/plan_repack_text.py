"""The plan of new layers for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import exact
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import Page, add_row, sizes, table_of
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.plan_repack_document import (
        PlanRepackDocument,
        RepackBytes,
        RepackLayer,
        RepackLayout,
    )

DEFAULT_WIDTH = 80
LAYERS_SHOWN = 20
IMAGES_SHOWN = 20
IMAGES_IN_A_SET = 6
PATHS_SHOWN = 2
PATH_CHARACTERS = 60

LEFT_OUT = {
    "not-read": "not all of its files are at hand",
    "over-limit": "its tree is larger than any engine unpacks",
    "dangling-hard-link": "a hard link of it names nothing",
    "unknown-entry-type": "an entry of it is of an unknown type",
}


def plan_repack_text(
    document: PlanRepackDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether all layers and images are listed.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    titles = titles_of([image.image for image in document.images])
    planned = len(document.images) - sum(image.left_out is not None for image in document.images)
    most = counted(document.max_layers, "layer")
    page.title("repack", f"{counted(planned, 'image')}, at most {most} in each")
    for title, image in zip(titles, document.images, strict=True):
        if image.left_out is not None:
            page.line(f"left out: {title}: {LEFT_OUT[image.left_out]}")
    if not document.layouts:
        return page.encoded()
    page.line(
        f"{counted(document.entries, 'different entry', 'different entries')} in "
        f"{counted(document.signatures, 'set')} of images that hold the same ones"
    )
    if document.ignore_times:
        page.line("files that differ in nothing but their times count as one")
    if document.hidden_bytes:
        page.line(f"{bytes_text(document.hidden_bytes)} stored now are seen in no image")
    _costs(page, document)
    _images(page, document, titles, verbose=verbose)
    for layout in document.layouts if verbose else document.layouts[:1]:
        _layers(page, document, layout, verbose=verbose)
    if not verbose:
        page.line("\n-v lists all layers of all layouts, and all images.")
    return page.encoded()


def _costs(page: Page, document: PlanRepackDocument) -> None:
    page.title("costs", "content of files; uncompressed tars")
    names = [_name(document, layout) for layout in document.layouts]
    table = table_of(
        ("", "left"), ("now", "right"), *((name, "right") for name in names), ("bound", "right")
    )
    now, bound = document.now, document.lower_bound
    layouts = [layout.costs for layout in document.layouts]
    counts = [count_text(costs.layers) for costs in (now, *layouts)]
    add_row(table, ["different layers", *counts, ""])
    lines: list[tuple[str, RepackBytes | None, list[RepackBytes | None], RepackBytes | None]] = [
        ("registry", now.registry, [costs.registry for costs in layouts], bound),
        ("node", now.node, [costs.node for costs in layouts], bound),
        ("updates", now.update, [costs.update for costs in layouts], None),
    ]
    for what, old, new, least in lines:
        if old is None:
            continue
        cells = [one.content_bytes if one else 0 for one in (old, *new)]
        tars = [one.uncompressed_bytes if one else 0 for one in (old, *new)]
        least_cells = sizes(least.content_bytes) if least else [""]
        add_row(table, [f"{what}, content", *sizes(*cells), *least_cells])
        least_cells = sizes(least.uncompressed_bytes) if least else [""]
        add_row(table, [f"{what}, tars", *sizes(*tars), *least_cells])
    page.table(table)
    for name, layout in zip(names, document.layouts, strict=True):
        saved = layout.saved
        words = [
            _change("registry", saved.registry, now.registry),
            _change("node", saved.node, now.node),
        ]
        if saved.update and now.update:
            words.append(_change("updates", saved.update, now.update))
        note = (
            "no image has more layers than now"
            if layout.same_limits_as_now
            else "not at the numbers of layers that images have now"
        )
        page.line(f"{' '.join(name.split())}, content ({note}):")
        for word in words:
            page.line(f"    {word}")
    page.line("Compressed sizes are not known before layers are written.")


def _change(what: str, saved: RepackBytes, now: RepackBytes) -> str:
    less = saved.content_bytes
    share = share_text(abs(less), now.content_bytes)
    return f"{what} {bytes_text(abs(less))} {'less' if less >= 0 else 'more'} ({share})"


def _name(document: PlanRepackDocument, layout: RepackLayout) -> str:
    if layout.name == "as-now":
        return "as many\nas now"
    return f"at most\n{counted(document.max_layers, 'layer')}"


def _images(
    page: Page, document: PlanRepackDocument, titles: Sequence[str], *, verbose: bool
) -> None:
    page.title("layers of each image", "used of those it may have")
    table = table_of(
        ("", "right"),
        ("image", "text"),
        ("now", "right"),
        *((_name(document, layout), "right") for layout in document.layouts),
    )
    stacks = list(zip(*(layout.images for layout in document.layouts), strict=True))
    shown = stacks if verbose else stacks[:IMAGES_SHOWN]
    for rows in shown:
        at = rows[0].image
        cells = [f"{count_text(len(row.layers))} of {count_text(row.most)}" for row in rows]
        add_row(table, [count_text(at), titles[at], count_text(document.images[at].layers), *cells])
    page.table(table)
    if len(shown) < len(stacks):
        page.line(f"… and {counted(len(stacks) - len(shown), 'image')} more")
    if verbose:
        for update in document.updates:
            page.line(f"update: {titles[update.old]} to {titles[update.new]}")


def _layers(
    page: Page, document: PlanRepackDocument, layout: RepackLayout, *, verbose: bool
) -> None:
    about = " ".join(_name(document, layout).split())
    page.title("layers", f"{about}; images by their numbers above")
    table = table_of(
        ("layer", "right"),
        ("content", "right"),
        ("tar", "right"),
        ("files", "right"),
        ("in", "right"),
        ("images: first paths", "text"),
    )
    shown = layout.layers if verbose else layout.layers[:LAYERS_SHOWN]
    for number, layer in enumerate(shown):
        cells = [count_text(number), *sizes(layer.content_bytes, layer.uncompressed_bytes)]
        cells += [count_text(layer.files), count_text(len(layer.images)), _about(layer)]
        add_row(table, cells)
    page.table(table)
    if len(shown) < len(layout.layers):
        page.line(f"… and {counted(len(layout.layers) - len(shown), 'layer')} more")


def _about(layer: RepackLayer) -> str:
    numbers = ",".join(map(str, layer.images[:IMAGES_IN_A_SET]))
    more = ",…" if len(layer.images) > IMAGES_IN_A_SET else ""
    paths = ", ".join(exact(path, PATH_CHARACTERS) for path in layer.paths[:PATHS_SHOWN])
    return f"{numbers}{more}: {paths}"
