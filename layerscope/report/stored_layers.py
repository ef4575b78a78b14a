"""What the layers of images say of how they are stored: whether their sizes can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


class Stored(Protocol):
    """A layer as it is stored: rows of reports have it, and so do the layers that gates compare."""

    @property
    def diff_id(self) -> str | None:
        """Of its content; None if it is not known."""

    @property
    def compression(self) -> str | None:
        """Such as `gzip`, `none` where it is a bare tar; None if it is not known."""

    @property
    def compressed_bytes(self) -> int | None:
        """As it is stored; None if it is not known."""


def compressed_otherwise(old: Sequence[Stored], new: Sequence[Stored]) -> str:
    """Why the stored sizes of two images say nothing of growth, as part of a sentence; or empty.

    They do not where layers are compressed in other ways, or where a layer that both images have
    (by DiffID) takes other bytes, as after another level or another compressor. An image of no
    layers compares with every other.
    """
    ways = [sorted({layer.compression or "unknown" for layer in side}) for side in (old, new)]
    if all(ways) and ways[0] != ways[1]:
        return f"layers are stored as {', '.join(ways[0])} before, {', '.join(ways[1])} after"
    before = {layer.diff_id: layer.compressed_bytes for layer in old if layer.diff_id}
    for layer in new:
        if before.get(layer.diff_id or "", layer.compressed_bytes) != layer.compressed_bytes:
            return "a layer that both have was compressed anew"
    return ""


def are_registry_blobs(layers: Sequence[Stored], source: str, manifest_digest: str | None) -> bool:
    """Whether the layers of an image are stored as a registry stores them.

    Without a manifest nothing says so. `docker save` since engine 25 writes a manifest too; with
    the old image store its layers are uncompressed, and a push makes others of them.
    """
    if manifest_digest is None:
        return False
    return source != "docker-archive" or {layer.compression for layer in layers} != {"none"}
