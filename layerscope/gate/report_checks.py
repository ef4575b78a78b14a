"""What must hold of the numbers of a report before anything is judged by them."""

from __future__ import annotations

from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from msgspec.structs import astuple

from layerscope.errors import BadDocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.report.document import ImageRow, Report

MOST = 2**63 - 1
"""No file and no archive has more bytes than a signed 64-bit offset reaches."""
SUMS = ("compressed_bytes", "uncompressed_bytes", "content_bytes")
"""Numbers of an image that are sums over its layers."""


def refuse_impossible(report: Report) -> None:
    """Raises `BadDocumentError` if a number is negative, larger than any file, or no sum.

    A negative size keeps every maximum, so that a report which is damaged, or made by hand, would
    pass; the sizes of a baseline that are too large would let any growth pass.
    """
    for position, image in enumerate(report.images):
        if any(not 0 <= number <= MOST for number in _numbers(image)):
            raise BadDocumentError(
                f"images[{position}]: a number is negative or too large", "report"
            )
        for name in SUMS:
            parts = [getattr(layer, name) for layer in image.layers]
            total = getattr(image, name)
            if total is not None and (None in parts or sum(parts) != total):
                problem = f"images[{position}]: {name} is not the sum over the layers"
                raise BadDocumentError(problem, "report")
    shared = chain.from_iterable(map(astuple, report.sharing.images))
    values = chain(shared, (row.value for row in report.metrics))
    if any(isinstance(value, int) and not 0 <= value <= MOST for value in values):
        raise BadDocumentError("a number of the run is negative or too large", "report")


def _numbers(image: ImageRow) -> Iterator[int]:
    rows = [image, *image.layers, *(image.junk or ()), *([image.dive] if image.dive else ())]
    for row in rows:
        for value in astuple(row):
            if isinstance(value, int):
                yield value
    # There may be a million of these.
    for bytes_of in (image.waste or (), image.duplicates or ()):
        yield from map(attrgetter("bytes"), bytes_of)
