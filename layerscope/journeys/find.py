"""Every version of the paths that match a pattern, in all images given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.analysis.glob import Glob
from layerscope.analysis.lookup import Versions
from layerscope.errors import InputError
from layerscope.journeys.choose import absent_layer, finished_tree, with_fault
from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.remembering import read_tables
from layerscope.journeys.tree_rows import TreeRows, text_of
from layerscope.report.answers import FileRow, image_name
from layerscope.report.find_document import FindDocument, FoundImage, VersionRow
from layerscope.report.from_results import build
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.analysis.lookup import Version
    from layerscope.catalog.store import Catalog
    from layerscope.files.squash import Squashed
    from layerscope.journeys.pool import LayerOutcome, Place
    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Image
    from layerscope.sources.limits import Limits


def find(
    pattern: str,
    inputs: Sequence[str],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
) -> FindDocument:
    """What a top-down look-up finds: each version of each path, top layer first.

    Args:
        pattern: On absolute paths; see `analysis.glob.Glob`.
        inputs: As a user names them.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.

    Of an image with a damaged layer nothing is told but the fault.

    Raises: `UsageError` for a pattern or an input that makes no sense as one.
    """
    glob = Glob(pattern)
    opened = with_no_image_faults(
        open_inputs(inputs, platform=platform, limits=limits, stdin=stdin)
    )
    outcomes = read_tables(
        opened, catalog=catalog, verify=verify, limits=limits, jobs=jobs, progress=progress
    )
    found: list[list[VersionRow] | None] = []
    for place, one in enumerate(opened):
        for position, image in enumerate(one.images):
            places = [(place, position, layer.index) for layer in image.layers]
            try:
                found.append(_versions(image, [outcomes.get(each) for each in places], glob))
            except InputError as error:
                found.append(None)
                opened[place] = with_fault(opened[place], image, absent_layer(image), error)
            _drop_columns(outcomes, places)
    report = build(opened, outcomes)
    return FindDocument(
        tool=report.tool,
        pattern=pattern,
        images=[
            FoundImage(image=image_name(image), layers=len(image.layers), versions=versions)
            for image, versions in zip(report.images, found, strict=True)
        ],
        faults=report.faults,
    )


def _drop_columns(outcomes: dict[Place, LayerOutcome], places: list[Place]) -> None:
    """File tables are let go image by image: those of a thousand images would fill memory."""
    for place in places:
        outcome = outcomes.get(place)
        if outcome is not None and outcome.scan is not None:
            outcomes[place] = replace(outcome, scan=replace(outcome.scan, columns=None))


def _versions(
    image: Image, outcomes: list[LayerOutcome | None], glob: Glob
) -> list[VersionRow] | None:
    """What is found in one image; None if a layer is damaged. Raises: as `finished_tree` does."""
    tree = finished_tree(image, outcomes)
    if tree is None:
        return None
    diff_ids = [outcome.scan.diff_id for outcome in outcomes if outcome and outcome.scan]
    rows = TreeRows(tree)
    return [
        _row(image, tree, version, rows.stored(version.row, version.path))
        for version in Versions(tree, diff_ids).matching(glob)
    ]


def _row(image: Image, tree: Squashed, version: Version, file: FileRow) -> VersionRow:
    by = version.hidden_by
    upper = None if by is None else image.layers[tree.place(by)[0]]
    return VersionRow(
        path=file.path,
        name=file.name,
        kind=file.kind,
        size_bytes=file.size_bytes,
        mode=file.mode,
        uid=file.uid,
        gid=file.gid,
        mtime_ns=file.mtime_ns,
        link_target=file.link_target,
        content=file.content,
        layer=file.layer,
        hardlink_to=file.hardlink_to,
        xattrs=file.xattrs,
        created_by=image.layers[file.layer].created_by,
        state=version.state,
        cause=version.cause,
        hidden_by_layer=None if upper is None else upper.index,
        hidden_by_path=None if by is None else text_of(tree.path_of(by)),
        hidden_by_created_by=None if upper is None else upper.created_by,
        visible_as=None if version.visible_as is None else text_of(version.visible_as),
    )
