"""A layer written from file tables: old headers anew, content out of the layers that hold it.

    write_layer(stream, [(layer, TarPart(columns, rows)), …]) -> int    bytes written

The form is that of `fleet.tar_form`, so the bytes are as many as `fleet.tar_size` says. It shows
that what `layerscope plan` promises can be built; nothing of layerscope itself writes layers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import CorruptLayerError
from layerscope.files.columns import KINDS, NO_OFFSET
from layerscope.files.content import copy_row
from layerscope.fleet.tar_form import (
    BLOCK_BYTES,
    END_BYTES,
    HARDLINK,
    LINK_BYTES,
    MOST_NUMBER,
    MOST_OWNER,
    NAME_BYTES,
    NANOSECONDS,
    TarPart,
    content_bytes,
    link_target,
    member_paths,
    parted,
    pax_records,
    stored_name,
    unwritable,
)
from layerscope.sources.compression import HEAD_BYTES, decoded, detect
from layerscope.sources.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from layerscope.files.columns import FileColumns
    from layerscope.sources.image import Layer

TYPE_FLAGS = {
    "file": b"0",
    "hardlink": b"1",
    "symlink": b"2",
    "char": b"3",
    "block": b"4",
    "dir": b"5",
    "fifo": b"6",
    "whiteout": b"0",
    "opaque": b"0",
}
"""Type flags by kind."""
EXTENDED_NAME = b"././@PaxHeader"
EXTENDED_MODE = 0o644


def write_layer(
    stream: BinaryIO,
    parts: Iterable[tuple[Layer | None, TarPart]],
    limits: Limits = DEFAULT_LIMITS,
) -> int:
    """Writes the uncompressed tar of `parts`, one after the other; gives back its bytes.

    The layers have been read and verified before. Of each part the layer is read once, from its
    beginning, while rows ascend; a row behind the one before it begins it anew, and so does each
    sparse file. Hard links are not looked up: what they name must be there.

    Args:
        stream: Where to.
        parts: Where content comes from, and what is written; no layer is needed for a part that
            holds no content.
        limits: Bounds on the reading.

    Raises: `ValueError` for a member that `tar_form.unwritable` names, before it is written, and
        for content without a layer; `CorruptLayerError` if a layer is not what its table says;
        `OverLimitError` for holes beyond the limit; what `decoded` raises.
    """
    written = 0
    for layer, part in parts:
        if bad := unwritable(part):
            raise ValueError(f"expected members that a tar can hold, found row {part.rows[bad[0]]}")
        reader = _Reader(layer, part.columns, limits)
        for at, path in enumerate(member_paths(part)):
            size = content_bytes(part, at)
            head = member_header(part, at, path)
            written += stream.write(head)
            if size:
                reader.copy(part.rows[at], stream.write)
                stream.write(bytes(-size % BLOCK_BYTES))
                written += size + -size % BLOCK_BYTES
    stream.write(bytes(END_BYTES))
    return written + END_BYTES


def member_header(part: TarPart, at: int, path: bytes) -> bytes:
    """The header blocks of one member, the extended header before its own included."""
    columns, row = part.columns, part.rows[at]
    kind = HARDLINK if part.links and at in part.links else columns.kinds[row]
    records = pax_records(part, at, path)
    head = b""
    if records:
        padding = bytes(-len(records) % BLOCK_BYTES)
        about = _block(
            (b"", EXTENDED_NAME),
            EXTENDED_MODE,
            owner=(0, 0),
            size=len(records),
            mtime=0,
            typeflag=b"x",
        )
        head = about + records + padding
    seconds = columns.mtimes_ns[row] // NANOSECONDS
    name = stored_name(path, kind)
    return head + _block(
        parted(name) or (b"", name[:NAME_BYTES]),
        columns.modes[row],
        owner=(columns.uids[row], columns.gids[row]),
        size=content_bytes(part, at),
        mtime=seconds if 0 <= seconds <= MOST_NUMBER else 0,
        typeflag=TYPE_FLAGS[KINDS[kind]],
        link=link_target(part, at)[:LINK_BYTES],
        device=columns.devices.get(row, (0, 0)) if kind == columns.kinds[row] else (0, 0),
    )


def _block(
    name: tuple[bytes, bytes],
    mode: int,
    *,
    owner: tuple[int, int],
    size: int,
    mtime: int,
    typeflag: bytes,
    link: bytes = b"",
    device: tuple[int, int] = (0, 0),
) -> bytes:
    """One ustar header. What does not fit stands in an extended header, and is 0 here."""
    prefix, rest = name
    uid, gid = (number if 0 <= number <= MOST_OWNER else 0 for number in owner)
    fields = (
        rest.ljust(100, b"\0"),
        b"%07o\0%07o\0%07o\0" % (mode, uid, gid),
        b"%011o\0%011o\0" % (size if size <= MOST_NUMBER else 0, mtime),
        b" " * 8,
        typeflag,
        link.ljust(100, b"\0"),
        b"ustar\00000",
        bytes(64),
        _device_number(device[0]),
        _device_number(device[1]),
        prefix.ljust(155, b"\0"),
        bytes(12),
    )
    block = b"".join(fields)
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def _device_number(number: int) -> bytes:
    if 0 <= number <= MOST_OWNER:
        return b"%07o\0" % number
    # No PAX record holds these; base-256 is what every reader of today's tars takes.
    value = (number & ((1 << 63) - 1)) | 1 << 63
    return value.to_bytes(8, "big")


class _Reader:
    """The content of a layer's files; forward through one stream, else anew."""

    def __init__(self, layer: Layer | None, columns: FileColumns, limits: Limits) -> None:
        self._layer = layer
        self._columns = columns
        self._limits = limits
        self._pieces: Iterator[bytes] = iter(())
        self._piece = b""
        self._start = 0
        self._opened = False

    def copy(self, row: int, write: Callable[[bytes | memoryview], object]) -> None:
        """Hands on the bytes of a regular file, in pieces."""
        if self._layer is None or self._layer.region is None:
            raise ValueError(f"expected a layer with the content of row {row}, found none")
        offset, size = self._columns.offsets[row], self._columns.size_bytes[row]
        if offset == NO_OFFSET:
            copy_row(self._layer, row, write, self._limits)
            return
        if not self._opened or offset < self._start:
            region = self._layer.region
            compression = detect(region.read(0, HEAD_BYTES))
            self._pieces = decoded(region, compression, self._limits)
            self._piece, self._start, self._opened = b"", 0, True
        end = offset + size
        while offset < end:
            if offset >= self._start + len(self._piece):
                self._start += len(self._piece)
                self._piece = next(self._pieces, b"")
                if not self._piece:
                    raise CorruptLayerError("the layer ends inside a file that was there before")
                continue
            piece = memoryview(self._piece)[offset - self._start : end - self._start]
            offset += len(piece)
            write(piece)
