"""The one image, its tree, or the one layer, that a command is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.errors import MissingBlobError, NoSuchEntryError, UsageError, shown
from layerscope.files.squash import squash
from layerscope.journeys.faults import with_no_image_faults
from layerscope.sources.image import Fault, OpenedInput
from layerscope.sources.transport import UNKNOWN, open_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from layerscope.errors import InputError
    from layerscope.files.squash import Squashed
    from layerscope.journeys.pool import LayerOutcome
    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Image, Layer
    from layerscope.sources.limits import Limits

LISTED = 8
"""How many images a message lists before it only counts the rest."""


def image_or_faults(
    text: str, *, platform: Platform | None, limits: Limits, stdin: BinaryIO | None
) -> list[OpenedInput]:
    """The inputs that `text` names, the one that has an image first, narrowed to that.

    One manifest under several names is one image. A glob or a list may name several inputs: those
    without an image follow, and each says why in its faults. There is always at least one.

    Raises: `UsageError` if there are several images, which its hint lists.
    """
    opened = with_no_image_faults(
        open_inputs([text], platform=platform, limits=limits, stdin=stdin)
    )
    images = [image for one in opened for image in one.images]
    if not images:
        none = Fault(text, NoSuchEntryError.code, "expected an image, found none")
        return opened or [OpenedInput(text, UNKNOWN, (), faults=(none,))]
    distinct = {(image.input, _identity(image)): image for image in reversed(images)}
    if len(distinct) > 1:
        chosen = list(reversed(distinct.values()))
        raise UsageError(
            f"expected one image, found {len(chosen)}",
            shown(text),
            f"pick one: {_listed(chosen)}",
        )
    image = images[0]
    place = next(place for place, one in enumerate(opened) if image in one.images)
    narrowed = replace(opened[place], images=(image,))
    return [narrowed, *(one for one in opened if not one.images)]


def one_layer(image: Image, number: int | None) -> Layer:
    """Layer `number` of the image, or its only layer if there is no number.

    Raises: `UsageError` if there is no number and several layers; `NoSuchEntryError` if the image
        has no such layer; `MissingBlobError` if its bytes are not there. The last two leave it to
        the caller to name the input.
    """
    count = len(image.layers)
    if number is None:
        if count != 1:
            raise UsageError(
                f"expected --layer N, since the image has {count} layers"
                + (f" (0 to {count - 1})" if count else ""),
                shown(image.input),
            )
        number = 0
    if not 0 <= number < count:
        raise NoSuchEntryError(
            f"expected a layer from 0 to {count - 1}, found {number}"
            if count
            else f"expected layer {number}, found an image without layers"
        )
    layer = image.layers[number]
    if layer.region is None:
        name = layer.digest or layer.diff_id or layer.stored_as
        raise MissingBlobError(
            f"layer {number} is not in the input ({layer.missing}): {shown(name)}"
        )
    return layer


def finished_tree(image: Image, outcomes: Sequence[LayerOutcome | None]) -> Squashed | None:
    """All layers of the image squashed; None if one of them is damaged, which its outcome says.

    Args:
        image: The image.
        outcomes: What reading each layer with its columns gave, from the base up.

    Raises: `MissingBlobError` if the bytes of a layer are not there; `OverLimitError` for a tree
        that no engine could unpack. It is left to the caller to name the input.
    """
    absent = absent_layer(image)
    if absent is not None:
        one_layer(image, absent)
    columns = [outcome.scan.columns if outcome and outcome.scan else None for outcome in outcomes]
    known = [table for table in columns if table is not None]
    return squash(known) if len(known) == len(image.layers) else None


def absent_layer(image: Image) -> int | None:
    """The first layer whose bytes are not there; None if all are."""
    return next((layer.index for layer in image.layers if layer.region is None), None)


def with_fault(one: OpenedInput, image: Image, layer: int | None, error: InputError) -> OpenedInput:
    """The input with one more fault, before the others; a layer known to be absent is one already.

    A layer number that the image does not have is in the message only.
    """
    there = layer if layer is not None and layer < len(image.layers) else None
    fault = replace(Fault.of(one.input, error, there), image=image.index)
    for known in one.faults:
        if (known.code, known.image, known.layer) == (fault.code, fault.image, there):
            fault = known
    return replace(one, faults=(fault, *one.faults))


def _identity(image: Image) -> str:
    return str(image.manifest_digest or image.config_digest or image.index)


def _listed(images: list[Image]) -> str:
    parts = []
    before = None
    for image in images[:LISTED]:
        about = [shown(name, 60) for name in image.names[:1]] + [shown(image.platform, 40)]
        # The input is whole, so that it can be pasted, and said once, so that there is room.
        place = "" if image.input == before else shown(image.input, 240)
        parts.append(f"{place}:@{image.index} ({', '.join(about)})")
        before = image.input
    if len(images) > LISTED:
        parts.append(f"and {len(images) - LISTED} more")
    return "; ".join(parts)
