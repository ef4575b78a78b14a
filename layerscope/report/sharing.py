"""What images have in common, by the three identities of a layer.

The unit of counting is a manifest of an input: an input that lists one manifest under three names
holds it once, the same manifest in two inputs is there twice. Where an archive has no manifest
document, its config stands for it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.report.document import ImageSharing, Sharing, SharingTotal
from layerscope.report.metrics import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.report.document import ImageRow, LayerRow


def sharing_of(inputs: Sequence[Sequence[ImageRow]]) -> Sharing:
    """Totals and per image numbers; `inputs` holds the images of each input, in order.

    A total is None where a needed number or identity was not measured.
    """
    manifests: dict[tuple[int, str], ImageRow] = {}
    keys = []
    for position, images in enumerate(inputs):
        for image in images:
            key = (position, _identity(image))
            manifests.setdefault(key, image)
            keys.append((key, image))
    distinct = list(manifests.values())
    holders = Counter(
        blob for image in distinct for blob in {layer.digest for layer in image.layers} if blob
    )
    return Sharing(
        blob_bytes=_total(distinct, "digest", "compressed_bytes"),
        diff_id_bytes=_total(distinct, "diff_id", "uncompressed_bytes"),
        chain_id_bytes=_total(distinct, "chain_id", "uncompressed_bytes"),
        images=[_of_image(image, holders) for _, image in keys],
    )


def _identity(image: ImageRow) -> str:
    # A v1-only archive has neither document: every image of it is its own.
    return image.manifest_digest or image.config_digest or f"image {image.index}"


def _total(images: Iterable[ImageRow], identity: str, size: str) -> SharingTotal:
    layers = [layer for image in images for layer in image.layers]
    referenced = total(layers, size)
    if any(getattr(layer, identity) is None for layer in layers):
        return SharingTotal(referenced=referenced, unique=None)
    once: dict[str, LayerRow] = {getattr(layer, identity): layer for layer in layers}
    # One copy of an identity may be damaged while another is whole, so the sum over `once` alone
    # would depend on which copy came last.
    unique = None if referenced is None else total(list(once.values()), size)
    return SharingTotal(referenced=referenced, unique=unique)


def _of_image(image: ImageRow, holders: Counter[str]) -> ImageSharing:
    unique = shared = 0
    for digest, layer in {layer.digest: layer for layer in image.layers}.items():
        if digest is None or layer.compressed_bytes is None:
            return ImageSharing(
                input=image.input, index=image.index, unique_bytes=None, shared_bytes=None
            )
        if holders[digest] > 1:
            shared += layer.compressed_bytes
        else:
            unique += layer.compressed_bytes
    return ImageSharing(
        input=image.input, index=image.index, unique_bytes=unique, shared_bytes=shared
    )
