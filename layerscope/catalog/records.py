"""The small objects of the catalog: what an archive held, what a blob unpacks to, what was learnt.

Each is a msgpack document below a seal; one that does not fit its type is as good as not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from layerscope.catalog.seal import payload_of, sealed
from layerscope.files.packages.claims import Evidence  # noqa: TC001 - msgspec reads the types

if TYPE_CHECKING:
    from layerscope.catalog.identity import Identity

Record = TypeVar("Record", bound=msgspec.Struct)


class StoredLayer(msgspec.Struct, frozen=True, array_like=True):
    """What a range of an archive was found to hold: a whole layer, every byte verified."""

    offset: int
    size: int
    digest: str
    diff_id: str
    compression: str


class ArchiveRecord(msgspec.Struct, frozen=True):
    """An archive as it was when its layers were read: see `catalog.identity.Identity`."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    layers: tuple[StoredLayer, ...]

    def is_of(self, identity: Identity) -> bool:
        """Whether the archive is still that one."""
        return (self.size, self.mtime_ns, self.ctime_ns, self.inode) == (
            identity.size,
            identity.mtime_ns,
            identity.ctime_ns,
            identity.inode,
        )


class BlobRecord(msgspec.Struct, frozen=True):
    """What a compressed blob unpacks to."""

    diff_id: str
    compression: str


class Beginnings(msgspec.Struct, frozen=True):
    """Digests of beginnings of files: row, length in bytes, digest."""

    rows: tuple[tuple[int, int, bytes], ...]


class PackageEvidence(msgspec.Struct, frozen=True):
    """What files said of packages: row, path, and that."""

    rows: tuple[tuple[int, bytes, Evidence | None], ...]


def packed(record: msgspec.Struct, kind: str, key: str) -> bytes:
    """The object that `unpacked` reads."""
    return sealed(msgspec.msgpack.encode(record), kind, key)


def unpacked(data: bytes, kind: str, key: str, wanted: type[Record]) -> Record | None:
    """The record in an object; None if it is not whole, or is none of that kind and key."""
    payload = payload_of(data, kind, key)
    if payload is None:
        return None
    try:
        return msgspec.msgpack.decode(payload, type=wanted)
    except msgspec.MsgspecError:
        return None
