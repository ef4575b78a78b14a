"""What a pull, a push or a removal of images would do, given the images that are there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypedDict, Unpack

from layerscope.errors import UsageError, shown
from layerscope.fleet.registry_blobs import documents_of
from layerscope.fleet.transfer import Place
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.oci.reference import Reference, looks_like_reference
from layerscope.report.plan_pull_document import PlanPullDocument, plan_pull_document
from layerscope.report.plan_push_document import PlanPushDocument, plan_push_document
from layerscope.report.plan_remove_document import PlanRemoveDocument, plan_remove_document
from layerscope.report.stored_layers import are_registry_blobs
from layerscope.sources.arguments import TRANSPORTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.catalog.store import Catalog
    from layerscope.fleet.registry_blobs import Documents
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.oci.platform import Platform
    from layerscope.report.document import ImageRow
    from layerscope.sources.limits import Limits


class Reading(TypedDict, total=False):
    """How images are read: the arguments of `journeys.fleet_inputs.read_fleet`."""

    platform: Platform | None
    limits: Limits
    jobs: int | None
    stdin: BinaryIO | None
    progress: Callable[[int, int], None] | None
    catalog: Catalog | None
    verify: bool


def plan_pull(
    inputs: Sequence[str], have: Sequence[str], **reading: Unpack[Reading]
) -> PlanPullDocument:
    """What pulling images would move where others are; both as a user names them.

    Raises: as `journeys.fleet_inputs.read_fleet` does.
    """
    fleet = read_fleet(inputs, have, columns=False, **reading)
    return plan_pull_document(
        fleet.tool,
        fleet.rows,
        fleet.frames,
        registry_documents(fleet),
        wanted=fleet.in_group(0),
        have=fleet.in_group(1),
        skipped=fleet.skipped,
        faults=fleet.faults,
    )


def plan_push(
    inputs: Sequence[str],
    have: Sequence[str],
    *,
    to: str | None = None,
    **reading: Unpack[Reading],
) -> PlanPushDocument:
    """What pushing images would send.

    Args:
        inputs: Images as a user names them.
        have: Images that registries hold; `NAME=IMAGE` where an image does not say in which
            repository it is.
        to: The repository that all images go to; None means that of each image's first full name.
        reading: See `Reading`.

    Raises: `UsageError` for a name that is none; as `journeys.fleet_inputs.read_fleet` does.
    """
    target = None if to is None else _place(to, "--to")
    named = [_named(text) for text in have]
    fleet = read_fleet(inputs, *([text] for _, text in named), columns=False, **reading)
    return plan_push_document(
        fleet.tool,
        fleet.rows,
        fleet.frames,
        registry_documents(fleet),
        wanted=[(at, target or place_of(fleet.rows[at])) for at in fleet.in_group(0)],
        have=[
            (at, place or place_of(fleet.rows[at]))
            for group, (place, _) in enumerate(named, start=1)
            for at in fleet.in_group(group)
        ],
        skipped=fleet.skipped,
        faults=fleet.faults,
    )


def plan_remove(
    inputs: Sequence[str], keep: Sequence[str], **reading: Unpack[Reading]
) -> PlanRemoveDocument:
    """What removing images would free if others are kept.

    An image that is named for both is removed, so that `keep` can be a whole folder.

    Raises: as `journeys.fleet_inputs.read_fleet` does.
    """
    fleet = read_fleet(inputs, keep, columns=False, **reading)
    removed = fleet.in_group(0)
    gone = {(fleet.rows[at].input, fleet.rows[at].index) for at in removed}
    return plan_remove_document(
        fleet.tool,
        fleet.rows,
        fleet.frames,
        registry_documents(fleet),
        removed=removed,
        kept=[
            at
            for at in fleet.in_group(1)
            if (fleet.rows[at].input, fleet.rows[at].index) not in gone
        ],
        skipped=fleet.skipped,
        faults=fleet.faults,
    )


def registry_documents(fleet: FleetInputs) -> Documents:
    """The table `fleet.registry_blobs.DOCUMENTS` of a fleet.

    Saved reports do not say how long manifests and configs are.
    """
    rows: list[tuple[int | None, int | None, bool]] = []
    for at, row in enumerate(fleet.rows):
        image = fleet.images[at] if at < len(fleet.images) else None
        manifest = image.manifest if image else None
        config = image.config if image else None
        rows.append(
            (
                None if manifest is None else len(manifest.raw),
                None if config is None else len(config.raw),
                are_registry_blobs(row.layers, row.source, row.manifest_digest),
            )
        )
    return documents_of(rows)


def place_of(row: ImageRow) -> Place | None:
    """The repository of an image's first full name; None if it has none, or only a bare tag."""
    for name in row.names:
        # A name without a tag may be a tag: archives have either.
        if looks_like_reference(name):
            return _place(name, name)
    return None


def _place(name: str, option: str) -> Place:
    try:
        reference = Reference.parse(name)
    except UsageError as error:
        error.within(option)
        raise
    return Place(reference.registry, reference.repository)


def _named(text: str) -> tuple[Place | None, str]:
    """The repository and the image of `NAME=IMAGE`; an input whose path has a `=` is no such pair.

    Raises: `UsageError` for a name that is none, and if there is a name but no image.
    """
    name, sign, image = text.partition("=")
    # The folder of a glob, and what comes before a pick, count as well.
    ends = [at for at, letter in enumerate(text) if letter in ":/" and at > len(name)]
    exists = any(os.path.lexists(text[:at]) for at in (*ends, len(text)))
    if not sign or exists or name.partition(":")[0] in TRANSPORTS:
        return None, text
    if not image:
        raise UsageError(f"expected NAME=IMAGE, found {shown(text, 80)}", "--have")
    return _place(name, "--have"), image
