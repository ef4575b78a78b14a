"""The layers of images as a node's cache holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from layerscope.errors import UsageError
from layerscope.fleet.nodes import Cachable
from layerscope.fleet.registry_blobs import registry_blobs, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames

Counted = Literal["blob", "tar"]
"""What a layer is to a cache: `blob` its compressed bytes, by digest, as a pull moves them; `tar`
its uncompressed bytes, by DiffID, where no blob of a registry is known."""


def cachable(
    frames: Frames,
    documents: pd.DataFrame,
    images: Sequence[int],
    counted: Counted,
    title: Callable[[int], str],
) -> Cachable:
    """The layers of images, in the order of the images.

    Args:
        frames: The fleet.
        documents: The table `registry_blobs.DOCUMENTS` of the same images.
        images: None of which is the same as another.
        counted: Which bytes count.
        title: What an image is called in messages.

    Raises: `UsageError` if the size or the identity of a layer is not known.
    """
    if counted == "blob":
        table = registry_blobs(frames, documents)
        table = table[table["kind"] == "layer"]
        key, size = "digest", "bytes"
    else:
        table = frames.image_layers.astype({"diff_id": "str"})
        key, size = "diff_id", "uncompressed_bytes"
        table = table.assign(**{size: table.groupby(key)[size].transform("first")})
    table = rows_of(table, images)
    unknown = table[table[key].isna() | table[size].isna()]
    if len(unknown):
        image = int(unknown["image"].iloc[0])
        hint = "" if counted == "tar" else "--sizes tar counts uncompressed layers by DiffID"
        problem = f"expected layers whose {counted}s have a known size"
        raise UsageError(problem, title(image), hint=hint)
    first = table.drop_duplicates(key)
    codes, names = table[key].factorize()
    sizes = dict(zip(first[key].tolist(), first[size].tolist(), strict=True))
    layers: dict[int, dict[int, None]] = {image: {} for image in images}
    for image, layer in zip(table["image"].tolist(), codes.tolist(), strict=True):
        layers[image][layer] = None
    return Cachable(
        [list(layers[image]) for image in images], [int(sizes[name]) for name in names.tolist()]
    )
