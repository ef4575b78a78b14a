"""The document `layerscope.report/1`: every fact of a run, typed, and no verdict.

Field for field what `schemas/report-1.json` describes. Sizes are whole bytes, digests whole. None
(`null`) stands for what was not measured: a damaged or absent layer, or a question that this
release does not ask. Texts hold whatever the image holds, lone surrogates included (a byte that is
not UTF-8 is U+DC80 to U+DCFF, as Python's `surrogateescape` has it): renderers escape them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

SCHEMA = "layerscope.report/1"

Verified = Literal["read", "remembered", "failed"]
Compression = Literal["gzip", "zstd", "none", "bzip2", "xz"]
Cause = Literal[
    "overwritten",
    "deleted",
    "opaque",
    "type-changed",
    "metadata-only",
    "appended",
    "repeated-layer",
    "same-layer",
]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document: immutable, fields by name only, unknown fields ignored on loading."""


class Tool(Row, frozen=True, kw_only=True):
    """Which program wrote the document."""

    version: str
    name: str = "layerscope"


class PlatformRow(Row, frozen=True, kw_only=True, omit_defaults=True):
    """What an image runs on; variant, version and features are left out where there are none."""

    os: str
    architecture: str
    variant: str = ""
    os_version: str = ""
    os_features: list[str] = []

    def __str__(self) -> str:
        """`linux/arm/v7`, with `?` for what the image does not say."""
        parts = [self.os or "?", self.architecture or "?", self.variant]
        return "/".join(part for part in parts if part)


class LayerRow(Row, frozen=True, kw_only=True):
    """One layer of one image.

    Attributes:
        verified: `read` if every byte was read and has the digests that name it; `remembered` if
            an earlier run did that and the file has not been written to since; `failed` if not
            or if the bytes are not there, then the measured numbers are None.
        stored_as: What the archive calls the bytes: a member or a file.
        missing: Why the bytes are not there: `foreign-layer` or `missing-blob`; None if they are.
        notes: What a reader should know, such as a tar without its end blocks.
        hidden_bytes: How many of its content bytes are not visible in the finished image.
        snapshot_bytes: What docker's overlay2 store counts: content and targets of symbolic links.
    """

    index: int
    digest: str | None
    diff_id: str | None
    chain_id: str | None
    media_type: str | None
    compression: Compression | None
    verified: Verified
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    entries: int | None
    files: int | None
    created_by: str | None
    stored_as: str = ""
    missing: str | None = None
    notes: list[str] = []
    hidden_bytes: int | None = None
    snapshot_bytes: int | None = None


class HistoryRow(Row, frozen=True, kw_only=True):
    """One history record of the config; `layer` is None for empty ones and beyond the layers."""

    created: str | None
    created_by: str | None
    empty_layer: bool
    layer: int | None
    comment: str | None = None


class WasteRow(Row, frozen=True, kw_only=True):
    """Bytes that are stored and can never be seen, with why."""

    path: str
    bytes: int
    cause: Cause
    layer: int
    hidden_by_layer: int | None


class DuplicateRow(Row, frozen=True, kw_only=True):
    """Equal content at several visible paths; `bytes` is one copy."""

    content: str
    bytes: int
    paths: list[str]


class BaseRow(Row, frozen=True, kw_only=True):
    """What the image seems to be built on; `layers` is how many of its layers came from there.

    Attributes:
        distro: By the os-release file of the finished image, such as `debian 12`.
        how: What tells of the base: `annotation`, `layers`, `label`, `history` or
            `root-filesystem`; None if nothing does, and `layers` is 0 then.
        likely: Whether it is no more than a guess from the history.
        root_filesystem: Whether the first layer is a whole tree put on an empty image.
        evidence: A sentence: why.
    """

    image: str | None
    distro: str | None
    layers: int
    how: str | None = None
    digest: str | None = None
    likely: bool = False
    root_filesystem: bool = False
    evidence: str = ""


class BuilderRow(Row, frozen=True, kw_only=True):
    """Which program built the image, by what its documents claim, and on what evidence."""

    name: str
    version: str | None
    confidence: Literal["certain", "likely", "unknown"]
    evidence: str
    base_builder: str | None


class TrapRow(Row, frozen=True, kw_only=True):
    """Something about how the image starts that surprises people."""

    code: str
    text: str


