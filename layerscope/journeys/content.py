"""The bytes of one file of a layer."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.errors import InputError, shown
from layerscope.files.content import copy_file
from layerscope.journeys.choose import one_image, one_layer
from layerscope.journeys.listing import clean_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Fault
    from layerscope.sources.limits import Limits


def write_content(
    text: str,
    path: str,
    write: Callable[[bytes | memoryview], object],
    *,
    layer: int | None,
    platform: Platform | None,
    limits: Limits,
    stdin: BinaryIO | None,
) -> tuple[Fault, ...]:
    """What else is wrong with the input, after the file's bytes were given to `write` in pieces.

    Args:
        text: Names one image.
        path: The file's path in the layer; absolute or not, it counts from the root.
        write: Takes each piece.
        layer: Which layer; None if the image has only one.
        platform: Only images for it; None means all.
        limits: What the input may cost.
        stdin: Where `-` reads from.

    Raises: `UsageError` if there are several images, or several layers and no number;
        `NoSuchEntryError` if the layer or the file is not there; the `InputError` of a layer that
        cannot be read or is damaged, before anything is written.
    """
    opened = one_image(text, platform=platform, limits=limits, stdin=stdin)
    try:
        chosen = one_layer(opened.images[0], layer)
        copy_file(chosen, clean_path(os.fsencode(path)), write, limits)
    except InputError as error:
        raise error.within(shown(text)) from error
    return opened.faults
