"""One whole tar member: its header with all extension headers before it merged in.

`read_entry` does no input of its own: it yields how many bytes it wants next and is sent those, so
that the streaming walk of layers and the seeking walk of outer archives share one set of rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import OverLimitError, TarError
from layerscope.tar import pax, sparse
from layerscope.tar.header import (
    BLOCK,
    DIRECTORY,
    GNU_LONG_LINK,
    GNU_LONG_NAME,
    GNU_SPARSE,
    HEADER_ONLY,
    PAX,
    PAX_GLOBAL,
    REGULAR,
    REGULAR_OLD,
    ZERO_BLOCK,
    decode,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from layerscope.tar.header import Header


@dataclass(frozen=True, slots=True)
class Entry:
    """A member as engines see it. Sizes are in bytes.

    Attributes:
        typeflag: Never NUL (old regular files become `0`, or `5` with a trailing slash).
        size: Size of the content; of a sparse file with its holes.
        data_size: Bytes that follow in the tar, before padding to a block; 0 for header-only types.
        padding: Bytes between the data and the next header.
        fragments: The sparse map, or None.
        xattrs: Sorted by name.
        device: Major and minor number; of use for device files only.
    """

    name: bytes
    typeflag: int
    size: int
    data_size: int
    padding: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    link: bytes
    fragments: list[tuple[int, int]] | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    device: tuple[int, int]


@dataclass(frozen=True, slots=True)
class End:
    """The end of the archive; `marked` if two zero blocks say so."""

    marked: bool


def read_entry(block: bytes, max_special: int) -> Generator[int, bytes, Entry | End]:
    """The next member of a tar, or its end.

    Args:
        block: The next 512 bytes; fewer at the end of the input.
        max_special: Bytes a PAX header or GNU long name may have.

    Yields: how many bytes to read next. The answer is shorter only where the input ends.
    Raises: `TarError` if the tar is damaged or ends inside a header; `OverLimitError`.
    """
    long_name = long_link = b""
    found: dict[bytes, bytes] = {}
    while True:
        if not block:
            return End(marked=False)
        _whole(block, BLOCK, "a header")
        if block == ZERO_BLOCK:
            return (yield from _end())
        header = decode(block)
        flag = header.typeflag
        if header.size < 0 and flag not in HEADER_ONLY:
            raise TarError(f"a member has {header.size} bytes")
        if flag in (PAX, PAX_GLOBAL):
            found = pax.records((yield from _special(header, "a PAX header", max_special)))
            if flag == PAX_GLOBAL:
                # Go returns it as an entry and applies it to nothing; what came before is lost.
                xattrs = pax.merge(header, found)
                return _entry(header, 0, None, xattrs)
        elif flag == GNU_LONG_NAME:
            long_name = text((yield from _special(header, "a GNU long name", max_special)))
        elif flag == GNU_LONG_LINK:
            long_link = text((yield from _special(header, "a GNU long link", max_special)))
        else:
            xattrs = pax.merge(header, found)
            header.name = long_name or header.name
            header.link = long_link or header.link
            return (yield from _member(header, block, found, xattrs))
        block = yield BLOCK


def _whole(piece: bytes, length: int, what: str) -> None:
    if len(piece) < length:
        raise TarError(f"the tar ends inside {what}", truncated=True)


def _end() -> Generator[int, bytes, End]:
    """The end after a first zero block: a second one, or the end of the input."""
    block = yield BLOCK
    if block:
        _whole(block, BLOCK, "its end blocks")
        if block != ZERO_BLOCK:
            raise TarError("a block of zeros stands before something else")
    return End(marked=bool(block))


def _special(header: Header, what: str, max_special: int) -> Generator[int, bytes, bytes]:
    """The body of an extension header."""
    if header.size > max_special:
        raise OverLimitError(f"{what} has {header.size} bytes, more than {max_special}")
    # An input that ends in the padding loses nothing.
    body = yield header.size + (-header.size % BLOCK)
    _whole(body, header.size, what)
    return body[: header.size]


def _member(
    header: Header,
    block: bytes,
    found: dict[bytes, bytes],
    xattrs: tuple[tuple[bytes, bytes], ...],
) -> Generator[int, bytes, Entry]:
    """A member that is no extension header, its sparse map read."""
    if header.typeflag == REGULAR_OLD:
        header.typeflag = DIRECTORY if header.name.endswith(b"/") else REGULAR
    stored = 0 if header.typeflag in HEADER_ONLY else header.size
    if stored < 0:
        raise TarError(f"a member has {stored} bytes")
    padding = -stored % BLOCK
    fragments: list[tuple[int, int]] | None
    if header.typeflag == GNU_SPARSE:
        fragments = yield from sparse.old_map(header, block)
    else:
        fragments, taken = yield from sparse.pax_map(header, found, stored)
        stored -= taken
    if fragments is not None:
        if header.typeflag in HEADER_ONLY:
            raise TarError("a sparse map belongs to something that is no file")
        sparse.check(fragments, header.size)
        if sum(length for _, length in fragments) != stored:
            raise TarError(f"a sparse map does not describe the {stored} bytes that follow")
    return _entry(header, stored, fragments, xattrs, padding)


def _entry(
    header: Header,
    data_size: int,
    fragments: list[tuple[int, int]] | None,
    xattrs: tuple[tuple[bytes, bytes], ...],
    padding: int = 0,
) -> Entry:
    return Entry(
        name=header.name,
        typeflag=header.typeflag,
        size=header.size,
        data_size=data_size,
        padding=padding,
        mode=header.mode,
        uid=header.uid,
        gid=header.gid,
        mtime_ns=header.mtime_ns,
        link=header.link,
        fragments=fragments,
        xattrs=xattrs,
        device=header.device,
    )
