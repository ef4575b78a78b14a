"""The smaller documents: files of an image or a layer, its history, the faults of inputs."""

from __future__ import annotations

from typing import Literal

import msgspec

from layerscope.report.document import FaultRow, ImageRow, PlatformRow, Row, SkippedRow, Tool

Origin = Literal["instruction", "hand-made", "imported", "missing", "unknown"]


class ImageName(Row, frozen=True, kw_only=True):
    """Which image a document is about."""

    input: str
    source: str
    index: int
    names: list[str]
    platform: PlatformRow
    manifest_digest: str | None
    config_digest: str | None


class FileRow(Row, frozen=True, kw_only=True):
    """One member of a layer's tar, or one path of a finished image.

    Attributes:
        path: Absolute and clean; what it hides, for a whiteout.
        name: As stored, without a trailing slash.
        size_bytes: Content of regular files, 0 for all else. A hard link has 0 in a layer; in an
            image it has the size, content, mode, owner and time of what it is a name of.
        mode: Permission bits in octal, such as `0644`.
        content: `blake3:…` or `sha256:…` of a regular file; None for all else or if not asked for.
        layer: Which layer the entry is of; for a directory that none describes, which made it.
        hardlink_to: The clean path that a hard link names; in an image, the one of the file's names
            that has a row of another kind.
        xattrs: Extended attributes, their values in hexadecimal.
    """

    path: str
    name: str
    kind: str
    size_bytes: int
    mode: str
    uid: int
    gid: int
    mtime_ns: int
    link_target: str | None
    content: str | None
    layer: int
    hardlink_to: str | None
    xattrs: dict[str, str] = msgspec.field(default_factory=dict)


class FilesHead(Row, frozen=True, kw_only=True):
    """A `layerscope.files/1` document without its entries, which are written one by one.

    Attributes:
        image: None if there is no image to speak of.
        layer: The layer that is listed, or was asked for where none could be; None if none was.
        engine_differs: Paths of the finished image where engines and umoci disagree.
    """

    tool: Tool
    image: ImageName | None
    layer: int | None
    faults: list[FaultRow]
    engine_differs: list[str] = msgspec.field(default_factory=list)
    schema: Literal["layerscope.files/1"] = "layerscope.files/1"


class StepRow(Row, frozen=True, kw_only=True):
    """One step of an image's making and what it cost.

    Attributes:
        origin: `instruction` where the record reads like a builder's; `hand-made` for a committed
            container; `imported` for an imported root file system; `missing` for a layer that no
            record speaks of; `unknown` where none of these can be told.
        layer: None for steps that made none, and for records beyond the layers.
    """

    created: str | None
    created_by: str | None
    comment: str | None
    empty_layer: bool
    origin: Origin
    layer: int | None
    diff_id: str | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None


class HistoryDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.history/1` document; steps from the base up.

    Image and steps are None if there is no image to speak of.
    """

    tool: Tool
    image: ImageName | None
    steps: list[StepRow] | None
    faults: list[FaultRow]
    schema: Literal["layerscope.history/1"] = "layerscope.history/1"


class ValidatedInput(Row, frozen=True, kw_only=True):
    """One input, how many images it holds, and whether nothing is wrong with it."""

    input: str
    source: str
    images: int
    layers: int
    valid: bool


class NoteRow(Row, frozen=True, kw_only=True):
    """Something odd that keeps nothing from being read, such as a history of too few layers.

    `code` is that of a fault where a rule of the specification is broken, else empty.
    """

    input: str
    message: str
    image: int | None
    layer: int | None
    code: str = ""


class ValidateDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.validate/1` document: every fault of every input, and what is odd."""

    tool: Tool
    valid: bool
    inputs: list[ValidatedInput]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    notes: list[NoteRow]
    schema: Literal["layerscope.validate/1"] = "layerscope.validate/1"


def image_name(image: ImageRow) -> ImageName:
    """What names an image, taken from its row in a report."""
    return ImageName(
        input=image.input,
        source=image.source,
        index=image.index,
        names=image.names,
        platform=image.platform,
        manifest_digest=image.manifest_digest,
        config_digest=image.config_digest,
    )
