"""PAX extended headers: records parsed, and merged into the header they precede.

Source: POSIX.1-2017 pax, "pax Header Block"; refusals as in Go's archive/tar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import TarError, shown
from layerscope.tar.numbers import decimal, pax_time_ns

if TYPE_CHECKING:
    from layerscope.tar.header import Header

XATTR_PREFIX = b"SCHILY.xattr."
SPARSE_MAP = b"GNU.sparse.map"
SPARSE_OFFSET = b"GNU.sparse.offset"
SPARSE_NUMBYTES = b"GNU.sparse.numbytes"

_TEXTS = frozenset((b"path", b"linkpath", b"uname", b"gname"))


def records(body: bytes) -> dict[bytes, bytes]:
    """The records of one extended header; of equal keys the last one counts.

    The repeated `GNU.sparse.offset` and `.numbytes` of sparse format 0.0 become the one
    `GNU.sparse.map` of format 0.1. Raises: `TarError` if a record is malformed.
    """
    found: dict[bytes, bytes] = {}
    sparse: list[bytes] = []
    position = 0
    while position < len(body):
        key, value, position = _record(body, position)
        if key in (SPARSE_OFFSET, SPARSE_NUMBYTES):
            expected = SPARSE_NUMBYTES if len(sparse) % 2 else SPARSE_OFFSET
            if key != expected or b"," in value:
                raise TarError("a PAX header has a sparse map out of order")
            sparse.append(value)
        else:
            found[key] = value
    if sparse:
        found[SPARSE_MAP] = b",".join(sparse)
    return found


def _record(body: bytes, start: int) -> tuple[bytes, bytes, int]:
    r"""Key, value and end of the record `length key=value\n` at `start`."""
    # No length has more than 20 digits; looking further would be quadratic on hostile input.
    space = body.find(b" ", start, start + 21)
    if space < 0:
        raise TarError(f'a PAX record begins with "{shown(body[start : start + 20])}"')
    length = decimal(body[start:space])
    end = start + length
    if length < 5 or end > len(body) or end <= space + 1:
        raise TarError(f"a PAX record says that it has {length} bytes")
    if body[end - 1] != ord("\n"):
        raise TarError("a PAX record does not end with a line feed")
    key, equals, value = body[space + 1 : end - 1].partition(b"=")
    if not equals or not key or b"\0" in (value if key in _TEXTS else key):
        raise TarError(f'a PAX record has the key "{shown(key)}"')
    return key, value, end


def merge(header: Header, found: dict[bytes, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Put the records into `header`; gives back the extended attributes, sorted by name.

    An empty value leaves the header's own. Raises: `TarError` if a number or a time is none.
    """
    xattrs = []
    for key, value in found.items():
        if not value:
            continue
        if key == b"path":
            header.name = value
        elif key == b"linkpath":
            header.link = value
        elif key in (b"uid", b"gid", b"size"):
            setattr(header, key.decode(), decimal(value))
        elif key == b"mtime":
            header.mtime_ns = pax_time_ns(value)
        elif key in (b"atime", b"ctime"):
            # Not kept, but a time that is none makes the header invalid, as it does for Go.
            pax_time_ns(value)
        elif key.startswith(XATTR_PREFIX):
            xattrs.append((key[len(XATTR_PREFIX) :], value))
    return tuple(sorted(xattrs))
