"""What each instruction of an image cost, and which layers no instruction made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.journeys.choose import image_or_faults
from layerscope.journeys.pool import read_layers
from layerscope.report.answers import HistoryDocument, StepRow, image_name
from layerscope.report.from_results import build

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.report.answers import Origin
    from layerscope.report.document import HistoryRow, ImageRow, LayerRow
    from layerscope.sources.limits import Limits

# The classic builder writes the shell and "#(nop)", BuildKit and kaniko the instruction itself.
_INSTRUCTION = re.compile(
    r"/(?:usr/)?bin/[a-z]{0,3}sh (?:-\S+ (?:pipefail )?){0,3}-[a-z]*c\s"
    r"|\|[0-9]+ "
    r"|\S+(?: -\S+)* #\(nop\)"
    r"|(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|FROM|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN"
    r"|SHELL|STOPSIGNAL|USER|VOLUME|WORKDIR)\s"
)
_BUILDERS = re.compile(r"buildkit\.|bazel|kaniko|jib|apko|ko build|nix|debuerreotype|# debian")
# What a container ran that someone changed by hand: a bare shell, or only arguments, which no
# instruction can be.
_BY_HAND = re.compile(r"(?:\S*/)?(?:ash|bash|dash|ksh|sh|zsh)(?: -[il])*|-.*", re.DOTALL)


def history(
    text: str,
    *,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None = None,
) -> HistoryDocument:
    """The steps of the one image that `text` names, from the base up, with measured sizes.

    A layer that cannot be read is a row of `faults`, and its sizes are None. If there is no image,
    image and steps are None, and `faults` says why.

    Raises: `UsageError` if there are several images.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    report = build(
        opened, read_layers(opened, jobs=jobs, limits=limits, content=None, progress=progress)
    )
    image = report.images[0] if report.images else None
    return HistoryDocument(
        tool=report.tool,
        image=image_name(image) if image else None,
        steps=steps(image) if image else None,
        faults=report.faults,
    )


def steps(image: ImageRow) -> list[StepRow]:
    """One row for each history record, then one for each layer that no record speaks of."""
    rows = [
        _step(record, image.layers[record.layer] if record.layer is not None else None)
        for record in image.history
    ]
    told = {record.layer for record in image.history}
    rows += [_step(None, layer) for layer in image.layers if layer.index not in told]
    return rows


def origin_of(record: HistoryRow) -> Origin:
    """What a record's own words say of where it came from; they are claims, and often few.

    A committed container leaves the command it ran. That is taken for hand-made where it is a bare
    shell or bare arguments, or where someone wrote a comment that is no builder's. The exec form of
    the classic builder's RUN looks like a commit without a comment: `unknown`.
    """
    line = (record.created_by or "").strip()
    comment = (record.comment or "").strip()
    if comment.lower().startswith("import") and not line:
        return "imported"
    if _INSTRUCTION.match(line) or line.endswith("# buildkit"):
        return "instruction"
    if _BUILDERS.match(comment) or _BUILDERS.match(line):
        return "instruction" if comment.startswith("buildkit.") else "unknown"
    if not record.empty_layer and (_BY_HAND.fullmatch(line) or (comment and line)):
        return "hand-made"
    return "unknown"


def _step(record: HistoryRow | None, layer: LayerRow | None) -> StepRow:
    return StepRow(
        created=record.created if record else None,
        created_by=record.created_by if record else None,
        comment=record.comment if record else None,
        empty_layer=record.empty_layer if record else False,
        origin=origin_of(record) if record else "missing",
        layer=layer.index if layer else None,
        diff_id=layer.diff_id if layer else None,
        compressed_bytes=layer.compressed_bytes if layer else None,
        uncompressed_bytes=layer.uncompressed_bytes if layer else None,
        content_bytes=layer.content_bytes if layer else None,
    )
