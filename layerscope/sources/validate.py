"""Every invariant of the specification that documents alone can break, all faults listed.

Most are found on opening, by every command alike; what needs a layer's bytes (digests, DiffIDs,
tars) is checked where layers are read. Things that readers everywhere accept, such as a short
history or a config without a platform, are notes: odd, and no fault.

Source: OCI image-spec v1.1; Docker image manifest version 2, schema 2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.errors import SizeMismatchError, shown
from layerscope.oci import media_types
from layerscope.sources.image import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.errors import InputError
    from layerscope.sources.image import Image, Layer, OpenedInput

_CONFIG_NAME = re.compile(r"(?:\./)*(?:sha256:)?([0-9a-f]{64})(?:\.json)?")


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd that is no fault; `message` is one line."""

    input: str
    message: str
    image: int
    layer: int | None = None


def check(opened: OpenedInput) -> list[Fault]:
    """All faults of an input's documents: those met on opening, then those of each image."""
    faults = [*opened.faults, *opened.breaches]
    for image in opened.images:
        for layer in image.layers:
            for error in _layer_errors(layer):
                fault = Fault.of(opened.input, error, layer.index)
                faults.append(replace(fault, image=image.index))
    return faults


def notes(opened: OpenedInput) -> list[Note]:
    """What is odd in an input's documents, image by image."""
    return [
        Note(opened.input, message, image.index, layer)
        for image in opened.images
        for layer, message in _image_notes(image)
    ]


def _layer_errors(layer: Layer) -> Iterator[InputError]:
    region = layer.region
    if region is not None and layer.size is not None and region.size != layer.size:
        yield SizeMismatchError(
            f"expected {layer.size} bytes, found {region.size}",
            f"layer {layer.index} {layer.digest or shown(layer.stored_as)}",
        )


def _image_notes(image: Image) -> Iterator[tuple[int | None, str]]:
    records = [owner for _, owner in image.history if owner is not None]
    if image.history and len(records) < len(image.layers):
        yield None, f"the history tells of {len(records)} of {len(image.layers)} layers"
    beyond = sum(owner == "beyond" for owner in records)
    if beyond:
        yield None, f"the history tells of {beyond} layers more than there are"
    if image.config is not None and not (
        image.config.platform.os and image.config.platform.architecture
    ):
        yield None, f"the config does not say its platform: {shown(image.config.platform)}"
    named = _CONFIG_NAME.fullmatch(image.config_name or "")
    if named and image.config_digest and named[1] != image.config_digest.hex:
        yield None, f"the config is named {named[1]}.json and its digest is {image.config_digest}"
    manifest = image.manifest
    if manifest is None:
        return
    if not manifest.media_type:
        yield None, "the manifest does not say its mediaType"
    if not media_types.is_image_config(manifest.config.media_type):
        yield None, f'the config has the type "{shown(manifest.config.media_type or "")}"'
    for position, descriptor in enumerate(manifest.layers):
        if not media_types.is_layer(descriptor.media_type):
            yield position, f'the layer has the type "{shown(descriptor.media_type or "")}"'
