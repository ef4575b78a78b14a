"""Single files of a layer read again, by where their content lies in the tar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import CorruptLayerError, MissingBlobError
from layerscope.sources.compression import HEAD_BYTES, decoded, detect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits

PIECE = 1024 * 1024


def read_ranges(
    layer: Layer,
    ranges: Iterable[tuple[int, int, Callable[[bytes], object]]],
    limits: Limits,
) -> None:
    """Hands ranges of the uncompressed tar to whoever wants them, in order.

    A layer that is stored plain is read in place; a compressed one is unpacked as far as needed.

    Args:
        layer: A layer that has been verified.
        ranges: Offset, length in bytes, and what takes the pieces. They do not overlap.
        limits: Bounds on the unpacking.

    Raises: `MissingBlobError` if there are no bytes; `CorruptLayerError` if the tar ends before a
        range does, since the file has changed meanwhile; what `decoded` raises.
    """
    wanted = sorted(ranges, key=lambda each: each[0])
    if not wanted:
        return
    if layer.region is None:
        raise MissingBlobError(f"the blob {layer.digest or layer.stored_as} is not there")
    compression = detect(layer.region.read(0, HEAD_BYTES))
    if compression == "none":
        for offset, length, take in wanted:
            for start in range(offset, offset + length, PIECE):
                size = min(PIECE, offset + length - start)
                piece = layer.region.read(start, size)
                if len(piece) != size:
                    raise CorruptLayerError("the layer ends inside a file that was there before")
                take(piece)
        return
    _from_stream(decoded(layer.region, compression, limits), wanted)


def _from_stream(
    pieces: Iterable[bytes], wanted: list[tuple[int, int, Callable[[bytes], object]]]
) -> None:
    position, at = 0, 0
    for piece in pieces:
        stop = position + len(piece)
        while at < len(wanted):
            offset, length, take = wanted[at]
            if offset >= stop:
                break
            take(piece[max(offset - position, 0) : offset + length - position])
            if offset + length > stop:
                break
            at += 1
        if at == len(wanted):
            return
        position = stop
    raise CorruptLayerError("the layer ends inside a file that was there before")
