"""The members of a tar that can be seeked: the index of an outer archive, content skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import OverLimitError, TarError
from layerscope.tar.entry import End, read_entry
from layerscope.tar.header import BLOCK, KIND_OF_TYPE, PAX_GLOBAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an archive.

    Attributes:
        name: As stored, without trailing slashes.
        kind: file, dir, symlink, hardlink, char, block, fifo or other. A sparse file is "other":
            its bytes cannot be read in place.
        size: Bytes of data in the archive.
        offset: Where those begin, in bytes from the start of the archive.
        link: Target of a link as stored, else empty.
    """

    name: bytes
    kind: str
    size: int
    offset: int
    link: bytes


def members(
    read: Callable[[int, int], bytes], size: int, *, max_members: int, max_name_bytes: int
) -> Iterator[Member]:
    """The members of a tar in order.

    Args:
        read: `read(start, length)` gives those bytes, fewer only where the tar ends.
        size: Bytes of the whole tar.
        max_members: How many members there may be.
        max_name_bytes: How long a name or PAX header may be.

    Raises: `TarError` where the tar is damaged; a member whose data is cut comes first, then the
    error, with `truncated` set. `OverLimitError` at a limit.
    """
    position = 0
    count = 0
    while True:
        steps = read_entry(read(position, BLOCK), max_name_bytes)
        position += BLOCK
        try:
            wanted = next(steps)
            while True:
                piece = read(position, wanted)
                position += wanted
                wanted = steps.send(piece)
        except StopIteration as done:
            entry = done.value
        if isinstance(entry, End):
            return
        count += 1
        if count > max_members:
            raise OverLimitError(f"the archive has more than {max_members} members")
        if entry.typeflag == PAX_GLOBAL:
            continue
        kind = "other" if entry.fragments is not None else KIND_OF_TYPE.get(entry.typeflag, "other")
        yield Member(entry.name.rstrip(b"/"), kind, entry.data_size, position, entry.link)
        end = position + entry.data_size
        if end > size:
            missing = end - size
            raise TarError(f"the archive ends {missing} bytes inside a member", truncated=True)
        position = end + entry.padding
