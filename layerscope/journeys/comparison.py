"""Two images side by side: every question about the pair asked, the answers put into a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis import growth
from layerscope.analysis.config_diff import Step, config_diff, history_diff
from layerscope.analysis.diff import diff
from layerscope.analysis.layer_pairs import LayerFacts, pair_layers, shared_base
from layerscope.report import diff_rows
from layerscope.report.answers import image_name
from layerscope.report.diff_document import GrowthRow, NotMeasuredRow, PairRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    from layerscope.analysis.config_diff import Setting, StepChange
    from layerscope.analysis.diff import TreeDiff
    from layerscope.analysis.growth import Owned
    from layerscope.analysis.layer_pairs import LayerPair
    from layerscope.analysis.snapshot import Snapshot
    from layerscope.oci.config import ImageConfig
    from layerscope.report.document import ImageRow


@dataclass(frozen=True, slots=True)
class Side:
    """One image of a pair and what is known of it.

    Attributes:
        row: Its row in a report.
        snapshot: Its tree; None if it is not known, and `no_files` says why.
        config: Its config; None if it is not known, and `no_config` says why.
        packages: Who owns which file; None if it is not known, and `no_packages` says why.
    """

    row: ImageRow
    snapshot: Snapshot | None
    config: ImageConfig | None = None
    packages: Owned | None = None
    no_files: str = ""
    no_packages: str = ""
    no_config: str = ""


def compare_sides(old: Side, new: Side, *, semantic: bool) -> PairRow:
    """What differs between two images, and whether that counts (see `DiffDocument.semantic`)."""
    layers = pair_layers(_facts(old.row), _facts(new.row))
    history = history_diff(_steps(old.row), _steps(new.row), _diff_ids(old.row), _diff_ids(new.row))
    settings = None
    if old.config is not None and new.config is not None:
        settings = config_diff(
            old.config.config, new.config.config, top=_beside(old.config, new.config)
        )
    changes = None
    if old.snapshot is not None and new.snapshot is not None:
        changes = diff(old.snapshot, new.snapshot, semantic=semantic)
    return PairRow(
        old=image_name(old.row),
        new=image_name(new.row),
        equal=_equal(old.row, new.row, settings, history, changes, semantic=semantic),
        sizes=diff_rows.sizes_row(old.row, new.row, (_visible(old), _visible(new))),
        growth=_growth(old, new, layers),
        files=None
        if changes is None or old.snapshot is None or new.snapshot is None
        else diff_rows.files_row(changes, old.snapshot, new.snapshot),
        config=None if settings is None else diff_rows.setting_rows(settings),
        history=diff_rows.step_rows(history),
        layers=diff_rows.layer_rows(
            layers, old.row.layers, new.row.layers, (old.snapshot, new.snapshot)
        ),
        not_measured=_not_measured(old, new),
    )


def _visible(side: Side) -> int | None:
    return side.row.visible_bytes if side.snapshot is None else side.snapshot.visible_bytes()


def _growth(old: Side, new: Side, layers: Sequence[LayerPair]) -> GrowthRow | None:
    if old.snapshot is None or new.snapshot is None:
        return None
    before, after = old.snapshot, new.snapshot
    bases = [side.row.base.layers if side.row.base else 0 for side in (old, new)]
    known_by: Literal["image", "shared-layers"] = "image"
    if not all(bases):
        bases = [shared_base(_facts(old.row), _facts(new.row))] * 2
        known_by = "shared-layers"
    packages = None
    if old.packages is not None and new.packages is not None:
        packages = diff_rows.package_rows(
            growth.by_package(before, after, old.packages, new.packages)
        )
    parts = growth.by_layer(before, after, layers)
    base = growth.by_base(before, after, bases[0], bases[1])
    return GrowthRow(
        delta_bytes=after.visible_bytes() - before.visible_bytes(),
        base_layers=bases,
        base_known_by=known_by,
        by_base=None if base is None else diff_rows.part_rows(base),
        by_instruction=None
        if parts is None
        else diff_rows.instruction_rows(parts, old.row.layers, new.row.layers),
        by_package=packages,
        by_folder=diff_rows.part_rows(growth.by_folder(before, after)),
        by_file_type=diff_rows.part_rows(growth.by_file_type(before, after)),
    )


def _equal(
    old: ImageRow,
    new: ImageRow,
    settings: Sequence[Setting] | None,
    history: Sequence[StepChange],
    changes: TreeDiff | None,
    *,
    semantic: bool,
) -> bool | None:
    """Whether nothing differs that counts; None if nothing was found and not all is known."""
    same_layers = _diff_ids(old) == _diff_ids(new)
    differs = [
        any(row.counts_semantically or not semantic for row in settings or ()),
        any(row.change != "rebuilt" or not semantic for row in history),
        bool(changes),
        not same_layers and not semantic,
    ]
    if any(differs):
        return False
    read = all(layer.verified != "failed" for row in (old, new) for layer in row.layers)
    files_known = changes is not None or (same_layers and None not in _diff_ids(old))
    # Without both configs, equal digests say that they are equal.
    config_known = settings is not None or (
        old.config_digest is not None and old.config_digest == new.config_digest
    )
    return True if read and files_known and config_known else None


def _not_measured(old: Side, new: Side) -> list[NotMeasuredRow]:
    rows = []
    parts: tuple[Literal["files", "packages", "config"], ...] = ("files", "packages", "config")
    for what in parts:
        reasons = {"old": getattr(old, f"no_{what}"), "new": getattr(new, f"no_{what}")}
        if reasons["old"] == reasons["new"]:
            reasons = {"both": reasons["old"]}
        reason = "; ".join(f"{side}: {why}" for side, why in reasons.items() if why)
        if reason:
            rows.append(NotMeasuredRow(what=what, reason=reason))
    return rows


def _beside(old: ImageConfig, new: ImageConfig) -> list[tuple[str, str, str]]:
    """What a config says beside its settings."""
    return [
        ("author", old.author or "", new.author or ""),
        ("created", old.created or "", new.created or ""),
        ("platform", str(old.platform), str(new.platform)),
    ]


def _facts(row: ImageRow) -> list[LayerFacts]:
    return [LayerFacts(layer.diff_id, layer.created_by) for layer in row.layers]


def _diff_ids(row: ImageRow) -> list[str | None]:
    return [layer.diff_id for layer in row.layers]


def _steps(row: ImageRow) -> list[Step]:
    return [
        Step(position, record.created_by, record.layer)
        for position, record in enumerate(row.history)
    ]
