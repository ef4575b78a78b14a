"""Layers of an image of a report: which ones a scope means, and their numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.gate.measured import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layerscope.gate.measured import Part
    from layerscope.gate.policy import Scope
    from layerscope.report.document import ImageRow, LayerRow

NO_BASE = "nothing tells which layers are those of the base image"
LISTED = 3
"""How many layers a reason names before it only counts the rest."""

_FIELDS = {
    "compressed_bytes": "compressed_bytes",
    "uncompressed_bytes": "uncompressed_bytes",
    "content_bytes": "content_bytes",
    "wasted_bytes": "hidden_bytes",
    "files": "files",
    "entries": "entries",
}
LAYERED = frozenset({*_FIELDS, "visible_bytes", "layers"})
"""The numbers of an image that are sums over its layers."""

_HEX = re.compile(r"(?:[a-z0-9]+:)?[0-9a-f]+", re.ASCII)
_INDEX = re.compile(r"-?[0-9]{1,4}", re.ASCII)
_DIGITS = 6
"""As many digits of a digest must be given, as in a policy."""


def base_layers(row: ImageRow) -> int | None:
    """How many of the layers are those of the base; None if nothing tells.

    What is only likely, by a guess from the history, counts too; but not by a pause in it, since
    own layers that come from the build cache are as old as those of a base. A base that is named
    without a word on its layers has 0 in a report, which no base has.
    """
    base = row.base
    if base is None or base.how is None or base.layers <= 0:
        return None
    if base.likely:
        from layerscope.analysis.bases import AFTER_PAUSE  # noqa: PLC0415 - few are guesses

        if base.evidence == AFTER_PAUSE:
            return None
    return min(base.layers, len(row.layers))


def layers_of_part(row: ImageRow, part: Part) -> range | str:
    """The indexes of the layers of a part, or why they are not known."""
    if part == "all":
        return range(len(row.layers))
    base = base_layers(row)
    if base is None:
        return NO_BASE
    return range(base) if part == "base" else range(base, len(row.layers))


def layers_of_scope(row: ImageRow, scope: Scope) -> Sequence[int] | str:
    """The indexes of the layers that a scope of kind `layer` or `instruction` means, or why none.

    An instruction that no layer has is no number, not 0: else a budget with a slip in it would
    always be kept.
    """
    pattern = scope.pattern
    if scope.kind == "instruction":
        return _by_instruction(row, pattern)
    if pattern == "own":
        return layers_of_part(row, "own")
    if pattern == "base":
        return layers_of_part(row, "base")
    count = len(row.layers)
    if _INDEX.fullmatch(pattern):
        index = int(pattern)
        position = index + count if index < 0 else index
        return [position] if 0 <= position < count else f"the image has {_layers(count)}"
    return _by_digest(row, pattern)


def _by_instruction(row: ImageRow, pattern: str) -> Sequence[int] | str:
    from layerscope.analysis.instruction_text import cleaned  # noqa: PLC0415 - few budgets ask
    from layerscope.gate.report_text_glob import TextGlob  # noqa: PLC0415 - the same

    glob = TextGlob(pattern)
    found = [
        index for index, layer in enumerate(row.layers) if glob.fits(cleaned(layer.created_by))
    ]
    return found or "no instruction of a layer fits the pattern"


def _by_digest(row: ImageRow, pattern: str) -> Sequence[int] | str:
    text = pattern if ":" in pattern else f"sha256:{pattern}"
    if not _HEX.fullmatch(pattern) or len(text.rpartition(":")[2]) < _DIGITS:
        return f"expected an index or {_DIGITS} digits of a digest to name a layer"
    found = [
        index
        for index, layer in enumerate(row.layers)
        if any(each and each.startswith(text) for each in (layer.digest, layer.diff_id))
    ]
    if len(found) == 1:
        return found
    return "no layer has the digest" if not found else f"{_layers(len(found))} have the digest"


def _layers(count: int) -> str:
    return f"{count} layer{'' if count == 1 else 's'}"


def number_of(layer: LayerRow, metric: str) -> int | None:
    """A number of one layer, one of `LAYERED`; None if it was not measured."""
    if metric == "layers":
        return 1
    if metric == "visible_bytes":
        content, hidden = layer.content_bytes, layer.hidden_bytes
        return None if content is None or hidden is None else content - hidden
    value: int | None = getattr(layer, _FIELDS[metric])
    return value


def sum_of(row: ImageRow, metric: str, indexes: Iterable[int]) -> int | None:
    """The sum of a number over some layers; None if it was not measured of one of them."""
    sums = 0
    for index in indexes:
        number = number_of(row.layers[index], metric)
        if number is None:
            return None
        sums += number
    return sums


def pieces_of(row: ImageRow, metric: str, indexes: Iterable[int]) -> list[Piece]:
    """A number of some layers by instruction; a layer without the number has no piece."""
    numbers = {index: number_of(row.layers[index], metric) for index in indexes}
    return pieces_by_layer(
        row, {at: number for at, number in numbers.items() if number is not None}
    )


def pieces_by_layer(row: ImageRow, amounts: Mapping[int, int]) -> list[Piece]:
    """One piece for each of some layers, from the base up."""
    return [
        Piece(
            row.layers[index].created_by or "",
            amounts[index],
            layer=index,
            diff_id=row.layers[index].diff_id,
        )
        for index in sorted(amounts)
    ]


def not_measured(row: ImageRow) -> str:
    """Why a number that the layers and files of an image tell is not known."""
    failed = [index for index, layer in enumerate(row.layers) if layer.verified == "failed"]
    if failed:
        several = len(failed) > 1
        numbers = ", ".join(map(str, failed[:LISTED]))
        more = f" and {len(failed) - LISTED} more" if len(failed) > LISTED else ""
        what = "could not be read"
        if all(row.layers[index].missing for index in failed):
            what = f"{'are' if several else 'is'} not in the input"
        return f"layer{'s' if several else ''} {numbers}{more} {what}"
    if row.runtime is None:
        return "the report does not say; analyze the image again to have it"
    return "the files of the image could not be put together; the report's faults say why"
