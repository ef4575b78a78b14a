"""Numbers that are about two images: what is new in one, and what a pull of it would move.

Both are those of the new image, and how much of it the baseline does not have; so a budget bounds
them with `max`, and no growth is asked of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.gate.measured import Measured, Piece
from layerscope.gate.report_splits import Splits, composition
from layerscope.gate.report_subject import ReportSubject
from layerscope.report.stored_layers import are_registry_blobs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from layerscope.gate.measured import Composition, Subject

NO_CONTENTS = "it takes reports with a table of files, which analyze --tables files writes"


def new_bytes(subject: Subject, baseline: Subject) -> Measured:
    """The bytes of visible contents that no visible file of the baseline has, each content once.

    Split by path: each content under the first path that has it. None if the contents of either
    image are not known; a baseline file knows none.

    Raises: `BadDocumentError` if a table of files is damaged.
    """
    after = subject.contents()
    if after is None:
        return Measured(None, f"the contents of the image are not known; {NO_CONTENTS}")
    before = baseline.contents()
    if before is None:
        return Measured(None, f"the contents of the baseline are not known; {NO_CONTENTS}")
    new = {content: size for content, size in after.items() if content not in before}
    value = sum(new.values())
    return Measured(value, "", Splits(lambda: _by_path(subject, new, value)))


def _by_path(subject: Subject, new: Mapping[str, int], value: int) -> Iterator[Composition | None]:
    if isinstance(subject, ReportSubject):
        places = subject.places_of_contents()
        pieces = [
            Piece(places[content][0], size, layer=places[content][1])
            for content, size in new.items()
            if size
        ]
        yield composition("path", "new_bytes", value, pieces)


def pull_delta_bytes(subject: Subject, baseline: Subject) -> Measured:
    """The bytes of layers that who has the baseline would still pull, each blob once.

    Registries know blobs by digest, so a layer of equal content that is compressed otherwise moves
    again. Config and manifest are left out. Split by instruction, one piece for each layer: 0 for
    a layer that is there, or that an earlier one of the image is equal to.

    None if a digest or a needed size is not known, or where either image is stored as `docker save`
    stores it, uncompressed: what a push would make of that nobody knows. Rule: `layerscope plan
    pull`.
    """
    for which, image in (("image", subject), ("baseline", baseline)):
        reason = _why_unknown(image)
        if reason:
            return Measured(None, reason.format(which))
    there = {layer.digest for layer in baseline.layers}
    amounts: list[int] = []
    for layer in subject.layers:
        moves = layer.digest not in there
        if moves and layer.compressed_bytes is None:
            return Measured(None, f"the size of layer {len(amounts)} is not known")
        amounts.append((layer.compressed_bytes or 0) if moves else 0)
        there.add(layer.digest)
    value = sum(amounts)
    return Measured(value, "", Splits(lambda: [_by_instruction(subject, amounts, value)]))


def _why_unknown(image: Subject) -> str:
    """Why the blobs of an image are not known, with `{}` for which image it is; else empty."""
    layers = image.layers
    if not layers and image.sizes().get("layers") != 0:
        return "the layers of the {} are not known"
    if not are_registry_blobs(layers, image.name.source, image.name.manifest_digest):
        return "the {} is not stored as a registry stores it"
    if any(layer.digest is None for layer in layers):
        return "the digest of a layer of the {} is not known"
    return ""


def _by_instruction(subject: Subject, amounts: list[int], value: int) -> Composition | None:
    pieces = [
        Piece(layer.created_by or "", amount, layer=index, diff_id=layer.diff_id)
        for index, (layer, amount) in enumerate(zip(subject.layers, amounts, strict=True))
    ]
    return composition("instruction", "pull_delta_bytes", value, pieces)
