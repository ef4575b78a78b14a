"""What each instruction of an image cost, and which layers no instruction made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.analysis.origin import origins
from layerscope.journeys.choose import image_or_faults
from layerscope.journeys.pool import read_layers
from layerscope.journeys.remembering import keep, memory_of
from layerscope.journeys.understand import understand
from layerscope.report.answers import HistoryDocument, StepRow, image_name
from layerscope.report.from_results import build

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.analysis.origin import Origin
    from layerscope.catalog.store import Catalog
    from layerscope.oci.platform import Platform
    from layerscope.report.document import HistoryRow, ImageRow, LayerRow
    from layerscope.sources.image import Image
    from layerscope.sources.limits import Limits


def history(
    text: str,
    *,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
) -> HistoryDocument:
    """The steps of the one image that `text` names, from the base up, with measured sizes.

    A layer that cannot be read is a row of `faults`, and its sizes are None. If there is no image,
    image and steps are None, and `faults` says why.

    Layers that the catalog knows are not read again, unless `verify` is set.

    Raises: `UsageError` if there are several images.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    memory = memory_of(catalog, limits, verify=verify)
    outcomes = read_layers(
        opened, jobs=jobs, limits=limits, columns=True, progress=progress, memory=memory
    )
    report = build(opened, outcomes, understand(opened, outcomes, limits))
    if memory is not None:
        keep(memory, opened, outcomes)
    image = report.images[0] if report.images else None
    return HistoryDocument(
        tool=report.tool,
        image=image_name(image) if image else None,
        steps=steps(opened[0].images[0], image) if image else None,
        builder=image.builder if image else None,
        base=image.base if image else None,
        runtime=image.runtime if image else None,
        faults=report.faults,
    )


def steps(image: Image, row: ImageRow) -> list[StepRow]:
    """One row for each history record, then one for each layer that no record speaks of."""
    found = origins(image)
    rows = []
    for origin, from_base in zip(found, _from_base(found, row), strict=True):
        record = row.history[origin.record] if origin.record is not None else None
        layer = row.layers[origin.layer] if origin.layer is not None else None
        rows.append(_step(record, layer, origin, from_base=from_base))
    return rows


def _from_base(found: Sequence[Origin], row: ImageRow) -> list[bool | None]:
    """Whether each step is the base's.

    A step without a layer is if a layer of the base follows it, and is not if an own layer is
    before it. Of those between nothing tells: the base's CMD and the image's own first ENV are
    neighbours. Nor does anything if a layer lacks its record, since places then say nothing.
    """
    count = row.base.layers if row.base and row.base.layers else None
    if count is None:
        return [None] * len(found)
    owned = [None if step.layer is None else step.layer < count for step in found]
    if any(step.record is None for step in found):
        return owned
    last = max((at for at, mine in enumerate(owned) if mine), default=-1)
    first_own = next((at for at, mine in enumerate(owned) if mine is False), len(owned))
    told: list[bool | None] = []
    for at, mine in enumerate(owned):
        if mine is not None:
            told.append(mine)
        else:
            told.append(True if at < last else False if at > first_own else None)
    return told


def _step(
    record: HistoryRow | None, layer: LayerRow | None, origin: Origin, *, from_base: bool | None
) -> StepRow:
    return StepRow(
        created=record.created if record else None,
        created_by=record.created_by if record else None,
        comment=record.comment if record else None,
        empty_layer=record.empty_layer if record else False,
        origin=origin.origin,
        reviewable=origin.reviewable,
        evidence=origin.evidence,
        layer=layer.index if layer else None,
        from_base=from_base,
        diff_id=layer.diff_id if layer else None,
        compressed_bytes=layer.compressed_bytes if layer else None,
        uncompressed_bytes=layer.uncompressed_bytes if layer else None,
        content_bytes=layer.content_bytes if layer else None,
        hidden_bytes=layer.hidden_bytes if layer else None,
    )
