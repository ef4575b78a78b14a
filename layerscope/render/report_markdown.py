"""A report as a comment on a pull request or the summary of a job, in GitHub's Markdown.

What is cut is cut between blocks, never within a table. Every text of an image stands in `<code>`
as `diff_markdown.code` writes it; names have nowhere else to go.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.diff_markdown import code, details, table
from layerscope.render.escape import exact, line
from layerscope.render.facts_text import about, grouped_waste, runs_text
from layerscope.render.markdown_parts import COMMENT_BYTES, Room, cut_list, left_table, prose
from layerscope.render.page import UNKNOWN, sizes
from layerscope.render.text import layer_words, titles, whence
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.report.document import ImageRow, LayerRow, Report

IMAGES = 50
"""How many images the table of all has."""
LAYERS = 60
"""How many layers of an image are listed: from the base up."""
WASTE = 10
"""How many paths or folders of waste are listed: the largest."""

_MOST_LEFT_OUT = (10**9, 10**9)

_SUMS = {
    "compressed_bytes": "compressed (as stored)",
    "uncompressed_bytes": "uncompressed (the tars)",
    "content_bytes": "content (the files)",
    "visible_bytes": "visible in the image",
    "wasted_bytes": "wasted (never seen)",
}


def report_markdown(report: Report, limit: int = COMMENT_BYTES) -> bytes:
    """UTF-8 Markdown of at most `limit` bytes, which should be 2,000 at least.

    First what is wrong and what all images come to, then each image as far as there is room: its
    sizes, layers, waste with causes, and junk. The whole is in the JSON document.

    Raises: `ValueError` for a `limit` that has no room even to say that all is left out.
    """
    several = len(report.images) > 1
    blocks = _Blocks(limit)
    if several or not report.images:
        blocks.add(f"### layerscope: {counted(len(report.images), 'image')}")
    blocks.add(_faults(report))
    if several:
        blocks.add(_images(report))
        blocks.add(_sharing(report))
    left_images = 0
    for image, title in zip(report.images, titles(report), strict=True):
        head = _head(image, title, "####" if several else "###")
        # An image after one that had no room is left out too, so that those shown are the first.
        if left_images or not blocks.has_room(head):
            left_images += 1
            continue
        for block in (head, *_parts(image, several=several)):
            blocks.add(block)
    blocks.add(_skipped(report))
    text = "\n\n".join([*blocks.blocks, *_left_out(left_images, blocks.left_out)])
    return f"{text}\n".encode("utf-8", "backslashreplace")


class _Blocks:
    """Blocks of a document, as far as there is room for them.

    Raises: `ValueError` if there is no room for the line that says what is missing.
    """

    def __init__(self, limit: int) -> None:
        self.blocks: list[str] = []
        self.left_out = 0
        self._room = Room(limit - 2)
        if not self._room.take(*_left_out(*_MOST_LEFT_OUT)):
            message = f"a report has no room in {limit} bytes"
            raise ValueError(message)

    def has_room(self, block: str) -> bool:
        return self._room.has(block)

    def add(self, block: str) -> None:
        """Put a block at the end, or count it as left out; an empty one is nothing."""
        if block and self._room.take(block):
            self.blocks.append(block)
        elif block:
            self.left_out += 1


def _left_out(images: int, parts: int) -> list[str]:
    """What had no room, so that nobody takes what is there for everything."""
    words = [counted(images, "more image")] if images else []
    words += [counted(parts, "more part")] if parts else []
    return [f"… {' and '.join(words)}; the whole report is in the JSON."] if words else []


def _images(report: Report) -> str:
    """All images with their sizes; faults of one are told by what is not known."""
    rows = [
        [
            f"{code(title)} {code(line(str(image.platform), 40))}",
            count_text(len(image.layers)),
            *sizes(image.compressed_bytes, image.content_bytes, image.wasted_bytes),
            *sizes(shared.unique_bytes, shared.shared_bytes),
        ]
        for image, title, shared in zip(
            report.images[:IMAGES], titles(report), report.sharing.images, strict=False
        )
    ]
    more = len(report.images) - IMAGES
    rest = f"\n\n… {counted(more, 'more image')}" if more > 0 else ""
    headers = ["Image", "layers", "compressed", "content", "wasted", "only here", "in others too"]
    return table(headers, rows) + rest


def _sharing(report: Report) -> str:
    rows = []
    for name, by in (
        ("blob digest (as stored)", report.sharing.blob_bytes),
        ("DiffID (uncompressed)", report.sharing.diff_id_bytes),
        ("ChainID (uncompressed)", report.sharing.chain_id_bytes),
    ):
        saved = UNKNOWN
        if by.referenced is not None and by.unique is not None:
            shared = by.referenced - by.unique
            saved = bytes_text(shared)
            saved += f" ({share_text(shared, by.referenced)})" if by.referenced else ""
        rows.append([name, *sizes(by.referenced, by.unique), saved])
    return table(["Layers that are equal by", "referenced", "unique", "shared"], rows)


def _head(image: ImageRow, title: str, level: str) -> str:
    """What the image is called, where it comes from, and its sizes."""
    rows = [
        [words, *sizes(getattr(image, name))]
        for name, words in _SUMS.items()
        if getattr(image, name) is not None or name not in {"visible_bytes", "wasted_bytes"}
    ]
    if image.content_bytes and image.visible_bytes is not None:
        for row in rows:
            if row[0] == _SUMS["visible_bytes"]:
                row[1] += f" ({share_text(image.visible_bytes, image.content_bytes)})"
    platform = code(line(str(image.platform), 40))
    heading = f"{level} {code(title)} {platform}"
    return f"{heading}\n\n{code(whence(image))}\n\n{table(['', 'size'], rows)}"


def _parts(image: ImageRow, *, several: bool) -> Iterator[str]:
    if image.layers:
        layers = _layers(image)
        words = f"Layers: {count_text(len(image.layers))}"
        # One image is what the reader came for; many would bury what comes after them.
        yield details(words, layers) if several else layers
    yield from _waste(image)
    yield from _junk(image)
    yield from _facts(image)


def _layers(image: ImageRow) -> str:
    records = {record.layer: record for record in image.history}
    rows = []
    for layer in image.layers[:LAYERS]:
        words = code(layer_words(layer.created_by, records.get(layer.index)))
        if layer.verified == "failed":
            words = f"**{'not there' if layer.missing else 'damaged'}** {words}"
        rows.append([f"{layer.index}", words, *_costs(layer)])
    more = len(image.layers) - LAYERS
    rest = f"\n\n… {counted(more, 'more layer')}" if more > 0 else ""
    headers = ["Layer", "Instruction", "compressed", "content", "hidden later"]
    lines = [headers, ["---:", "---", "---:", "---:", "---:"], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + rest


def _costs(layer: LayerRow) -> list[str]:
    return sizes(layer.compressed_bytes, layer.content_bytes, layer.hidden_bytes)


def _waste(image: ImageRow) -> Iterator[str]:
    """The largest of what is stored and never seen, with why."""
    if not image.waste:
        return
    sums: Counter[str] = Counter()
    for row in image.waste:
        sums[row.cause] += row.bytes
    causes = ", ".join(f"{cause} {bytes_text(size)}" for cause, size in sums.most_common())
    groups = grouped_waste(image.waste)
    rows = []
    for path, found in groups[:WASTE]:
        first = found[0]
        hider = "" if first.hidden_by_layer is None else f", hidden by {first.hidden_by_layer}"
        size = bytes_text(sum(row.bytes for row in found))
        name = code(exact(path))
        rows.append(
            [size, count_text(len(found)), name, first.cause, f"layer {first.layer}{hider}"]
        )
    if len(groups) > WASTE:
        rest = [row for _, found in groups[WASTE:] for row in found]
        size = bytes_text(sum(row.bytes for row in rest))
        rows.append([size, count_text(len(rest)), "all other", "", ""])
    summary = f"Wasted: {bytes_text(sum(sums.values()))} ({causes})"
    yield details(summary, left_table(["Bytes", "Files", "Path", "Cause", "Where"], rows))


def _junk(image: ImageRow) -> Iterator[str]:
    """Known junk, what is sure first, with what avoids it."""
    rows = sorted(image.junk or (), key=lambda row: not row.sure)
    items = []
    sums = {True: 0, False: 0}
    for row in rows:
        size = row.visible_bytes + row.hidden_bytes
        sums[row.sure] += size
        where = ", ".join(map(str, row.layers[:8]))
        perhaps = "" if row.sure else " (some images need it)"
        items.append(
            f"- {bytes_text(size)} {prose(line(row.title))}, layer {where}{perhaps}: "
            f"{prose(line(row.remedy, 300))}"
        )
    if items:
        needed = f", and {bytes_text(sums[False])} that some images need" if sums[False] else ""
        summary = f"Known junk: {bytes_text(sums[True])}{needed}"
        yield details(summary, "\n".join(cut_list(items)))


def _facts(image: ImageRow) -> Iterator[str]:
    """Base, distribution, builder, what runs, and what surprises people about it."""
    items = [f"- {name}: {code(text)}" for name, text in about(image.base, image.builder)]
    runtime = image.runtime
    if runtime is not None and runtime.known:
        items.append(f"- runs: {code(runs_text(runtime))}")
        items += [f"- note: {prose(line(trap.text, 300))}" for trap in runtime.traps]
    if items:
        yield details("What it is", "\n".join(cut_list(items)))


def _faults(report: Report) -> str:
    items = [
        f"- {code(line(fault.input))}: {code(line(fault.message, 400))} ({code(line(fault.code))})"
        for fault in report.faults
    ]
    return "\n".join(["**Faults**", "", *cut_list(items)]) if items else ""


def _skipped(report: Report) -> str:
    count = len(report.skipped)
    return f"{counted(count, 'part')} of the inputs skipped." if count else ""
