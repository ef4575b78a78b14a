"""Tars of headers that Python's tarfile does not write."""

from __future__ import annotations

import tarfile

BLOCK = 512


def checked(header: bytes) -> bytes:
    """A header block with the right checksum."""
    total = sum(header[:148]) + 8 * ord(" ") + sum(header[156:])
    return header[:148] + b"%06o\0 " % total + header[156:]


def end() -> bytes:
    """Two blocks of zeros."""
    return bytes(2 * BLOCK)


def pax(name: str, records: dict[str, str], content: bytes = b"", **fields: object) -> bytes:
    """A file with just these PAX records."""
    info = tarfile.TarInfo(name)
    info.size = len(content)
    info.pax_headers = records
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % BLOCK)


def sparse_tar(size: int) -> bytes:
    """A file of holes alone, as GNU tar --format=pax --sparse-version=0.1 writes it."""
    records = {
        "GNU.sparse.size": str(size),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{size},0",
    }
    return pax("holes", records) + end()
