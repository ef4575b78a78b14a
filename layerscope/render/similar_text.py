"""Nearest images and near-equal layers for people."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, line, short_digest
from layerscope.render.graph_labels import titles_of
from layerscope.render.page import Page, add_row, sizes, table_of
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from layerscope.report.similar_document import (
        DifferingField,
        NearEqualGroup,
        NearEqualLayer,
        RecompressedLayer,
        SimilarDocument,
    )

DEFAULT_WIDTH = 80
IMAGES_SHOWN = 30
GROUPS_SHOWN = 10
OTHERS_SHOWN = 5
PAIRS_SHOWN = 10
NEAR_PERCENT = 1
"""From which share on two layers are near each other."""
VALUE_CHARACTERS = 40

FIELDS = {
    "mtime": "time",
    "name": "name as stored",
    "repeated": "stored more than once",
    "tar-format": "tar format",
    "pax-records": "PAX records",
    "pax-values": "values of PAX records",
    "owner-name": "names of user and group",
    "type-flag": "type flag",
    "name-slash": "slash at the end of the name",
    "header-encoding": "encoding of the header",
    "pax-global": "PAX global headers",
    "padding": "padding that is not zero",
    "trailing-bytes": "bytes behind the last member",
    "unknown": "nothing that was found",
    "gzip-mtime": "time in the gzip header",
    "gzip-name": "name in the gzip header",
    "gzip-comment": "comment in the gzip header",
    "gzip-extra": "extra field of the gzip header",
    "gzip-os": "operating system in the gzip header",
    "gzip-flags": "flags of the gzip header",
    "gzip-level-hint": "level hint of the gzip header",
    "gzip-members": "gzip members",
    "gzip-flushes": "marks of flushes",
    "index": "index of files",
    "level-or-implementation": "level or implementation",
}
"""Words for fields that do not say it all themselves."""
LEFT_OUT = {
    "saved-report": "a saved report: it has no file tables",
    "layer-not-read": "a layer of it was not read",
    "not-flattened": "its layers cannot be flattened",
    "content-not-hashed": "holes too large to hash, so no layer is near-equal to it",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def similar_text(
    document: SimilarDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The document as UTF-8 text; nothing if there are no images.

    Args:
        document: The document.
        verbose: Whether nothing is left out.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    if not document.images:
        return b""
    page = Page(width, styled=styled)
    text = _Text(page, document, verbose=verbose)
    text.images()
    text.near_equal()
    text.recompressed()
    text.layers()
    text.left_out()
    if not verbose:
        page.line("\n-v lists all neighbours, groups and paths.")
    return page.encoded()


class _Text:
    """The parts of the page, in order."""

    def __init__(self, page: Page, document: SimilarDocument, *, verbose: bool) -> None:
        self.page = page
        self.document = document
        self.verbose = verbose
        images = [image.image for image in document.images]
        titles = titles_of(images)
        seen = Counter(titles)
        self.titles = [
            title if seen[title] == 1 else f"{title} {line(str(image.platform), 40)}"
            for title, image in zip(titles, images, strict=True)
        ]

    def images(self) -> None:
        """Each image with those nearest to it; only the nearest unless all are asked for."""
        images = [at for at, image in enumerate(self.document.images) if image.same_as == at]
        compared = [at for at in images if self.document.images[at].contents is not None]
        self.page.title(
            "nearest images",
            f"{count_text(len(compared))} of {counted(len(images), 'image')} compared by the files "
            "that are visible",
        )
        near = [at for at in compared if self.document.images[at].nearest]
        if not near:
            self.page.line("No two images share a byte.")
            return
        table = table_of(
            ("image", "text"),
            ("nearest", "text"),
            ("shared", "right"),
            ("of", "right"),
            ("", "right"),
        )
        shown = near if self.verbose else near[:IMAGES_SHOWN]
        for at in shown:
            rows = self.document.images[at].nearest
            for number, row in enumerate(rows if self.verbose else rows[:1]):
                names = ["" if number else self.titles[at], self.titles[row.image]]
                alike = _alike(row.shared_bytes, row.union_bytes)
                add_row(table, [*names, *sizes(row.shared_bytes, row.union_bytes), alike])
        self.page.table(table)
        self._more(len(near) - len(shown), "image")

    def near_equal(self) -> None:
        """Groups of layers with the same files."""
        groups = self.document.near_equal
        if not groups:
            self.page.title("near-equal layers", "none: no two layers hold the same files")
            return
        won = sum(group.win_blob_bytes for group in groups)
        about = f"{counted(len(groups), 'group')}, {bytes_text(won)} stored more than once"
        self.page.title("near-equal layers", about)
        shown = groups if self.verbose else groups[:GROUPS_SHOWN]
        for group in shown:
            self._group(group)
        self._more(len(groups) - len(shown), "group")

    def _group(self, group: NearEqualGroup) -> None:
        layer = self.document.layers[group.reference]
        self.page.line(f"{short_digest(layer.diff_id)}  {self._cut(layer.created_by, 14)}")
        self.page.line(
            f"  to win {bytes_text(group.win_blob_bytes)} stored, "
            f"{bytes_text(group.win_uncompressed_bytes)} unpacked, "
            f"{bytes_text(group.win_content_bytes)} of content"
        )
        self.page.line(f"  in {self._names(group.images, 5)}")
        shown = group.others if self.verbose else group.others[:OTHERS_SHOWN]
        for other in shown:
            self._other(other)
        self._more(len(group.others) - len(shown), "layer", indent="  ")

    def _other(self, other: NearEqualLayer) -> None:
        layer = self.document.layers[other.layer]
        note = {
            "over-limit": "  headers not compared: too much to read again",
            "unreadable": "  headers not compared: they could not be read",
        }.get(other.headers, "")
        self.page.line(f"  {short_digest(layer.diff_id)}  differs in{note}")
        for field in other.fields:
            rows = f" of {counted(field.rows, 'member')}" if field.rows else ""
            self.page.line(f"    {_field(field.field)}{rows}")
            if field.path is not None or field.reference or field.other:
                self.page.line(f"      {_example(field)}")

    def recompressed(self) -> None:
        """Layers that are stored as several blobs."""
        rows = self.document.recompressed
        if not rows:
            return
        won = sum(row.win_blob_bytes for row in rows)
        about = f"{counted(len(rows), 'layer')}, {bytes_text(won)} stored more than once"
        self.page.title("compressed differently", about)
        shown = rows if self.verbose else rows[:GROUPS_SHOWN]
        for row in shown:
            self._blobs(row)
        self._more(len(rows) - len(shown), "layer")

    def _blobs(self, row: RecompressedLayer) -> None:
        layer = self.document.layers[row.layer]
        self.page.line(f"{short_digest(layer.diff_id)}  {self._cut(layer.created_by, 14)}")
        for blob in row.blobs:
            head = f"  {blob.compression} {short_digest(blob.digest)} {bytes_text(blob.bytes)}"
            self.page.line(f"{head} in {self._names(blob.images, len(head) + 4)}")
            if not blob.compared:
                self.page.line("    not compared")
            for field in blob.fields:
                values = f": {_value(field.reference)} -> {_value(field.other)}"
                told = values if field.reference or field.other else ""
                self.page.line(f"    differs in {_field(field.field)}{told}")

    def layers(self) -> None:
        """The pairs of layers that are nearest without having the same files."""
        layers = self.document.layers
        grouped: dict[int, int] = {}
        for group in self.document.near_equal:
            members = (group.reference, *(other.layer for other in group.others))
            grouped |= dict.fromkeys(members, group.reference)
        pairs = {
            (min(at, row.layer), max(at, row.layer)): (row.shared_bytes, row.union_bytes)
            for at, layer in enumerate(layers)
            for row in layer.nearest
            if grouped.get(at, -1 - at) != grouped.get(row.layer, -1 - row.layer)
        }
        if not pairs:
            return
        order = sorted(pairs, key=lambda pair: (-pairs[pair][0] / pairs[pair][1], pair))
        self.page.title("nearest layers", "by the contents of their files, each once")
        table = table_of(
            ("layer", "left"),
            ("nearest", "left"),
            ("shared", "right"),
            ("of", "right"),
            ("", "right"),
        )
        near = [pair for pair in order if pairs[pair][0] * 100 >= pairs[pair][1] * NEAR_PERCENT]
        shown = order if self.verbose else near[:PAIRS_SHOWN]
        for pair in shown:
            shared, union = pairs[pair]
            names = [short_digest(layers[at].diff_id) for at in pair]
            add_row(table, [*names, *sizes(shared, union), _alike(shared, union)])
        if shown:
            self.page.table(table)
        self._more(len(order) - len(shown), "pair")

    def left_out(self) -> None:
        """What was not compared, and why."""
        rows = self.document.not_compared
        if not rows:
            return
        self.page.title("not compared")
        shown = rows if self.verbose else rows[:GROUPS_SHOWN]
        for row in shown:
            if row.image is not None:
                name = self.titles[row.image]
            else:
                name = short_digest(self.document.layers[row.layer or 0].diff_id)
            self.page.line(f"{name}: {LEFT_OUT[row.why]}")
        self._more(len(rows) - len(shown), "row")

    def _names(self, images: list[int], taken: int) -> str:
        """As many names as a line has room for behind `taken` columns, at the least one."""
        room = DEFAULT_WIDTH - taken - len(" and 9,999 more")
        names: list[str] = []
        for at in images:
            name = self.titles[at]
            if names and not self.verbose and len(", ".join([*names, name])) > room:
                break
            names.append(name)
        text = ", ".join(names)
        if not self.verbose and len(text) > room:
            text = f"{text[: room - 1]}…"
        more = len(images) - len(names)
        return text + (f" and {count_text(more)} more" if more else "")

    def _cut(self, created_by: str | None, taken: int) -> str:
        text = instruction(created_by)
        room = DEFAULT_WIDTH - taken
        return text if self.verbose or len(text) <= room else f"{text[: room - 1]}…"

    def _more(self, count: int, noun: str, indent: str = "") -> None:
        if count > 0:
            self.page.line(f"{indent}… and {count_text(count)} more {noun}{'s' * (count > 1)}")


def _field(field: str) -> str:
    return FIELDS.get(field, field)


def _example(field: DifferingField) -> str:
    values = [
        _moment(each) if field.field == "mtime" else _value(each)
        for each in (field.reference, field.other)
    ]
    told = f"{values[0]} -> {values[1]}" if field.reference or field.other else ""
    path = exact(field.path, 60) if field.path is not None else ""
    return ": ".join(part for part in (path, told) if part)


def _value(value: str) -> str:
    return line(value, VALUE_CHARACTERS) or "none"


def _moment(nanoseconds: str) -> str:
    """A time as people write it, to the second, with what is below it in digits."""
    try:
        seconds, below = divmod(int(nanoseconds), 1_000_000_000)
        moment = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return _value(nanoseconds)
    return moment + (f".{below:09d}".rstrip("0") if below else "")


def _alike(shared: int, union: int) -> str:
    """A share that says 100 % only if nothing differs."""
    text = share_text(shared, union)
    return "99.9%" if text == "100.0%" and shared < union else text
