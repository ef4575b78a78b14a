"""From what was found between two images to rows of the document; nothing is judged here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from layerscope.report.diff_document import (
    ChangedRow,
    FilesRow,
    InstructionPartRow,
    LayerPairRow,
    MovedRow,
    PackagePartRow,
    PartRow,
    PathRow,
    SettingRow,
    SizeRow,
    SizesRow,
    StepChangeRow,
    StepSide,
)
from layerscope.report.stored_layers import compressed_otherwise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from layerscope.analysis.config_diff import Setting, Step, StepChange
    from layerscope.analysis.diff import Changed, TreeDiff
    from layerscope.analysis.growth import LayerPart, PackagePart, Part
    from layerscope.analysis.layer_pairs import LayerPair
    from layerscope.analysis.snapshot import Entry, Snapshot
    from layerscope.report.document import ImageRow, LayerRow

    Cell = int | str | None


def sizes_row(old: ImageRow, new: ImageRow, visible: tuple[int | None, int | None]) -> SizesRow:
    """The sizes of both images; `visible` has the visible bytes of each, None if not measured."""
    return SizesRow(
        visible_bytes=_size(*visible),
        wasted_bytes=_size(_wasted(old, visible[0]), _wasted(new, visible[1])),
        content_bytes=_size(old.content_bytes, new.content_bytes),
        uncompressed_bytes=_size(old.uncompressed_bytes, new.uncompressed_bytes),
        compressed_bytes=_size(
            old.compressed_bytes, new.compressed_bytes, compressed_otherwise(old.layers, new.layers)
        ),
    )


def _wasted(row: ImageRow, visible: int | None) -> int | None:
    if row.content_bytes is None or visible is None:
        return None
    return row.content_bytes - visible


def _size(old: int | None, new: int | None, reason: str = "") -> SizeRow:
    if old is None or new is None:
        sides = [name for name, size in (("old", old), ("new", new)) if size is None]
        return SizeRow(old=old, new=new, delta=None, reason=f"not known for {' and '.join(sides)}")
    return SizeRow(old=old, new=new, delta=None if reason else new - old, reason=reason)


def files_row(changes: TreeDiff, old: Snapshot, new: Snapshot) -> FilesRow:
    """The differences of two trees."""
    return FilesRow(
        added=[_path_row(path, new.entries[path]) for path in changes.added],
        removed=[_path_row(path, old.entries[path]) for path in changes.removed],
        changed=[_changed_row(change, old, new) for change in changes.changed],
        moved=[
            MovedRow(
                old_path=text(move.old_path),
                new_path=text(move.new_path),
                size_bytes=new.entries[move.new_path].size_bytes,
            )
            for move in changes.moved
        ],
        unchanged=changes.unchanged,
    )


def _path_row(path: bytes, entry: Entry) -> PathRow:
    return PathRow(path=text(path), kind=entry.kind, size_bytes=entry.size_bytes, layer=entry.layer)


def _changed_row(change: Changed, old: Snapshot, new: Snapshot) -> ChangedRow:
    before, after = old.entries[change.path], new.entries[change.path]
    return ChangedRow(
        path=text(change.path),
        kind=after.kind,
        fields={
            name: [_cell(name, before, old.hashed), _cell(name, after, new.hashed)]
            for name in change.fields
        },
        metadata_only=change.metadata_only,
        delta_bytes=after.visible_bytes - before.visible_bytes,
        old_layer=before.layer,
        new_layer=after.layer,
    )


def _cell(name: str, entry: Entry, hashed: str | None) -> Cell:
    """One field of an entry as it is written: modes as in `layerscope.files/1`, digests whole."""
    if name in {"content", "content-unknown"}:
        return None if entry.content is None else f"{hashed}:{entry.content.hex()}"
    value = getattr(entry, name)
    if name == "mode":
        return f"{value:04o}"
    if name == "xattrs":
        return None if value is None else value.hex()
    return text(value) if isinstance(value, bytes) else cast("Cell", value)


def part_rows(parts: Iterable[Part]) -> list[PartRow]:
    """Parts of a split by base, folder or file type."""
    return [
        PartRow(
            name=text(part.name),
            old_bytes=part.old_bytes,
            new_bytes=part.new_bytes,
            delta_bytes=part.delta_bytes,
            rest=part.rest,
        )
        for part in parts
    ]


def package_rows(parts: Iterable[PackagePart]) -> list[PackagePartRow]:
    """Parts of a split by package."""
    return [
        PackagePartRow(
            name=part.name,
            kind=part.kind,
            change=_package_change(part),
            old_versions=list(part.old_versions),
            new_versions=list(part.new_versions),
            old_bytes=part.old_bytes,
            new_bytes=part.new_bytes,
            delta_bytes=part.delta_bytes,
        )
        for part in parts
    ]


def _package_change(
    part: PackagePart,
) -> Literal["added", "removed", "version", "bytes", "unowned"]:
    if not part.old_versions and not part.new_versions:
        return "unowned"
    if not part.old_versions:
        return "added"
    if not part.new_versions:
        return "removed"
    return "bytes" if part.old_versions == part.new_versions else "version"


def instruction_rows(
    parts: Iterable[LayerPart], old: Sequence[LayerRow], new: Sequence[LayerRow]
) -> list[InstructionPartRow]:
    """Parts of a split by layer and so by instruction; where nothing changed there is no row."""
    rows = []
    for part in parts:
        content = [_content(old, part.pair.old), _content(new, part.pair.new)]
        if part.delta_bytes or content[0] != content[1]:
            rows.append(
                InstructionPartRow(
                    created_by=_words(part.pair, old, new),
                    old_layer=part.pair.old,
                    new_layer=part.pair.new,
                    matched_by=part.pair.matched_by,
                    old_bytes=part.old_bytes,
                    new_bytes=part.new_bytes,
                    delta_bytes=part.delta_bytes,
                    old_content_bytes=content[0],
                    new_content_bytes=content[1],
                )
            )
    return rows


def _content(layers: Sequence[LayerRow], position: int | None) -> int | None:
    return 0 if position is None else layers[position].content_bytes


def layer_rows(
    pairs: Iterable[LayerPair],
    old: Sequence[LayerRow],
    new: Sequence[LayerRow],
    snapshots: tuple[Snapshot | None, Snapshot | None],
) -> list[LayerPairRow]:
    """Every layer of both images once."""
    seen = [side.visible_bytes_of_layers() if side else None for side in snapshots]
    rows = []
    for pair in pairs:
        before = None if pair.old is None else old[pair.old]
        after = None if pair.new is None else new[pair.new]
        rows.append(
            LayerPairRow(
                old_layer=pair.old,
                new_layer=pair.new,
                matched_by=pair.matched_by,
                old_diff_id=before.diff_id if before else None,
                new_diff_id=after.diff_id if after else None,
                created_by=_words(pair, old, new),
                old_content_bytes=before.content_bytes if before else None,
                new_content_bytes=after.content_bytes if after else None,
                old_visible_bytes=_at(seen[0], pair.old),
                new_visible_bytes=_at(seen[1], pair.new),
            )
        )
    return rows


def _at(numbers: Sequence[int] | None, position: int | None) -> int | None:
    return None if numbers is None or position is None else numbers[position]


def _words(pair: LayerPair, old: Sequence[LayerRow], new: Sequence[LayerRow]) -> str | None:
    if pair.new is not None:
        return new[pair.new].created_by
    return None if pair.old is None else old[pair.old].created_by


def setting_rows(settings: Iterable[Setting]) -> list[SettingRow]:
    """Settings that differ."""
    return [
        SettingRow(
            setting=row.setting,
            name=row.name,
            change=row.change,
            old=row.old,
            new=row.new,
            semantic=row.counts_semantically,
        )
        for row in settings
    ]


def step_rows(changes: Iterable[StepChange]) -> list[StepChangeRow]:
    """Instructions that differ."""
    return [
        StepChangeRow(change=row.change, old=_step(row.old), new=_step(row.new)) for row in changes
    ]


def _step(step: Step | None) -> StepSide | None:
    if step is None:
        return None
    return StepSide(position=step.position, created_by=step.created_by, layer=step.layer)


def text(name: bytes) -> str:
    """A name as documents hold it: bytes that are no UTF-8 as lone surrogates."""
    return name.decode("utf-8", "surrogateescape")
