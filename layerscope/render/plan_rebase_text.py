"""The plan of a rebase for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, short_digest
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.units import bytes_text, count_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.plan_parts import EffectRow, StackSizesRow
    from layerscope.report.plan_rebase_document import (
        ConflictRow,
        PlanRebaseDocument,
        RebasedImage,
    )

DEFAULT_WIDTH = 80
CONFLICTS_SHOWN = 20
AFFECTED_SHOWN = 20

HOW = {
    "given": "given with --from",
    "count": "given with --from-layers",
    "layers": "the image begins with it",
    "label": "a label of buildpacks says where it ends",
    "history": "a record of the history says where it ends",
}
KINDS = {
    "overwritten-update": "hides what the new base changed",
    "overwritten-new": "hides what only the new base has",
    "overwritten-attributes": "undoes changed mode, owner or attributes",
    "file-over-directory": "no directory, as it is in the new base",
    "directory-over-file": "a directory, which it is not in the new base",
    "deleted-update": "deletes what the new base changed",
    "deleted-new": "deletes what only the new base has",
    "dangling-whiteout": "deletes what the new base has no more",
    "link-target-gone": "hard link to a file that is gone",
    "link-target-changed": "hard link to a file that is another now",
    "moved-by-link": "comes to lie in",
}
IDENTITIES = {
    "blob": "blob digest (as stored)",
    "diff_id": "DiffID (uncompressed)",
    "chain_id": "ChainID (uncompressed)",
}


def plan_rebase_text(
    document: PlanRebaseDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether all conflicts and images are listed, and the layers of each result.
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
    _affected(page, document, verbose=verbose)
    if not verbose:
        page.line("\n-v lists all conflicts, and the layers of each result.")
    return page.encoded()


def sizes_table(page: Page, before: StackSizesRow, after: StackSizesRow) -> None:
    """The sizes of an image as it is and as it would be, with what that is worth."""
    table = table_of(
        ("", "left"),
        ("layers", "right"),
        ("compressed", "right"),
        ("uncompressed", "right"),
        ("content", "right"),
    )
    for name, row in (("as it is", before), ("afterwards", after)):
        measured = sizes(row.compressed_bytes, row.uncompressed_bytes, row.content_bytes)
        add_row(table, [name, count_text(row.layers), *measured])
    page.table(table)
    if before.layers != after.layers:
        page.line(
            f"{counted(before.layers, 'layer')} and {counted(after.layers, 'layer')}: "
            "sizes alone say little of what is shared or pulled."
        )


def stored_table(page: Page, rows: Sequence[EffectRow]) -> None:
    """What all images store together, before and after."""
    page.title("stored", "by all images given, each layer once")
    table = table_of(
        ("layers that are equal by", "text"),
        ("before", "right"),
        ("after", "right"),
        ("gone", "right"),
        ("new", "right"),
    )
    for row in rows:
        measured = sizes(row.before_bytes, row.after_bytes, row.gone_bytes, row.new_bytes)
        add_row(table, [IDENTITIES[row.identity], *measured])
    page.table(table)


def size_text(count: int | None) -> str:
    """A size, or `?` where it is not known."""
    return UNKNOWN if count is None else bytes_text(count)


def _image(page: Page, title: str, image: RebasedImage, *, verbose: bool) -> None:
    onto = titles_of([image.onto])[0]
    page.title(f"{title} onto {onto}")
    old = image.old_base
    name = f" {titles_of([old.image])[0]}," if old.image else ""
    page.line(f"old base:{name} {counted(old.layers, 'layer')}; {HOW[old.how]}")
    kept = counted(image.kept_base_layers, "layer")
    page.line(f"new base: {counted(image.base_layers, 'layer')}, {kept} as before")
    upper = image.after.layers - image.base_layers
    page.line(f"on top:   {counted(upper, 'layer')}, blobs and DiffIDs as before")
    if image.platform_differs:
        page.line("the new base is for another platform: what lies on it may not run there")
    blobs = UNKNOWN if image.pull_blobs is None else count_text(image.pull_blobs)
    page.line(
        f"pulled:   {size_text(image.pull_bytes)} in {blobs} blobs, where the image is already"
    )
    new = image.new_snapshots
    count = UNKNOWN if new is None else count_text(len(new))
    page.line(f"unpacked: {size_text(image.new_snapshot_bytes)} in {count} new snapshots")
    page.line("")
    sizes_table(page, image.before, image.after)
    if verbose:
        _layers(page, image)
    _conflicts(page, image, verbose=verbose)


def _layers(page: Page, image: RebasedImage) -> None:
    page.line("")
    table = table_of(
        ("layer", "right"), ("ChainID", "left"), ("uncompressed", "right"), ("made by", "text")
    )
    for layer in image.layers:
        if layer.index == image.base_layers and layer.index:
            table.add_section()
        cells = [count_text(layer.index), short_digest(layer.chain_id)]
        cells += [size_text(layer.uncompressed_bytes), instruction(layer.created_by)]
        add_row(table, cells)
    page.table(table)


def _conflicts(page: Page, image: RebasedImage, *, verbose: bool) -> None:
    found = image.conflicts
    if found is None:
        page.line("\nconflicts are not known: the files of image and bases are not all at hand")
        return
    if not found:
        page.line("\nno conflicts: the upper layers hide nothing that the new base changed")
        return
    hidden = sum(one.hidden_bytes for one in found)
    page.title(
        "conflicts",
        f"{counted(len(found), 'conflict')}, {bytes_text(hidden)} of the new base hidden",
    )
    for one in found:
        if one.database:
            page.line(
                f"{exact(one.path)} (layer {one.layer}) hides the {one.database} database of the "
                "new base:\nwhat that lists is seen neither by its package manager nor by scanners"
            )
    # What hides a package database matters most, then what hides most.
    ranked = sorted(found, key=lambda one: (one.database is None, -one.hidden_bytes))
    shown = found if verbose else ranked[:CONFLICTS_SHOWN]
    for one in shown:
        page.line(_about(one))
    if len(shown) < len(found):
        page.line(f"… and {count_text(len(found) - len(shown))} more")


def _about(one: ConflictRow) -> str:
    count = f", {count_text(one.paths)} paths" if one.paths > 1 else ""
    size = f", {bytes_text(one.hidden_bytes)}" if one.hidden_bytes else ""
    where = f" {exact(one.examples[0])}" if one.kind == "moved-by-link" else ""
    return f"{exact(one.path)}\n    layer {one.layer} {KINDS[one.kind]}{where}{count}{size}"


def _affected(page: Page, document: PlanRebaseDocument, *, verbose: bool) -> None:
    rows = document.affected
    if not rows:
        return
    others = sum(not row.rebased for row in rows)
    page.title("on the old base", f"{counted(len(rows), 'image')}, {others} of them not moved")
    titles = titles_of([row.image for row in rows])
    shown = len(rows) if verbose else AFFECTED_SHOWN
    for title, row in list(zip(titles, rows, strict=True))[:shown]:
        state = "moved" if row.rebased else "stays"
        upper = counted(row.upper_layers, "layer")
        page.line(f"{state}  {title}  {upper} on {short_digest(row.base)}")
    if len(rows) > shown:
        page.line(f"… and {count_text(len(rows) - shown)} more")
