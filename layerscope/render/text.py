"""A report for people: images, their layers, what they share, what was left out, what is wrong."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line, short_digest
from layerscope.render.facts_text import facts_lines
from layerscope.render.page import NARROW_SIZES, SIZES, UNKNOWN, Page, add_row, sizes, table_of
from layerscope.report.metrics import total
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.answers import ImageName
    from layerscope.report.document import HistoryRow, ImageRow, LayerRow, Report, SharingTotal

DEFAULT_WIDTH = 80
LAYERS_OF_AT_MOST = 8
"""Of how many images the layers are printed unless all are asked for."""
FACTS_OF_AT_MOST = 3
"""Of how many images waste, base and the rest are printed unless all are asked for."""
SKIPPED_SHOWN = 10
WIDE = 100
"""From how many columns on the headers of sizes need no room of the instructions."""


def report_text(
    report: Report, *, verbose: bool = False, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The report as UTF-8 text; nothing if there is nothing but faults.

    Args:
        report: The document.
        verbose: Whether to print the layers of all images, with digests and notes, and everything
            that was skipped.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    if not report.images and not report.skipped:
        # All that could be said are faults, and those are on standard error.
        return b""
    if len(report.images) > 1:
        _images(page, report)
    if verbose or len(report.images) <= LAYERS_OF_AT_MOST:
        holders = _Holders(report.images)
        for image in report.images:
            _layers(page, image, holders, width=width, verbose=verbose)
            if verbose or len(report.images) <= FACTS_OF_AT_MOST:
                facts_lines(page, image, verbose=verbose, width=width)
    if len(report.images) > 1:
        _sharing(page, report)
    _skipped(page, report, verbose=verbose)
    _faults(page, report)
    if not verbose and FACTS_OF_AT_MOST < len(report.images) <= LAYERS_OF_AT_MOST:
        page.line("\n-v prints what each image wastes, and why.")
    if not verbose and len(report.images) > LAYERS_OF_AT_MOST:
        page.line(f"\n-v prints the layers of all {len(report.images)} images.")
    return page.encoded()


def image_title(image: ImageRow | ImageName) -> str:
    """What an image is called: its first name, else the input with the image's number."""
    if image.names:
        more = f" (+{len(image.names) - 1})" if len(image.names) > 1 else ""
        return line(image.names[0]) + more
    return f"{line(image.input)}:@{image.index}"


def whence(image: ImageRow | ImageName) -> str:
    """Where an image was read from, and the digests that it is known by elsewhere."""
    about = [line(image.input), line(image.source, 40)]
    if image.manifest_digest:
        about.append(f"manifest {short_digest(image.manifest_digest)}")
    if image.config_digest:
        about.append(f"config {short_digest(image.config_digest)}")
    return ", ".join(about)


def titles(report: Report) -> list[str]:
    """What each image is called; those that would look alike have their input's name in front."""
    seen = Counter((image_title(image), str(image.platform)) for image in report.images)
    return [
        title
        if seen[title, str(image.platform)] == 1
        else f"{line(image.input.rpartition('/')[2], 40)}: {title}"
        for image in report.images
        for title in [image_title(image)]
    ]


def _images(page: Page, report: Report) -> None:
    files = len({image.input for image in report.images})
    page.title(
        counted(len(report.images), "image"), f"in {counted(files, 'input')}" if files > 1 else ""
    )
    table = table_of(
        ("image", "text"),
        ("platform", "text"),
        ("layers", "right"),
        *((header, "right") for header in (*NARROW_SIZES, "wasted")),
    )
    for image, title in zip(report.images, titles(report), strict=True):
        cells = [title, line(str(image.platform), 24), count_text(len(image.layers))]
        measured = sizes(
            image.compressed_bytes,
            image.uncompressed_bytes,
            image.content_bytes,
            image.wasted_bytes,
        )
        add_row(table, cells + measured)
    page.table(table)


class _Holders:
    """In how many of the images a layer is, whatever its compression: by DiffID.

    An input that lists one manifest under three names holds it once, as in `report.sharing`. A
    damaged layer is none of them, whatever DiffID the config claims for it.
    """

    def __init__(self, images: Sequence[ImageRow]) -> None:
        distinct = {
            (image.input, image.manifest_digest or image.config_digest or image.index): image
            for image in images
        }
        self.images = len(distinct)
        self._of = Counter(
            diff_id
            for image in distinct.values()
            for diff_id in {layer.diff_id for layer in image.layers if layer.verified != "failed"}
        )

    def text(self, layer: LayerRow) -> str:
        """`2 of 6`, or `?` for a layer that could not be read."""
        if layer.diff_id is None or layer.verified == "failed":
            return UNKNOWN
        return f"{count_text(self._of[layer.diff_id])} of {count_text(self.images)}"


