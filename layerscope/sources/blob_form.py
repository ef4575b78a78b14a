"""How a blob is compressed, beyond the algorithm: its gzip header, members, flushes and indexes.

A layer compressed twice gives blobs of two digests. What can be read of the cause is read here; the
level is not stored in a stream: XFL of a gzip header hints at it (RFC 1952, 2.3.1).
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from layerscope.errors import CorruptStreamError, OverLimitError
from layerscope.sources.compression import HEAD_BYTES, detect, stored_pieces

if TYPE_CHECKING:
    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region

LONGEST_HEADER = 256 * 1024
"""How long a gzip header may be here; extra field, name and comment are a few bytes at most."""

_TEXT, _HEADER_CRC, _EXTRA, _NAME, _COMMENT = 1, 2, 4, 8, 16
_PIECE = 1024 * 1024
_SMALL_PIECE = 16 * 1024
_FLUSH = b"\0\0\xff\xff"
_ESTARGZ_FOOTER = 51
"""Source: stargz-snapshotter, docs/estargz.md: an empty gzip member with a subfield `SG`."""
_ZSTD_CHUNKED = (b"GNUlInUx", b"GnUlInUx")
"""How the footer ends, now and at first. Source: containers/storage, pkg/chunked/internal."""


@dataclass(frozen=True, slots=True)
class GzipHeader:
    """The header of a gzip member. Source: RFC 1952, 2.3.

    Attributes:
        length: Its bytes.
        flags: FLG as stored.
        mtime: Seconds since the epoch, 0 if none is given.
        hint: XFL: 2 for the slowest level, 4 for the fastest, 0 for all between.
        system: OS: 3 is Unix, 255 unknown.
        extra: The extra field, name and comment; None if there is none.
    """

    length: int
    flags: int
    mtime: int
    hint: int
    system: int
    extra: bytes | None
    name: bytes | None
    comment: bytes | None


@dataclass(frozen=True, slots=True)
class BlobForm:
    """How a blob is compressed.

    Attributes:
        compression: As `compression.detect` names it.
        gzip: The header of the first gzip member; None for all else.
        members: How many gzip members there are; None for all else.
        flushes: How often the mark of a deflate flush, `00 00 ff ff`, is in the blob: writers that
            flush, or compress in parallel, leave it; by chance it stands once in 4 GB, and as
            often as in the content where that is stored as it is. So it explains nothing alone.
        index: `estargz` or `zstd:chunked` if the blob ends as those do.
        body: Digest of the bytes behind the first header, or of all.
    """

    compression: str
    gzip: GzipHeader | None
    members: int | None
    flushes: int | None
    index: str | None
    body: bytes


FORM_FIELDS = (
    "compression",
    "gzip-mtime",
    "gzip-name",
    "gzip-comment",
    "gzip-extra",
    "gzip-os",
    "gzip-flags",
    "gzip-level-hint",
    "gzip-members",
    "gzip-flushes",
    "index",
    "level-or-implementation",
)
"""In what the blobs of one layer may differ, in the order of reports."""


def blob_form(region: Region, limits: Limits) -> BlobForm:
    """How the blob in a region is compressed. It is read once, a gzip stream is unpacked.

    Raises: `CorruptStreamError`; `OverLimitError` for a header, or what comes out, beyond limits.
    """
    compression = detect(region.read(0, HEAD_BYTES))
    gzip = None
    if compression == "gzip":
        gzip = gzip_header(region.read(0, LONGEST_HEADER))
    skipped = gzip.length if gzip else 0
    hasher = blake2b(digest_size=32)
    flushes = 0
    last = b""
    for piece in stored_pieces(region.part(skipped, region.size - skipped)):
        hasher.update(piece)
        if gzip:
            joined = last + piece
            flushes += joined.count(_FLUSH)
            # A mark that is whole was counted; only what may go on is kept.
            last = joined[-3:] if not joined.endswith(_FLUSH) else b""
    return BlobForm(
        compression=compression,
        gzip=gzip,
        members=_members(region, limits) if gzip else None,
        flushes=flushes if gzip else None,
        index=_index(region, compression),
        body=hasher.digest(),
    )


def gzip_header(data: bytes) -> GzipHeader:
    """The gzip header that `data` begins with.

    Raises: `CorruptStreamError` if it is none; `OverLimitError` if it goes on behind `data`.
    """
    if len(data) < HEAD_BYTES or detect(data) != "gzip":
        raise CorruptStreamError("the gzip stream has no header")
    flags, end = data[3], HEAD_BYTES
    extra = None
    if flags & _EXTRA:
        length = int.from_bytes(data[end : end + 2], "little")
        extra, end = data[end + 2 : end + 2 + length], end + 2 + length
    texts: list[bytes | None] = []
    for flag in (_NAME, _COMMENT):
        stop = data.find(b"\0", end) if flags & flag else end
        if stop < 0:
            raise OverLimitError(f"a gzip header has more than {len(data)} bytes")
        texts.append(data[end:stop] if flags & flag else None)
        end = stop + 1 if flags & flag else end
    end += 2 if flags & _HEADER_CRC else 0
    if end > len(data):
        raise CorruptStreamError("the gzip header ends early")
    mtime = int.from_bytes(data[4:8], "little")
    return GzipHeader(end, flags, mtime, data[8], data[9], extra, *texts)


def form_differences(reference: BlobForm, other: BlobForm) -> list[tuple[str, str, str]]:
    """Each field of `FORM_FIELDS` that differs, with both values; in that order.

    `level-or-implementation` is what is left: the same algorithm gave other bytes. Which level made
    a stream cannot be read from it.
    """
    values = [_values(form) for form in (reference, other)]
    found = [
        (field, values[0].get(field, ""), values[1].get(field, ""))
        for field in FORM_FIELDS
        if values[0].get(field) != values[1].get(field)
    ]
    if reference.compression != other.compression:
        return found[:1]
    explained = {field for field, _, _ in found} & {"gzip-members", "index"}
    if reference.body != other.body and not explained:
        found.append(("level-or-implementation", "", ""))
    return found


def _values(form: BlobForm) -> dict[str, str]:
    told: dict[str, object] = {"compression": form.compression, "index": form.index}
    if form.gzip:
        header = form.gzip
        told |= {
            "gzip-mtime": header.mtime,
            "gzip-name": _text(header.name),
            "gzip-comment": _text(header.comment),
            "gzip-extra": header.extra.hex() if header.extra is not None else None,
            "gzip-os": header.system,
            # What is told of by other fields is no difference of its own.
            "gzip-flags": header.flags & ~(_EXTRA | _NAME | _COMMENT),
            "gzip-level-hint": header.hint,
            "gzip-members": form.members,
            "gzip-flushes": form.flushes,
        }
    return {field: str(value) for field, value in told.items() if value is not None}


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _index(region: Region, compression: str) -> str | None:
    if compression == "gzip":
        footer = region.read(max(region.size - _ESTARGZ_FOOTER, 0))
        return "estargz" if footer.startswith(b"\x1f\x8b") and b"STARGZ" in footer else None
    if compression == "zstd":
        tail = region.read(max(region.size - len(_ZSTD_CHUNKED[0]), 0))
        return "zstd:chunked" if tail in _ZSTD_CHUNKED else None
    return None


def _members(region: Region, limits: Limits) -> int:
    """How many members a gzip blob has."""
    count = made = 0
    decoder = zlib.decompressobj(wbits=31)
    # What follows a member is copied, so pieces are small: members may be no longer than 20 bytes.
    for piece in stored_pieces(region, _SMALL_PIECE):
        data, full = piece, True
        while data or full:
            try:
                out = decoder.decompress(data, _PIECE)
            except zlib.error as error:
                raise CorruptStreamError(f"the gzip stream is damaged: {error}") from error
            made += len(out)
            if made > limits.layer_bytes:
                raise OverLimitError(f"the layer has more than {limits.layer_bytes} bytes")
            data, full = decoder.unconsumed_tail, len(out) == _PIECE
            if decoder.eof:
                count += 1
                data, full = decoder.unused_data, False
                decoder = zlib.decompressobj(wbits=31)
    return count
