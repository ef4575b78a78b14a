"""From what was opened and measured to the document: nothing is read here, nothing judged."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, cast

from layerscope import __version__
from layerscope.oci.history import BEYOND
from layerscope.report.document import (
    Compression,
    FaultRow,
    HistoryRow,
    ImageRow,
    LayerRow,
    PlatformRow,
    Report,
    SkippedRow,
    Tool,
)
from layerscope.report.image_facts import facts_fields, hidden_in_layers
from layerscope.report.metrics import metric_rows, total
from layerscope.report.sharing import sharing_of
from layerscope.sources.image import Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layerscope.analysis.facts import Facts
    from layerscope.files.scan_layer import LayerScan
    from layerscope.sources.image import Image, Layer, OpenedInput

    Cell = int | float | str | None


class Outcome(Protocol):
    """What reading a layer gave: a scan, or the fault that prevented one."""

    @property
    def scan(self) -> LayerScan | None:
        """What was measured."""

    @property
    def fault(self) -> Fault | None:
        """What was wrong."""


def build(
    opened: Sequence[OpenedInput],
    outcomes: Mapping[tuple[int, int, int], Outcome],
    facts: Mapping[tuple[int, int], Facts] | None = None,
    tables: dict[str, dict[str, list[Cell]]] | None = None,
) -> Report:
    """The document of a run.

    Args:
        opened: The inputs, in the order the user named them.
        outcomes: What reading each layer gave, by position of the input, position of the image in
            it, and index of the layer. A layer without an outcome was not measured.
        facts: What the analyses say of each image, by position of the input and of the image;
            without them those fields are None.
        tables: Goes into the document as it is.
    """
    facts = facts or {}
    inputs = [
        [
            _image_row(
                image,
                [outcomes.get((place, position, layer.index)) for layer in image.layers],
                facts.get((place, position)),
            )
            for position, image in enumerate(one.images)
        ]
        for place, one in enumerate(opened)
    ]
    images = [image for rows in inputs for image in rows]
    sharing = sharing_of(inputs)
    skipped = [
        SkippedRow(input=item.input, what=item.what, digest=_text(item.digest), detail=item.detail)
        for one in opened
        for item in one.skipped
    ]
    faults = _fault_rows(opened, outcomes, facts)
    return Report(
        tool=Tool(version=__version__),
        images=images,
        sharing=sharing,
        metrics=metric_rows(images, sharing, skipped, faults),
        skipped=skipped,
        faults=faults,
        tables=tables or {},
    )


def _image_row(image: Image, outcomes: Sequence[Outcome | None], facts: Facts | None) -> ImageRow:
    scans = [outcome.scan if outcome else None for outcome in outcomes]
    chains = _chain_ids(image, scans)
    hidden = hidden_in_layers(facts, len(image.layers)) if facts else [None] * len(scans)
    layers = [
        _layer_row(layer, scan, chain, gone)
        for layer, scan, chain, gone in zip(image.layers, scans, chains, hidden, strict=True)
    ]
    platform = image.platform
    return ImageRow(
        input=image.input,
        source=image.source,
        index=image.index,
        names=list(image.names),
        platform=PlatformRow(
            os=platform.os,
            architecture=platform.architecture,
            variant=platform.variant or "",
            os_version=platform.os_version or "",
            os_features=list(platform.os_features),
        ),
        manifest_digest=_text(image.manifest_digest),
        config_digest=_text(image.config_digest),
        created=image.config.created if image.config else None,
        compressed_bytes=total(layers, "compressed_bytes"),
        uncompressed_bytes=total(layers, "uncompressed_bytes"),
        content_bytes=total(layers, "content_bytes"),
        layers=layers,
        history=_history_rows(image),
        **(facts_fields(facts) if facts else {}),
    )


def _layer_row(
    layer: Layer, scan: LayerScan | None, chain_id: str | None, hidden_bytes: int | None
) -> LayerRow:
    return LayerRow(
        index=layer.index,
        digest=_text(layer.digest or (scan.digest if scan else None)),
        diff_id=_text(layer.diff_id or (scan.diff_id if scan else None)),
        chain_id=chain_id,
        media_type=layer.media_type,
        compression=cast("Compression", scan.compression) if scan else None,
        verified=("remembered" if scan.remembered else "read") if scan else "failed",
        compressed_bytes=scan.compressed_bytes if scan else None,
        uncompressed_bytes=scan.uncompressed_bytes if scan else None,
        content_bytes=scan.content_bytes if scan else None,
        entries=scan.entries if scan else None,
        files=scan.files if scan else None,
        created_by=layer.created_by,
        stored_as=layer.stored_as,
        missing=layer.missing,
        notes=list(scan.notes) if scan else [],
        hidden_bytes=hidden_bytes,
        snapshot_bytes=scan.snapshot_bytes if scan else None,
    )


def _chain_ids(image: Image, scans: Sequence[LayerScan | None]) -> list[str | None]:
    """ChainIDs, from measured DiffIDs where the archive claims none.

    Source: OCI image-spec v1.1, config.md, 'Layer ChainID'.
    """
    chains: list[str | None] = []
    below: str | None = ""
    for layer, scan in zip(image.layers, scans, strict=True):
        own = _text(layer.diff_id or (scan.diff_id if scan else None))
        if layer.chain_id is not None:
            below = str(layer.chain_id)
        elif own is None or below is None:
            below = None
        elif below:
            below = "sha256:" + hashlib.sha256(f"{below} {own}".encode()).hexdigest()
        else:
            below = own
        chains.append(below)
    return chains


def _history_rows(image: Image) -> list[HistoryRow]:
    return [
        HistoryRow(
            created=record.created,
            created_by=record.created_by,
            empty_layer=record.empty_layer,
            layer=None if layer == BEYOND else layer,
            comment=record.comment,
        )
        for record, layer in image.history
    ]


def _fault_rows(
    opened: Sequence[OpenedInput],
    outcomes: Mapping[tuple[int, int, int], Outcome],
    facts: Mapping[tuple[int, int], Facts],
) -> list[FaultRow]:
    """Faults by input: those found on opening first, then those of layers, base up, each once."""
    faults: dict[Fault, None] = {}
    for place, one in enumerate(opened):
        faults.update(dict.fromkeys(one.faults))
        for position, image in enumerate(one.images):
            found = (outcomes.get((place, position, layer.index)) for layer in image.layers)
            faults.update(dict.fromkeys(_faults_of(found)))
            known = facts.get((place, position))
            if known and known.problem:
                fault = Fault.of(one.input, known.problem)
                faults[replace(fault, image=one.images[position].index)] = None
    return [
        FaultRow(
            input=fault.input,
            code=fault.code,
            message=fault.message,
            image=fault.image,
            layer=fault.layer,
            hint=fault.hint,
        )
        for fault in faults
    ]


def _faults_of(outcomes: Iterable[Outcome | None]) -> list[Fault]:
    return [outcome.fault for outcome in outcomes if outcome and outcome.fault]


def _text(value: object) -> str | None:
    return None if value is None else str(value)
