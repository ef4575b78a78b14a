"""Files of a layer cut into chunks, by content and in spans of fixed length, each with a digest.

What lazy and deduplicating stores keep instead of whole files is cut by one of four schemes:

- `fastcdc_64k`: where the content says so, in 64 KiB on average (FastCDC 2020, normalisation 1,
  at least 16 and at most 256 KiB), so that an insertion moves only the cuts near it;
- `fixed_4k`, `fixed_1m`, `fixed_4m`: every 4 KiB, 1 MiB, 4 MiB from the start of the file.

A chunk's digest is the first 128 bits of BLAKE3 of its bytes. Spans of 1 and 4 MiB get theirs from
the digests of the 4 KiB in them, so that content is hashed twice and not four times; that is done
with a key of its own, so that no file can be made that looks like a span.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.errors import CorruptLayerError, TarError
from layerscope.files.hashing import NO_DIGEST
from layerscope.files.scan_layer import feed_layer
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyfastcdc import FastCDC

    from layerscope.files.hashing import ContentHasher
    from layerscope.sources.image import Layer

KIB = 1024
BLOCK_BYTES = 4 * KIB
"""The shortest span. A file that is not longer is one chunk by every scheme."""

FASTCDC = "fastcdc_64k"
FASTCDC_BYTES = (16 * KIB, 64 * KIB, 256 * KIB)
"""Least, average and most bytes of a chunk that content decides on."""
FIXED = {"fixed_4k": BLOCK_BYTES, "fixed_1m": KIB * KIB, "fixed_4m": 4 * KIB * KIB}
SCHEMES = (FASTCDC, *FIXED)
"""The schemes, in the order of their columns and levels."""

CHUNK_DIGEST_BYTES = 16

_SPAN = "layerscope 2026 span of several blocks"


@dataclass(slots=True, repr=False)
class Chunks:
    """The chunks of several files by one scheme, in order.

    Attributes:
        counts: For each file how many chunks it has.
        digests: 16 bytes for each chunk.
        sizes: Bytes of each chunk.
    """

    counts: array[int] = field(default_factory=lambda: array("q"))
    digests: bytearray = field(default_factory=bytearray)
    sizes: array[int] = field(default_factory=lambda: array("q"))

    def __repr__(self) -> str:
        """How many there are."""
        return f"<Chunks: {len(self.sizes)} of {len(self.counts)} files>"


class Chunker:
    """Cuts what it is fed into chunks by all schemes, file after file.

    Attributes:
        chunks: By scheme, those of the files that have ended.
    """

    def __init__(self) -> None:
        """Start with no file."""
        from pyfastcdc import FastCDC  # noqa: PLC0415 - only who asks for chunks pays

        least, average, most = FASTCDC_BYTES
        self.chunks: Mapping[str, Chunks] = {scheme: Chunks() for scheme in SCHEMES}
        self._fastcdc: FastCDC = FastCDC(average, min_size=least, max_size=most)
        self._begin()

    def _begin(self) -> None:
        self._length = 0
        self._block_rest = b""
        self._cut_rest = bytearray()
        self._blocks = bytearray()
        self._cuts = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Take in the next bytes of a file; none of them is kept that is not needed."""
        self._length += len(data)
        self._hash_blocks(data)
        self._cut(data, ended=False)

    def end(self) -> None:
        """Say that the file has ended."""
        if self._block_rest:
            self._blocks += _digest(self._block_rest)
        self._cut(b"", ended=True)
        self.chunks[FASTCDC].counts.append(self._cuts)
        for scheme, span in FIXED.items():
            self._add_spans(self.chunks[scheme], span)
        self._begin()

    def _hash_blocks(self, data: bytes | memoryview) -> None:
        blocks = self._blocks
        start = 0
        if self._block_rest:
            start = BLOCK_BYTES - len(self._block_rest)
            self._block_rest += bytes(data[:start])
            if len(self._block_rest) < BLOCK_BYTES:
                return
            blocks += _digest(self._block_rest)
        view = memoryview(data)
        stop = len(view) - (len(view) - start) % BLOCK_BYTES
        for at in range(start, stop, BLOCK_BYTES):
            blocks += blake3(view[at : at + BLOCK_BYTES]).digest(CHUNK_DIGEST_BYTES)
        self._block_rest = bytes(view[stop:])

    def _cut(self, data: bytes | memoryview, *, ended: bool) -> None:
        """Cut as far as no byte to come can change a cut."""
        most = 0 if ended else FASTCDC_BYTES[2]
        if self._cut_rest:
            # Grows in place: the pieces of a sparse file may be of a byte each.
            self._cut_rest += data
            if len(self._cut_rest) < most:
                return
            data = bytes(self._cut_rest)
        view = memoryview(data)
        start, length = 0, len(view)
        chunks = self.chunks[FASTCDC]
        if length >= max(most, 1):
            for chunk in self._fastcdc.cut_buf(view):
                # Where a chunk ends depends on the next 256 KiB, or on the end of the file.
                if length - start < most:
                    break
                stop = start + chunk.length
                chunks.digests += _digest(view[start:stop])
                chunks.sizes.append(stop - start)
                self._cuts += 1
                start = stop
        self._cut_rest = bytearray(view[start:])

    def _add_spans(self, chunks: Chunks, span: int) -> None:
        blocks = self._blocks
        step = span // BLOCK_BYTES * CHUNK_DIGEST_BYTES
        before = len(chunks.sizes)
        if span == BLOCK_BYTES:
            chunks.digests += blocks
        else:
            for at in range(0, len(blocks), step):
                own = bytes(blocks[at : at + step])
                chunks.digests += own if len(own) == CHUNK_DIGEST_BYTES else _of_span(own)
        count = -(-self._length // span)
        chunks.sizes.extend([span] * (count - 1))
        if count:
            chunks.sizes.append(self._length - span * (count - 1))
        chunks.counts.append(len(chunks.sizes) - before)


def chunk_layer(
    layer: Layer,
    wanted: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
) -> Mapping[str, Chunks]:
    """The chunks of files of a layer, by scheme; files in the order of their rows.

    The layer is read anew, and verified as it was the first time.

    Args:
        layer: Where its bytes are and what is claimed of them; the DiffID should be known.
        wanted: For each row of the layer's file table 1 if its content is to be cut, else 0; these
            are rows of regular files with content and a digest.
        limits: The bounds under which the table was made.

    Raises: what `files.scan_layer.scan_layer` raises.
    """
    chunker = Chunker()
    walk = _ChunkingWalk(limits, wanted, chunker)
    try:
        feed_layer(layer, walk.feed, limits=limits)
        walk.finish()
    except TarError as error:
        raise CorruptLayerError(error.problem, truncated=error.truncated) from error
    return chunker.chunks


class _ChunkingWalk(Walk):
    """A walk that cuts content where others hash it."""

    def __init__(self, limits: Limits, wanted: bytes, chunker: Chunker) -> None:
        self._wanted = wanted
        self._chunker = chunker
        super().__init__(limits, self._content_of_row)

    def _content_of_row(self, data: bytes | memoryview = b"") -> ContentHasher:
        row = len(self.columns) - 1
        cut = 0 <= row < len(self._wanted) and self._wanted[row]
        sink = _Sink(self._chunker if cut else None)
        sink.update(data)
        return sink


class _Sink:
    """Stands where a hasher stands: what it is given goes to the chunker, if there is one."""

    def __init__(self, chunker: Chunker | None) -> None:
        self._chunker = chunker

    def update(self, data: bytes | memoryview, /) -> None:
        """Pass content on."""
        if self._chunker is not None and data:
            self._chunker.feed(data)

    def digest(self) -> bytes:
        """No digest: the content has ended."""
        if self._chunker is not None:
            self._chunker.end()
        return NO_DIGEST


def _digest(data: bytes | memoryview) -> bytes:
    return blake3(data).digest(CHUNK_DIGEST_BYTES)


def _of_span(digests: bytes) -> bytes:
    return blake3(digests, derive_key_context=_SPAN).digest(CHUNK_DIGEST_BYTES)
