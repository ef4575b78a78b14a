"""Compression by magic, never by media type or suffix, and streams undone within limits.

Stored bytes are read in place, in pieces that stay in the processor's cache together with what is
made of them. Streams of several members (gzip, bzip2, xz) or frames (zstd, estargz and zstd:chunked
with their skippable frames) are read to the end of the blob; anything that is not a further member
is an error, as it is for Go's decompressors, which engines use.
"""

from __future__ import annotations

import bz2
import lzma
import os
import sys
import zlib
from typing import TYPE_CHECKING, Protocol, cast

from layerscope.errors import CorruptStreamError, InputError, OverLimitError, UnreadableInputError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

try:
    from isal import igzip_lib

    HAS_ISAL = True
    _IGZIP_ERROR = cast("type[Exception]", igzip_lib.IsalError)
except ImportError:  # No wheel for this platform: the standard library does it at half the speed.
    HAS_ISAL = False
    _IGZIP_ERROR = zlib.error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region

STORED_PIECE = 128 * 1024
PIECE = 512 * 1024

GZIP_MAGIC = b"\x1f\x8b\x08"
BZIP2_MAGIC = b"BZh"
XZ_MAGIC = b"\xfd7zXZ\x00"
BZIP2_BLOCK = b"1AY&SY"
BZIP2_END = b"\x17rE8P\x90"

HEAD_BYTES = 10
"""As many first bytes of a blob as `detect` looks at."""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"


_DAMAGE: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zstd.ZstdError,
    _IGZIP_ERROR,
)
"""What the decoders raise for damage; `UnreadableInputError` is none of these."""

XZ_MEMORY = 256 * 1024 * 1024
"""What an xz dictionary may take: xz -9 needs 65 MiB."""


def detect(head: bytes) -> str:
    """`gzip`, `zstd`, `bzip2`, `xz` or `none`, by the first `HEAD_BYTES` of a blob."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    if head.startswith(ZSTD_MAGIC) or _is_skippable(head):
        return "zstd"
    if _is_bzip2(head):
        return "bzip2"
    if head.startswith(XZ_MAGIC):
        return "xz"
    return "none"


def _is_bzip2(head: bytes) -> bool:
    """Whether a bzip2 stream begins here: "BZh", a level, and a block or the end of the stream.

    A tar may well begin with a member called "BZh1"; it is no bzip2 stream.
    """
    return head.startswith(BZIP2_MAGIC) and head[4:10] in (BZIP2_BLOCK, BZIP2_END)


def _is_skippable(head: bytes) -> bool:
    """Whether a zstd skippable frame begins here: magic numbers 0x184D2A50 to 0x184D2A5F."""
    return len(head) >= 4 and head[0] & 0xF0 == 0x50 and head[1:4] == b"\x2a\x4d\x18"


class _Decoder(Protocol):
    """What all of the decoders used here have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes: ...


class _ZlibGzip:
    """A gzip member through zlib, with the interface of the other decoders."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        """Whether the member has ended."""
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without input."""
        return not self._zlib.unconsumed_tail and not self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        """Input after the end of the member."""
        return self._zlib.unused_data

    def decompress(self, data: bytes, /, max_length: int = -1) -> bytes:
        """Up to `max_length` bytes of output."""
        return self._zlib.decompress(self._zlib.unconsumed_tail + data, max(max_length, 0))


def _gzip_decoder(_limits: Limits) -> _Decoder:
    if not HAS_ISAL:
        return _ZlibGzip()
    decoder: _Decoder = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
    return decoder


def _zstd_decoder(limits: Limits) -> _Decoder:
    window: dict[int, int] = {zstd.DecompressionParameter.window_log_max: limits.zstd_window_log}
    return zstd.ZstdDecompressor(options=window)


def _bzip2_decoder(_limits: Limits) -> _Decoder:
    return bz2.BZ2Decompressor()


def _xz_decoder(_limits: Limits) -> _Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


