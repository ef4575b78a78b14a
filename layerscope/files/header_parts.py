"""The parts of a common header that hardly change from member to member, read once for each form.

`walk` looks them up by their bytes; a sum of -1 says that a part is not plain, so that the header
goes the long way.
"""

from __future__ import annotations

from layerscope.errors import TarError
from layerscope.tar.header import (
    FORMAT_STAR,
    FORMAT_USTAR,
    FORMAT_V7,
    format_of,
    mangled_prefix,
    text,
)
from layerscope.tar.numbers import numeric

MODE_BITS = 0o7777
"""Permissions with setuid, setgid and sticky; old tars also store the file type above them."""


def tail_of(tail: bytes) -> tuple[int, bytes]:
    """Byte sum and name prefix of what follows the link name; the sum is -1 if it is not plain."""
    block = bytes(257) + tail
    form = format_of(block)
    if form in (FORMAT_V7, FORMAT_STAR):
        return -1, b""
    try:
        numeric(block[329:337])
        numeric(block[337:345])
    except TarError:
        return -1, b""
    prefix = text(block[345:500]) if form == FORMAT_USTAR else mangled_prefix(block)
    return sum(tail), prefix + b"/" if prefix else b""


def owner_of(owner: bytes) -> tuple[int, int, int, int]:
    """Mode, uid, gid and byte sum of those three fields; the sum is -1 if they are not plain."""
    try:
        mode, uid, gid = numeric(owner[0:8]), numeric(owner[8:16]), numeric(owner[16:24])
    except TarError:
        return 0, 0, 0, -1
    return mode & MODE_BITS, uid, gid, sum(owner)
