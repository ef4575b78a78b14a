"""The different layers of images at hand, and the blobs that each of them is stored as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.files.columns import FileColumns
    from layerscope.files.scan_layer import LayerScan
    from layerscope.oci.digest import DiffID
    from layerscope.sources.image import Image
    from layerscope.sources.region import Region


@dataclass(slots=True, repr=False)
class StoredBlob:
    """A blob that a layer is stored as.

    Attributes:
        digest: Of the bytes as stored.
        size: Their number.
        compression: By the bytes.
        region: Where the first copy is.
        images: Positions of the images that have it, ascending, each once.
    """

    digest: str
    size: int
    compression: str
    region: Region
    images: list[int] = field(default_factory=list)


@dataclass(slots=True, repr=False)
class FleetLayer:
    """A layer, whatever images hold it and however it is compressed.

    Attributes:
        diff_id: Of the uncompressed tar.
        columns: Its file table.
        uncompressed_bytes: The tar.
        content_bytes: The regular files in it.
        created_by: The history line of its first copy.
        images: Positions of the images that hold it, ascending, each once.
        blobs: In the order in which the images name them.
    """

    diff_id: DiffID
    columns: FileColumns
    uncompressed_bytes: int
    content_bytes: int
    created_by: str | None
    images: list[int] = field(default_factory=list)
    blobs: list[StoredBlob] = field(default_factory=list)

    def main_blob(self) -> StoredBlob:
        """The blob that most images have; of several the smallest, then the first."""
        return min(self.blobs, key=lambda blob: (-len(blob.images), blob.size))


def fleet_layers(
    images: Sequence[Image], scans: Sequence[Sequence[LayerScan | None]], units: Iterable[int]
) -> tuple[list[FleetLayer], list[list[int] | None]]:
    """The different layers that were read, by first appearance; and for each image its layers.

    Args:
        images: The images at hand.
        scans: What reading each of their layers found, with file tables.
        units: Positions of the images that count; others, the same ones under further names, have
            the layers of none.

    The layers of an image are positions in the list of layers, base first; None if not all of them
    were read.
    """
    layers: list[FleetLayer] = []
    known: dict[str, int] = {}
    blobs: dict[tuple[int, str], StoredBlob] = {}
    found: list[list[int] | None] = [None] * len(images)
    for image in units:
        own: list[int] = []
        for layer, scan in zip(images[image].layers, scans[image], strict=True):
            if scan is None or scan.columns is None or layer.region is None:
                continue
            at = known.setdefault(str(scan.diff_id), len(layers))
            if at == len(layers):
                told = scan.uncompressed_bytes, scan.content_bytes, layer.created_by
                layers.append(FleetLayer(scan.diff_id, scan.columns, *told))
            own.append(at)
            key = at, str(scan.digest)
            if key not in blobs:
                size, how = scan.compressed_bytes, scan.compression
                blobs[key] = StoredBlob(key[1], size, how, layer.region)
                layers[at].blobs.append(blobs[key])
            for holders in (layers[at].images, blobs[key].images):
                if holders[-1:] != [image]:
                    holders.append(image)
        if len(own) == len(images[image].layers):
            found[image] = own
    return layers, found


def most_used(layers: Sequence[FleetLayer], group: Sequence[int]) -> int:
    """The layer of a group that most images hold; of several the first."""
    return min(group, key=lambda at: (-len(layers[at].images), at))