_DECODERS: dict[str, Callable[[Limits], _Decoder]] = {
    "gzip": _gzip_decoder,
    "zstd": _zstd_decoder,
    "bzip2": _bzip2_decoder,
    "xz": _xz_decoder,
}

_SHORTEST_HEAD = {"gzip": 3, "zstd": 4, "bzip2": HEAD_BYTES, "xz": 6}


def stored_pieces(region: Region, piece: int = PIECE) -> Iterator[bytes]:
    """The stored bytes of a region in order, `piece` bytes at a time.

    Raises: `CorruptStreamError` if the file ends before the region does.
    """
    with region.open() as descriptor:
        position, end = region.offset, region.offset + region.size
        while position < end:
            data = os.pread(descriptor, min(piece, end - position), position)
            if not data:
                raise CorruptStreamError(f"the file ends {end - position} bytes early")
            position += len(data)
            yield data


def decoded(
    region: Region,
    compression: str,
    limits: Limits,
    on_stored: Callable[[bytes], object] | None = None,
) -> Iterator[bytes]:
    """The uncompressed bytes of a region, in pieces of at most 512 KiB.

    Args:
        region: The stored bytes.
        compression: As `detect` names it.
        limits: The zstd window is bounded; how much may come out is for the caller to bound.
        on_stored: Is given each stored piece before what it holds comes out (for the blob digest).

    Raises: `CorruptStreamError` if the stream is damaged, ends early, or is followed by something
    else; `OverLimitError` if it asks for too much memory.
    """
    if compression == "none":
        for piece in stored_pieces(region):
            if on_stored is not None:
                on_stored(piece)
            yield piece
        return
    stream = _Stream(compression, limits)
    for stored in stored_pieces(region, STORED_PIECE):
        if on_stored is not None:
            on_stored(stored)
        yield from stream.feed(stored)
    stream.finish()


class _Stream:
    """A compressed stream of any number of members, fed piece by piece."""

    def __init__(self, compression: str, limits: Limits) -> None:
        self._compression = compression
        self._limits = limits
        self._decoder: _Decoder | None = None
        self._rest = b""
        self._begun = False

    def feed(self, stored: bytes) -> Iterator[bytes]:
        """What comes out when the next stored bytes go in."""
        data = self._rest + stored if self._rest else stored
        self._rest = b""
        try:
            while True:
                if self._decoder is None and not self._begin(data):
                    return
                decoder = self._decoder
                if decoder is None:
                    return
                out = decoder.decompress(data, PIECE)
                data = b""
                if out:
                    yield out
                if decoder.eof:
                    self._decoder = None
                    data = decoder.unused_data
                    if not data:
                        return
                elif decoder.needs_input:
                    return
        except _DAMAGE as error:
            raise _translated(error, self._compression) from error

    def finish(self) -> None:
        """Raises `CorruptStreamError` unless the stream ended where its input did."""
        if self._decoder is not None or not self._begun:
            raise CorruptStreamError(f"the {self._compression} stream ends early")
        if self._rest:
            raise self._followed()

    def _begin(self, data: bytes) -> bool:
        """Starts the next member if `data` is enough to tell that it is one."""
        if len(data) < _SHORTEST_HEAD[self._compression]:
            self._rest = data
            return False
        if self._compression == "xz" and self._begun and not data.strip(b"\0"):
            # Stream padding: an xz file may end in zeros, four at a time.
            self._rest = data[: len(data) % 4]
            return False
        if detect(data) != self._compression:
            raise self._followed()
        self._begun = True
        self._decoder = _DECODERS[self._compression](self._limits)
        return True

    def _followed(self) -> CorruptStreamError:
        return CorruptStreamError(f"something else follows the {self._compression} stream")


def _translated(error: Exception, compression: str) -> InputError:
    says = str(error)
    if isinstance(error, OSError) and error.errno is not None:
        # bz2 raises OSError for damage too, but without a number.
        return UnreadableInputError(says)
    if "memory" in says.lower() or "window" in says.lower():
        return OverLimitError(f"the {compression} stream asks for too much memory: {says}")
    return CorruptStreamError(f"the {compression} stream is damaged: {says}")