class RuntimeRow(Row, frozen=True, kw_only=True):
    """What a container of the image is and runs; see `docs/concepts/runtime.md`.

    Attributes:
        known: Whether there is a config; without one all else is what an empty one gives.
        user: Empty where neither the config nor the system names one.
        argv: What process 1 is given when nothing is said at the start.
        runs: The words of it that count: ENTRYPOINT in shell form ignores the others.
        how: `entrypoint`, `entrypoint+cmd`, `cmd` or `none`: what `argv` is made of.
        env: Names and values, the last of a name only.
    """

    known: bool
    user: str
    workdir: str
    argv: list[str]
    runs: list[str]
    how: str
    entrypoint: list[str]
    cmd: list[str]
    env: list[list[str]]
    exposed: list[str]
    volumes: list[str]
    stop_signal: str | None
    traps: list[TrapRow]


class JunkRow(Row, frozen=True, kw_only=True):
    """Bytes of one known class of junk, what is visible and what is hidden, and the remedy.

    `sure` is false for what some images need, such as headers.
    """

    name: str
    title: str
    files: int
    visible_bytes: int
    hidden_bytes: int
    layers: list[int]
    remedy: str
    sure: bool


class DiveDifference(Row, frozen=True, kw_only=True):
    """One reason why dive's number is another, with the signed bytes that it stands for."""

    code: str
    measure: str
    bytes: int
    count: int
    text: str


class DiveRow(Row, frozen=True, kw_only=True):
    """dive's numbers by dive's own rules; `user_wasted_ratio` is None where dive has NaN."""

    efficiency: float
    wasted_bytes: int
    size_bytes: int
    user_size_bytes: int
    user_wasted_ratio: float | None
    differences: list[DiveDifference]


class ImageRow(Row, frozen=True, kw_only=True):
    """One image of one input; `index` counts the images of that input.

    The three sizes are sums over the layers, repeats included, config and manifest left out; None
    if the size of any layer was not measured.
    """

    input: str
    source: str
    index: int
    names: list[str]
    platform: PlatformRow
    manifest_digest: str | None
    config_digest: str | None
    created: str | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    layers: list[LayerRow]
    history: list[HistoryRow]
    visible_bytes: int | None = None
    wasted_bytes: int | None = None
    efficiency: float | None = None
    waste: list[WasteRow] | None = None
    duplicates: list[DuplicateRow] | None = None
    engine_differs: list[str] | None = None
    base: BaseRow | None = None
    junk: list[JunkRow] | None = None
    builder: BuilderRow | None = None
    runtime: RuntimeRow | None = None
    dive: DiveRow | None = None


class SharingTotal(Row, frozen=True, kw_only=True):
    """Bytes by one identity: summed over distinct manifests, and each identity once."""

    referenced: int | None
    unique: int | None


class ImageSharing(Row, frozen=True, kw_only=True):
    """What one image has of its own and what other manifests of the run have too, by blob."""

    input: str
    index: int
    unique_bytes: int | None
    shared_bytes: int | None


class Sharing(Row, frozen=True, kw_only=True):
    """What the images have in common, by three identities of a layer.

    `blob_bytes` are stored bytes; the two others are uncompressed. A manifest that an input lists
    under several names counts once.
    """

    blob_bytes: SharingTotal
    diff_id_bytes: SharingTotal
    chain_id_bytes: SharingTotal
    images: list[ImageSharing]


class MetricRow(Row, frozen=True, kw_only=True):
    """One number that a policy can bound; `scope` is `run` or `image:N`, N counting all images."""

    name: str
    scope: str
    value: int | float | None
    unit: str


class SkippedRow(Row, frozen=True, kw_only=True):
    """Something an input lists that is no image, or is not there, and so was not analysed."""

    input: str
    what: str
    digest: str | None
    detail: str = ""


class FaultRow(Row, frozen=True, kw_only=True):
    """One thing wrong with an input; `image` and `layer` say where, if it belongs to one."""

    input: str
    code: str
    message: str
    image: int | None = None
    layer: int | None = None
    hint: str = ""


class Report(Row, frozen=True, kw_only=True):
    """The whole document. Images come in the order of the inputs, then of their indexes."""

    tool: Tool
    images: list[ImageRow]
    sharing: Sharing
    metrics: list[MetricRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    tables: dict[str, dict[str, list[int | float | str | None]]] = {}
    schema: Literal["layerscope.report/1"] = "layerscope.report/1"
