"""The document `layerscope.diff/1`: what differs between images, and what made them grow.

Field for field what `schemas/diff-1.json` describes. None (`null`) stands for what was not
measured, never for zero; `not_measured` says why.
"""

from __future__ import annotations

from typing import Literal

from layerscope.report.answers import ImageName  # noqa: TC001 - msgspec resolves fields' types
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool

Value = str | list[str] | None
Change = Literal["added", "removed", "changed"]


class SizeRow(Row, frozen=True, kw_only=True):
    """One size of both images and its change in bytes.

    Attributes:
        delta: None if either is not known, or if they cannot be compared.
        reason: Why there is no delta; empty if there is one.
    """

    old: int | None
    new: int | None
    delta: int | None
    reason: str = ""


class SizesRow(Row, frozen=True, kw_only=True):
    """The five sizes of an image; what they mean is in `layerscope.report/1`."""

    visible_bytes: SizeRow
    wasted_bytes: SizeRow
    content_bytes: SizeRow
    uncompressed_bytes: SizeRow
    compressed_bytes: SizeRow


class PathRow(Row, frozen=True, kw_only=True):
    """A path that only one of the images has."""

    path: str
    kind: str
    size_bytes: int
    layer: int


class ChangedRow(Row, frozen=True, kw_only=True):
    """A path that both images have and that is not the same.

    Attributes:
        fields: What differs, each with the value before and after: `kind`, `size_bytes`, `content`,
            `link_target`, `mode`, `uid`, `gid`, `mtime_ns`, `xattrs` (their digest), `linked_to`
            (another name of a hard link); `content-unknown` where content was not hashed.
        metadata_only: Whether kind, content and link target are the same.
        delta_bytes: The change of what this path adds to the visible bytes.
    """

    path: str
    kind: str
    fields: dict[str, list[int | str | None]]
    metadata_only: bool
    delta_bytes: int
    old_layer: int
    new_layer: int


class MovedRow(Row, frozen=True, kw_only=True):
    """The same non-empty content, gone from one path and come to another."""

    old_path: str
    new_path: str
    size_bytes: int


class FilesRow(Row, frozen=True, kw_only=True):
    """The differences of the two trees that a container would see; lists are sorted by path."""

    added: list[PathRow]
    removed: list[PathRow]
    changed: list[ChangedRow]
    moved: list[MovedRow]
    unchanged: int


class PartRow(Row, frozen=True, kw_only=True):
    """One part of a split of the visible bytes.

    `rest` marks a folder less those inside it that are parts of their own.
    """

    name: str
    old_bytes: int
    new_bytes: int
    delta_bytes: int
    rest: bool = False


class InstructionPartRow(Row, frozen=True, kw_only=True):
    """By how much the layers of one instruction make the visible bytes grow or shrink.

    Each counts for what it does to what is below it: a layer that deletes is less than nothing. A
    layer is None where that image has none. Content bytes are what the layer stores, 0 where there
    is no layer; their changes sum to that of the image.
    """

    created_by: str | None
    old_layer: int | None
    new_layer: int | None
    matched_by: Literal["diff-id", "instruction"] | None
    old_bytes: int
    new_bytes: int
    delta_bytes: int
    old_content_bytes: int | None
    new_content_bytes: int | None


class PackagePartRow(Row, frozen=True, kw_only=True):
    """What one package adds to the visible bytes.

    `unowned` is what no package owns: name and kind are empty then, and there are no versions.
    """

    name: str
    kind: str
    change: Literal["added", "removed", "version", "bytes", "unowned"]
    old_versions: list[str]
    new_versions: list[str]
    old_bytes: int
    new_bytes: int
    delta_bytes: int


class GrowthRow(Row, frozen=True, kw_only=True):
    """The change of the visible bytes, split; each split sums to it exactly.

    Parts that did not change are left out, and the largest change comes first, but for the layers
    of `by_instruction`, which are in order.

    Attributes:
        delta_bytes: The change.
        base_layers: How many layers of each image `by_base` takes for the base.
        base_known_by: `image` if both images say what they stand on; `shared-layers` if it is
            what they have in common.
        by_base: None if the effects of the layers are not known, from a saved report without them.
        by_instruction: None likewise.
        by_package: None if the packages were not measured.
        by_file_type: By name alone.
    """

    delta_bytes: int
    base_layers: list[int]
    base_known_by: Literal["image", "shared-layers"]
    by_base: list[PartRow] | None
    by_instruction: list[InstructionPartRow] | None
    by_package: list[PackagePartRow] | None
    by_folder: list[PartRow]
    by_file_type: list[PartRow]


class SettingRow(Row, frozen=True, kw_only=True):
    """One setting of the config that differs; `name` is that of a variable, label, port, volume.

    `semantic` is whether it counts as well where times and orders do not.
    """

    setting: str
    name: str
    change: Change
    old: Value
    new: Value
    semantic: bool


class StepSide(Row, frozen=True, kw_only=True):
    """A history record of one image: its position, its words, its layer."""

    position: int
    created_by: str | None
    layer: int | None


class StepChangeRow(Row, frozen=True, kw_only=True):
    """One instruction that differs; `rebuilt` is the same one with another layer."""

    change: Literal["added", "removed", "changed", "rebuilt"]
    old: StepSide | None
    new: StepSide | None


class LayerPairRow(Row, frozen=True, kw_only=True):
    """Two layers that correspond, or one without a partner; the numbers are the layers' own.

    `matched_by` is `diff-id` for a layer that both images have. Visible bytes are those that the
    layer stores and that can be seen in the whole image.
    """

    old_layer: int | None
    new_layer: int | None
    matched_by: Literal["diff-id", "instruction"] | None
    old_diff_id: str | None
    new_diff_id: str | None
    created_by: str | None
    old_content_bytes: int | None
    new_content_bytes: int | None
    old_visible_bytes: int | None
    new_visible_bytes: int | None


class NotMeasuredRow(Row, frozen=True, kw_only=True):
    """A part of the comparison that there is no answer for, and why."""

    what: Literal["files", "packages", "config"]
    reason: str


class PairRow(Row, frozen=True, kw_only=True):
    """Two images compared.

    Attributes:
        equal: Whether nothing differs that counts; None if what was measured is the same and
            something was not measured.
        files: None if the files of either image are not known.
        growth: None likewise.
        config: None if the settings of either image are not known.
        layers: Every layer of both images once.
    """

    old: ImageName
    new: ImageName
    equal: bool | None
    sizes: SizesRow
    growth: GrowthRow | None
    files: FilesRow | None
    config: list[SettingRow] | None
    history: list[StepChangeRow]
    layers: list[LayerPairRow]
    not_measured: list[NotMeasuredRow]


class DiffDocument(Row, frozen=True, kw_only=True):
    """The whole document. Pairs come in the order of the new images.

    Attributes:
        semantic: Whether times, the order of entries and that of variables do not count.
        equal: Whether no pair differs and each image has a partner; None if that is not known.
        pairs: Images that correspond.
        removed_images: Images of the old input without a partner.
        added_images: Images of the new input without a partner.
    """

    tool: Tool
    semantic: bool
    equal: bool | None
    pairs: list[PairRow]
    removed_images: list[ImageName]
    added_images: list[ImageName]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.diff/1"] = "layerscope.diff/1"
