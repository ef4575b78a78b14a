"""The smaller documents: files of an image or a layer, its history, the faults of inputs."""

from __future__ import annotations

from typing import Literal

import msgspec

from layerscope.report.document import (
    BaseRow,
    BuilderRow,
    FaultRow,
    ImageRow,
    PlatformRow,
    Row,
    RuntimeRow,
    SkippedRow,
    Tool,
)

Origin = Literal[
    "build-tool",
    "hand-made",
    "imported",
    "instruction",
    "missing",
    "root-filesystem",
    "single-snapshot",
    "squashed",
    "unknown",
]


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
        layers: How many layers the image has whose tree is listed; None if none is.
        engine_differs: Paths of the finished image where engines and umoci disagree.
    """

    tool: Tool
    image: ImageName | None
    layer: int | None
    faults: list[FaultRow]
    layers: int | None = None
    engine_differs: list[str] = msgspec.field(default_factory=list)
    schema: Literal["layerscope.files/1"] = "layerscope.files/1"


class FilesDocument(FilesHead, frozen=True, kw_only=True):
    """A whole `layerscope.files/1` document; entries are None where they could not be read."""

    entries: list[FileRow] | None


class StepRow(Row, frozen=True, kw_only=True):
    """One step of an image's making and what it cost.

    Attributes:
        origin: `instruction` where the record reads like a Dockerfile's; `hand-made` for a
            committed container; `imported` for an imported tree; `root-filesystem` for one that
            was put on an empty image; `single-snapshot` for one layer of many instructions;
            `squashed` for layers merged afterwards; `build-tool` for what was made without a
            Dockerfile; `missing` for a layer that no record speaks of; `unknown` where none of
            these can be told.
        reviewable: Whether an instruction of a Dockerfile stands for this step and no other.
        evidence: A sentence: why.
        from_base: Whether the step is the base image's; None where that is not known, as of steps
            without a layer that stand between the base's last layer and the first own one.
        hidden_bytes: How many of the layer's content bytes later layers hide.
        layer: None for steps that made none, and for records beyond the layers.
    """

    created: str | None
    created_by: str | None
    comment: str | None
    empty_layer: bool
    origin: Origin
    reviewable: bool
    evidence: str
    layer: int | None
    from_base: bool | None
    diff_id: str | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    hidden_bytes: int | None


class HistoryDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.history/1` document; steps from the base up.

    Image and steps are None if there is no image to speak of.
    """

    tool: Tool
    image: ImageName | None
    steps: list[StepRow] | None
    faults: list[FaultRow]
    builder: BuilderRow | None = None
    base: BaseRow | None = None
    runtime: RuntimeRow | None = None
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
