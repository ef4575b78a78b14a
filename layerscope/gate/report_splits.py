"""Splits of a number that are made when somebody looks, and that always sum to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, overload

from layerscope.gate.measured import Composition
from layerscope.gate.metrics import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from layerscope.gate.measured import By, Piece

EVIDENCE = {
    "compressed_bytes": "content_bytes",
    "uncompressed_bytes": "content_bytes",
    "content_bytes": "content_bytes",
    "visible_bytes": "visible_bytes",
    "wasted_bytes": "wasted_bytes",
}
"""Which number paths and packages split where the one on the left is asked for."""


def composition(by: By, metric: str, total: int, pieces: Iterable[Piece]) -> Composition | None:
    """The split; None if its pieces do not sum to the total, which a damaged report may say."""
    found = tuple(pieces)
    if sum(piece.amount for piece in found) != total:
        return None
    return Composition(by, metric, METRICS[metric].unit, total, found)


class Splits(Sequence[Composition]):
    """The splits of a number, made when the first of them is looked at.

    Most numbers are within their bounds, and then nobody wants a piece for each file of the image.

    Args:
        make: Called once at most; what is None in it is left out.
    """

    def __init__(self, make: Callable[[], Iterable[Composition | None]]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> tuple[Composition, ...]:
        return tuple(each for each in self._make() if each is not None)

    @overload
    def __getitem__(self, index: int) -> Composition: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Composition]: ...

    def __getitem__(self, index: int | slice) -> Composition | Sequence[Composition]:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == tuple(other)

    def __hash__(self) -> int:
        return hash(self._made)

    def __repr__(self) -> str:
        return repr(self._made)
