"""The numbers of a whole image, and of all images together, as a report has them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from layerscope.gate.measured import INFINITE, Piece
from layerscope.gate.report_layers import not_measured
from layerscope.report.metrics import RUN, total

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.report.document import DuplicateRow, ImageRow, ImageSharing, JunkRow, Report

    Number = int | float | None
    Told = tuple[Number, str]
    Reader = Callable[[ImageRow, ImageSharing | None], Told]

NO_DIVE = "the report has no numbers by dive's rules; analyze --dive writes them"
NO_NUMBER = "what the report has is no number"


def whole(row: ImageRow, shared: ImageSharing | None, metric: str) -> Told:
    """A number of all of an image, and if it is None the reason.

    The number is that of `report.metrics` where it is one of those. `packages` is not here: a table
    tells it. The reason is `INFINITE` where dive divides something by zero, and so has a number
    that is over every bound.
    """
    reader = _READERS.get(metric)
    if reader is None:
        return None, f"{metric} is not known of one image by itself"
    value, reason = reader(row, shared)
    if value is not None and not isfinite(value):
        return None, NO_NUMBER
    return (value, "") if value is not None else (None, reason or not_measured(row))


def duplicate_bytes(groups: Sequence[DuplicateRow]) -> int:
    """The bytes of all copies but one of each content."""
    return sum(group.bytes * (len(group.paths) - 1) for group in groups)


def junk_bytes(rows: Sequence[JunkRow]) -> int:
    """The bytes of known junk, visible and hidden."""
    return sum(piece.amount for piece in junk_pieces(rows))


def junk_pieces(rows: Sequence[JunkRow]) -> list[Piece]:
    """The same by class of junk, such as `apt-lists`; its layer is None if several hold some."""
    return [
        Piece(
            row.name,
            row.visible_bytes + row.hidden_bytes,
            layer=row.layers[0] if len(row.layers) == 1 else None,
        )
        for row in rows
    ]


def _of_image(metric: str) -> Reader:
    return lambda row, _: (getattr(row, metric), "")


def _of_layers(metric: str) -> Reader:
    return lambda row, _: (total(row.layers, metric), "")


def _of_sharing(metric: str) -> Reader:
    return lambda _, shared: (getattr(shared, metric) if shared else None, "")


def _of_dive(metric: str) -> Reader:
    return lambda row, _: _by_dive(row, metric)


def _duplicates(row: ImageRow, _: object) -> Told:
    return (None if row.duplicates is None else duplicate_bytes(row.duplicates)), ""


def _junk(row: ImageRow, _: object) -> Told:
    return (None if row.junk is None else junk_bytes(row.junk)), ""


def _shared_ratio(_: object, shared: ImageSharing | None) -> Told:
    if shared is None or shared.shared_bytes is None or shared.unique_bytes is None:
        return None, ""
    stored = shared.shared_bytes + shared.unique_bytes
    if stored == 0:
        return None, "the image stores nothing that could be shared"
    return shared.shared_bytes / stored, ""


def _by_dive(row: ImageRow, metric: str) -> Told:
    dive = row.dive
    if dive is None:
        return None, "" if row.visible_bytes is None and row.runtime is not None else NO_DIVE
    value: Number = getattr(dive, metric)
    if value is None and dive.user_size_bytes == 0:
        nothing = "NaN: nothing is stored above layer 0, and nothing is wasted"
        return None, INFINITE if dive.wasted_bytes > 0 else nothing
    return value, NO_NUMBER


_READERS: dict[str, Reader] = {
    **{
        name: _of_image(name)
        for name in (
            "compressed_bytes",
            "content_bytes",
            "efficiency",
            "uncompressed_bytes",
            "visible_bytes",
            "wasted_bytes",
        )
    },
    **{name: _of_layers(name) for name in ("entries", "files")},
    **{name: _of_sharing(name) for name in ("shared_bytes", "unique_bytes")},
    "dive_efficiency": _of_dive("efficiency"),
    "dive_user_wasted_ratio": _of_dive("user_wasted_ratio"),
    "dive_wasted_bytes": _of_dive("wasted_bytes"),
    "duplicate_bytes": _duplicates,
    "junk_bytes": _junk,
    "layers": lambda row, _: (len(row.layers), ""),
    "shared_ratio": _shared_ratio,
}


def run_numbers(report: Report) -> dict[str, Number]:
    """The numbers of all images together by metric, as the report has them.

    What could not be measured, or is no number at all, is None.
    """
    return {
        row.name: row.value if row.value is not None and isfinite(row.value) else None
        for row in report.metrics
        if row.scope == RUN
    }
