"""Evidence files as small as they can be, made by hand."""

from __future__ import annotations

import struct

Value = tuple[int, int, bytes]
"""Type, count and stored bytes of a tag of an rpm header."""


def rpm_header(tags: dict[int, Value]) -> bytes:
    """A header as rpm's databases keep it: counts, index, store, with integers aligned."""
    index = store = b""
    for tag, (kind, count, data) in sorted(tags.items()):
        if kind == 4:
            store += bytes(-len(store) % 4)
        index += struct.pack(">IIII", tag, kind, len(store), count)
        store += data
    return struct.pack(">II", len(tags), len(store)) + index + store


def rpm_package(name: str, files: dict[str, int] | None = None) -> bytes:
    """The header of version 1.2-3 for x86_64, with files in `/opt/` and their states."""
    names = list(files or {})
    tags: dict[int, Value] = {
        1000: (6, 1, name.encode() + b"\0"),
        1001: (6, 1, b"1.2\0"),
        1002: (6, 1, b"3\0"),
        1009: (4, 1, struct.pack(">I", 77)),
        1022: (6, 1, b"x86_64\0"),
    }
    if files:
        tags[1029] = (1, len(names), bytes(files.values()))
        tags[1116] = (4, len(names), struct.pack(f">{len(names)}I", *[0] * len(names)))
        tags[1117] = (8, len(names), b"".join(n.encode() + b"\0" for n in names))
        tags[1118] = (8, 1, b"/opt/\0")
    return rpm_header(tags)


def ndb(blobs: list[bytes]) -> bytes:
    """A database with one page of slots; its blobs are in order, their checksums left at 0."""
    slots = body = b""
    block = 4096 // 16
    for number, blob in enumerate(blobs, start=1):
        padded = blob + bytes(-(16 + len(blob) + 12) % 16)
        entry = struct.pack("<4sIII", b"BlbS", number, 0, len(blob)) + padded
        entry += struct.pack("<II4s", 0, len(blob), b"BlbE")
        slots += struct.pack("<4sIII", b"Slot", number, block, len(entry) // 16)
        block += len(entry) // 16
        body += entry
    free = struct.pack("<4sIII", b"Slot", 0, 0, 0)
    head = struct.pack("<4sIIII", b"RpmP", 0, 1, 1, len(blobs) + 1).ljust(32, b"\0")
    return (
        (head + slots).ljust(32 + len(slots), b"\0")
        + free * ((4096 - 32 - len(slots)) // 16)
        + body
    )


def bdb_hash(blobs: list[bytes], order: str) -> bytes:
    """A hash database of one bucket on one page; every value is on overflow pages of 512 bytes."""
    pages: dict[int, bytes] = {}
    items = [b"\x01" + bytes(4), b"\x01" + bytes(4)]
    for number, blob in enumerate(blobs, start=1):
        first = 2 + len(pages)
        pieces = [blob[at : at + 486] for at in range(0, len(blob), 486)]
        for place, piece in enumerate(pieces):
            page = first + place
            following = 0 if piece is pieces[-1] else page + 1
            head = struct.pack(order + "8xIIIHHBB", page, 0, following, 1, len(piece), 0, 7)
            pages[page] = (head + piece).ljust(512, b"\0")
        items.append(b"\x01" + struct.pack(order + "I", number))
        items.append(b"\x03\0\0\0" + struct.pack(order + "II", first, len(blob)))
    packed = b""
    starts = []
    for item in items:
        packed = item + packed
        starts.append(512 - len(packed))
    head = struct.pack(order + "8xIIIHHBB", 1, 0, 0, len(items), starts[-1], 0, 13)
    head += struct.pack(f"{order}{len(items)}H", *starts)
    bucket = head.ljust(512 - len(packed), b"\0") + packed
    meta = struct.pack(order + "8xIIII", 0, 0x61561, 9, 512) + bytes([0, 8, 0, 0])
    meta += struct.pack(order + "II", 0, len(pages) + 1)
    meta = meta.ljust(72, b"\0") + struct.pack(order + "III", 0, 0, 0)
    meta = meta.ljust(96, b"\0") + struct.pack(order + "32I", *[1] * 32)
    return meta.ljust(512, b"\0") + bucket + b"".join(pages[n] for n in sorted(pages))


GO_MARK = b"\xff Go buildinf:"
GO_MODULES = (
    b"path\texample.com/app/cmd\nmod\texample.com/app\t(devel)\t\n"
    b"dep\tgithub.com/A/b\tv1.0.0\th1:x=\n=>\tgithub.com/fork/b\tv1.1.0\th1:y=\n"
    b"dep\texample.com/local\tv0.1.0\n=>\t./local\t\nbuild\tCGO_ENABLED=0\n"
)


def framed(modules: bytes) -> bytes:
    """The text between the two marks of 16 bytes that the linker puts around it."""
    return b"0" * 16 + modules + b"1" * 16


def inline_build_info(version: bytes, modules: bytes) -> bytes:
    """The section of Go 1.18 and later: the strings stand in it."""

    def counted(data: bytes) -> bytes:
        length = len(data)
        out = b""
        while length >= 0x80:
            out += bytes([length & 0x7F | 0x80])
            length >>= 7
        return out + bytes([length]) + data

    return (GO_MARK + b"\x08\x02").ljust(32, b"\0") + counted(version) + counted(modules)


def elf(data: bytes, *, address: int, section: bytes | None) -> bytes:
    """A 64-bit little-endian ELF file with `data` at offset 256, in one segment that is written."""
    names = b"\0" + (section or b"") + b"\0"
    names_at = 256 + len(data)
    headers_at = names_at + len(names)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    count = 3 if section else 0
    head += struct.pack("<HHIQQQIHHHHHH", 2, 62, 1, 0, 64, headers_at, 0, 64, 56, 1, 64, count, 2)
    segment = struct.pack("<IIQQQQQQ", 1, 6, 256, address, address, len(data), len(data), 1)
    rows = bytes(64)
    rows += struct.pack("<IIQQQQIIQQ", 1, 1, 3, address, 256, len(data), 0, 0, 16, 0)
    rows += struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    return (head + segment).ljust(256, b"\0") + data + names + (rows if section else b"")