def _layers(page: Page, image: ImageRow, holders: _Holders, *, width: int, verbose: bool) -> None:
    page.title(image_title(image), line(str(image.platform), 40))
    page.line(whence(image))
    for name in image.names[1:] if verbose else ():
        page.line(f"also named {line(name)}")
    if not image.layers:
        page.line("no layers")
        return
    whole = all(layer.verified != "failed" for layer in image.layers)
    columns = [("layer", "right"), ("instruction", "text")]
    columns += [("DiffID", "left")] if verbose else []
    columns += [] if whole else [("state", "left")]
    narrow = width < WIDE
    if holders.images > 1:
        columns.append(("in\nimages" if narrow else "in images", "right"))
    # At 80 columns the instruction needs the room; what each layer hides is in the waste below.
    headers = NARROW_SIZES if narrow else (*SIZES, "hidden later")
    table = table_of(*columns, *((header, "right") for header in headers))
    records = {record.layer: record for record in image.history}
    for layer in image.layers:
        cells = [str(layer.index), layer_words(layer.created_by, records.get(layer.index))]
        cells += [short_digest(layer.diff_id)] if verbose else []
        cells += [] if whole else [_state(layer)]
        cells += [holders.text(layer)] if holders.images > 1 else []
        cells += sizes(layer.compressed_bytes, layer.uncompressed_bytes, layer.content_bytes)
        cells += [] if narrow else sizes(layer.hidden_bytes)
        add_row(table, cells, "red" if layer.verified == "failed" else "")
    sums = ["", _counts(image), *[""] * (len(columns) - 2)]
    sums += sizes(image.compressed_bytes, image.uncompressed_bytes, image.content_bytes)
    sums += [] if narrow else sizes(image.wasted_bytes)
    table.add_section()
    add_row(table, sums, "bold")
    page.table(table)
    for layer in image.layers if verbose else ():
        for note in layer.notes:
            page.line(f"note: layer {layer.index}: {line(note)}")


def layer_words(created_by: str | None, record: HistoryRow | None) -> str:
    """What is said of a layer: its instruction, or the comment of an import, which has none."""
    if not created_by and record is not None:
        return instruction(record.comment or "") or "(the record says nothing)"
    return instruction(created_by)


def _state(layer: LayerRow) -> str:
    if layer.verified != "failed":
        return "whole"
    return "not there" if layer.missing else "damaged"


def _counts(image: ImageRow) -> str:
    """How many layers, files and tar entries there are, as far as they were counted."""
    layers = counted(len(image.layers), "layer")
    files = total(image.layers, "files")
    return layers if files is None else f"{layers}, {counted(files, 'file')}"


def _sharing(page: Page, report: Report) -> None:
    sharing = report.sharing
    page.title("sharing", f"across {counted(len(report.images), 'image')}")
    table = table_of(
        ("layers that are equal by", "text"),
        ("referenced", "right"),
        ("unique", "right"),
        ("shared", "right"),
        ("", "right"),
    )
    for name, by in (
        ("blob digest (as stored)", sharing.blob_bytes),
        ("DiffID (uncompressed)", sharing.diff_id_bytes),
        ("ChainID (uncompressed)", sharing.chain_id_bytes),
    ):
        add_row(table, [name, *sizes(by.referenced, by.unique), *_saved(by)])
    page.table(table)
    page.line("")
    table = table_of(
        ("image", "text"), ("platform", "text"), ("only here", "right"), ("in others too", "right")
    )
    for image, title, shared in zip(report.images, titles(report), sharing.images, strict=True):
        cells = [title, line(str(image.platform), 24)]
        add_row(table, cells + sizes(shared.unique_bytes, shared.shared_bytes))
    page.table(table)


def _saved(by: SharingTotal) -> list[str]:
    if by.referenced is None or by.unique is None:
        return [UNKNOWN, ""]
    saved = by.referenced - by.unique
    return [bytes_text(saved), share_text(saved, by.referenced)]


def _skipped(page: Page, report: Report, *, verbose: bool) -> None:
    if not report.skipped:
        return
    page.title("skipped", "listed, but no image or not there")
    if not verbose and len(report.skipped) > SKIPPED_SHOWN:
        kinds = Counter((item.input, item.what) for item in report.skipped)
        for (name, what), count in kinds.items():
            page.line(f"{line(name)}: {count_text(count)} x {line(what)}")
        return
    for item in report.skipped:
        detail = f" ({line(item.detail)})" if item.detail else ""
        page.line(f"{line(item.input)}: {line(item.what)} {short_digest(item.digest)}{detail}")


def _faults(page: Page, report: Report) -> None:
    if not report.faults:
        return
    page.title("faults", f"{counted(len(report.faults), 'fault')}; ? is what they left unmeasured")
    for fault in report.faults:
        page.line(f"{line(fault.input)}: {line(fault.message, 400)} ({line(fault.code)})", "red")
