"""What content goes through while it passes: a hasher, or what stands in for one."""

from __future__ import annotations

from typing import Protocol

from layerscope.files.columns import DIGEST_BYTES

NO_DIGEST = bytes(DIGEST_BYTES)

_HOLE_PIECE = bytes(256 * 1024)


class ContentHasher(Protocol):
    """What hashes content: blake3 and hashlib agree on this much."""

    def update(self, data: bytes | memoryview, /) -> object:
        """Take in more bytes."""

    def digest(self) -> bytes:
        """The 32 bytes of digest."""


class Unhashed:
    """Stands in for a hasher where content is not hashed."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Do nothing."""

    def digest(self) -> bytes:
        """No digest."""
        return NO_DIGEST


def hash_zeros(hasher: ContentHasher, count: int) -> None:
    """Takes `count` zero bytes into `hasher`: the hole of a sparse file."""
    while count > 0:
        piece = _HOLE_PIECE[:count]
        hasher.update(piece)
        count -= len(piece)
