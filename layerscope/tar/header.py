"""One 512-byte tar header, decoded completely: the rules, without the speed.

The fast path of `files.walk` handles the common header by itself and comes here for all others.
Source: POSIX.1-2017 pax; GNU tar manual; star(5); field for field as Go's archive/tar reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from layerscope.errors import TarError
from layerscope.tar.numbers import NANOSECONDS, numeric, octal

BLOCK = 512
ZERO_BLOCK = bytes(BLOCK)

# Type flags. The old regular flag NUL and the ASCII zero are both regular files.
REGULAR_OLD = 0x00
REGULAR = ord("0")
HARDLINK = ord("1")
SYMLINK = ord("2")
CHAR = ord("3")
BLOCK_DEVICE = ord("4")
DIRECTORY = ord("5")
FIFO = ord("6")
CONTIGUOUS = ord("7")
PAX = ord("x")
PAX_GLOBAL = ord("g")
GNU_LONG_NAME = ord("L")
GNU_LONG_LINK = ord("K")
GNU_SPARSE = ord("S")

HEADER_ONLY = frozenset((HARDLINK, SYMLINK, CHAR, BLOCK_DEVICE, DIRECTORY, FIFO))
"""Types that never have data behind them, whatever their size field says."""

REGULAR_TYPES = frozenset((REGULAR, CONTIGUOUS, GNU_SPARSE))
"""Types that are regular files. POSIX: a contiguous file is one where it means nothing more."""

DEVICES = frozenset((CHAR, BLOCK_DEVICE))
"""Types whose device numbers mean something."""

FORMAT_V7, FORMAT_USTAR, FORMAT_STAR, FORMAT_GNU = "v7", "ustar", "star", "gnu"

KIND_OF_TYPE = {
    REGULAR: "file",
    CONTIGUOUS: "file",
    GNU_SPARSE: "file",
    HARDLINK: "hardlink",
    SYMLINK: "symlink",
    CHAR: "char",
    BLOCK_DEVICE: "block",
    DIRECTORY: "dir",
    FIFO: "fifo",
}


@dataclass(slots=True)
class Header:
    """What one header block says, before extension headers are merged into it."""

    name: bytes
    typeflag: int
    size: int
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    link: bytes
    format: str
    device: tuple[int, int] = (0, 0)


def text(field: bytes) -> bytes:
    """The bytes up to the first NUL, or all of them."""
    return field.split(b"\0", 1)[0]


def checksum_matches(block: bytes) -> bool:
    """Whether the checksum field holds the sum of the block, of unsigned or of signed bytes.

    POSIX sums unsigned bytes; old Sun tars summed signed ones.
    """
    stored = octal(block[148:156])
    rest = block[:148] + block[156:]
    unsigned = sum(rest) + 8 * ord(" ")
    if stored == unsigned:
        return True
    return stored == unsigned - 256 * sum(byte >= 0x80 for byte in rest)


def format_of(block: bytes) -> str:
    """Which dialect the magic of a header block stands for."""
    magic = block[257:263]
    if magic == b"ustar\0":
        return FORMAT_STAR if block[508:512] == b"tar\0" else FORMAT_USTAR
    return FORMAT_GNU if block[257:265] == b"ustar  \0" else FORMAT_V7


def mangled_prefix(block: bytes) -> bytes:
    """The name prefix of a GNU header whose access or change time is no number.

    Go before 1.8 wrote a USTAR prefix where GNU headers keep those times; images of that age exist.
    """
    try:
        for field in (block[345:357], block[357:369]):
            if field[0]:
                numeric(field)
    except TarError:
        prefix = text(block[345:500])
        return prefix if prefix.isascii() else b""
    return b""


def decode(block: bytes) -> Header:
    """The header in `block`, 512 bytes that are not all zero.

    Raises: `TarError` if the checksum is wrong or a number field holds no number.
    """
    if not checksum_matches(block):
        raise TarError("a header has a wrong checksum")
    form = format_of(block)
    name = text(block[0:100])
    header = Header(
        name=name,
        mode=numeric(block[100:108]),
        uid=numeric(block[108:116]),
        gid=numeric(block[116:124]),
        size=numeric(block[124:136]),
        mtime_ns=numeric(block[136:148]) * NANOSECONDS,
        typeflag=block[156],
        link=text(block[157:257]),
        format=form,
    )
    if form != FORMAT_V7:
        # Junk in the device numbers of any member makes its header invalid, as it does for Go.
        header.device = numeric(block[329:337]), numeric(block[337:345])
        if form == FORMAT_USTAR:
            prefix = text(block[345:500])
        elif form == FORMAT_STAR:
            prefix = text(block[345:476])
            numeric(block[476:488])
            numeric(block[488:500])
        else:
            prefix = mangled_prefix(block)
        if prefix:
            header.name = prefix + b"/" + name
    return header
