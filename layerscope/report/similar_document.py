"""The document `layerscope.similar/1`: nearest images and layers, and near-equal layers.

Images are named by their positions in `images`, layers by theirs in `layers`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.report.answers import ImageName  # noqa: TC001 - msgspec resolves fields' types
from layerscope.report.document import Compression, FaultRow, Row, SkippedRow, Tool

if TYPE_CHECKING:
    from layerscope.fleet.near_equal import Difference

Field = Literal[
    "mtime",
    "owner",
    "mode",
    "xattrs",
    "device",
    "name",
    "order",
    "repeated",
    "tar-format",
    "pax-records",
    "pax-values",
    "owner-name",
    "type-flag",
    "name-slash",
    "header-encoding",
    "pax-global",
    "padding",
    "trailing-bytes",
    "unknown",
]
"""In what tars of the same files differ; see docs/guides/which-layers-are-nearly-equal.md."""
FormField = Literal[
    "compression",
    "gzip-mtime",
    "gzip-name",
    "gzip-comment",
    "gzip-extra",
    "gzip-os",
    "gzip-flags",
    "gzip-level-hint",
    "gzip-members",
    "gzip-flushes",
    "index",
    "level-or-implementation",
]
"""In what blobs of one layer differ."""
Headers = Literal["read", "not-needed", "over-limit", "unreadable"]
"""Whether headers were compared too; `not-needed` where file tables tell enough."""
Why = Literal["saved-report", "layer-not-read", "not-flattened", "content-not-hashed"]


class NearImage(Row, frozen=True, kw_only=True):
    """An image near another one: what both hold, and what either holds, each content once."""

    image: int
    shared_bytes: int
    union_bytes: int


class SimilarImage(Row, frozen=True, kw_only=True):
    """One image.

    Attributes:
        same_as: The first image of its input with the same manifest: often itself. Another one has
            no neighbours of its own.
        contents: How many different file contents its container sees; None if not compared.
        visible_bytes: Of those, each once.
        unhashed_files: Visible files that count nothing, since their content is not known.
        nearest: The nearest first.
    """

    image: ImageName
    same_as: int
    contents: int | None
    visible_bytes: int | None
    unhashed_files: int | None
    nearest: list[NearImage]


class NearLayer(Row, frozen=True, kw_only=True):
    """A layer near another one: what both store, and what either stores, each content once."""

    layer: int
    shared_bytes: int
    union_bytes: int


class SimilarLayer(Row, frozen=True, kw_only=True):
    """One layer that was read.

    Attributes:
        images: Which hold it.
        distinct_bytes: Of its file contents, each once.
        nearest: The nearest first.
    """

    diff_id: str
    created_by: str | None
    images: list[int]
    uncompressed_bytes: int
    content_bytes: int
    distinct_bytes: int
    nearest: list[NearLayer]


class DifferingField(Row, frozen=True, kw_only=True):
    """A field in which a layer differs from the reference of its group.

    Attributes:
        rows: How many members differ in it; 0 for what follows all members.
        path: Of the first of those, else None.
        reference: What the reference says of that path: times in nanoseconds, modes in octal.
        other: What this layer says.
    """

    field: Field
    rows: int
    path: str | None
    reference: str
    other: str


class NearEqualLayer(Row, frozen=True, kw_only=True):
    """A layer with the files of the reference, and in what else it differs."""

    layer: int
    fields: list[DifferingField]
    headers: Headers


class NearEqualGroup(Row, frozen=True, kw_only=True):
    """Layers of the same files.

    Attributes:
        reference: The one that most images hold.
        others: All others of the group.
        images: Which hold any of them: these would share one layer.
        win_blob_bytes: Bytes of all different blobs that they are stored as, less the reference's.
        win_uncompressed_bytes: The same of the tars.
        win_content_bytes: The same of the files in them.
    """

    reference: int
    others: list[NearEqualLayer]
    images: list[int]
    win_blob_bytes: int
    win_uncompressed_bytes: int
    win_content_bytes: int


class FormDifference(Row, frozen=True, kw_only=True):
    """In what a blob differs from the reference, and both values; empty where there is none."""

    field: FormField
    reference: str
    other: str


class BlobRow(Row, frozen=True, kw_only=True):
    """A blob that a layer is stored as.

    Attributes:
        compared: Whether it was compared with the reference; not if that was too much to read.
        fields: In what it differs; nothing if it was not compared, and for the reference itself.
    """

    digest: str
    compression: Compression
    bytes: int
    images: list[int]
    compared: bool
    fields: list[FormDifference]


class RecompressedLayer(Row, frozen=True, kw_only=True):
    """A layer stored as several blobs.

    Attributes:
        blobs: The first is the reference: the one that most images have.
        win_blob_bytes: Of all blobs but the reference.
    """

    layer: int
    blobs: list[BlobRow]
    win_blob_bytes: int


class NotCompared(Row, frozen=True, kw_only=True):
    """What took no part in a comparison.

    Attributes:
        image: Of a saved report (`saved-report`: it has no file tables), with a layer that was not
            read, or that cannot be flattened; else None.
        layer: With a file whose content is not known, so that it is near-equal to none; else None.
    """

    image: int | None
    layer: int | None
    why: Why


class SimilarDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.similar/1` document.

    Attributes:
        most: How many neighbours are listed at the most.
        near_equal: By the bytes of blobs to win, the most first.
        recompressed: Likewise.
    """

    tool: Tool
    most: int
    images: list[SimilarImage]
    layers: list[SimilarLayer]
    near_equal: list[NearEqualGroup]
    recompressed: list[RecompressedLayer]
    not_compared: list[NotCompared]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.similar/1"] = "layerscope.similar/1"


def differing_field(difference: Difference) -> DifferingField:
    """The row of a difference."""
    path = difference.path
    return DifferingField(
        field=difference.field,  # type: ignore[arg-type] # words of `near_equal` and `header_differences`; a test compares them
        rows=difference.rows,
        path=None if path is None else path.decode("utf-8", "surrogateescape"),
        reference=difference.reference,
        other=difference.other,
    )
