"""The bytes of one file of an image, or of one of its layers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.analysis.lookup import kind_of, resolve
from layerscope.errors import InputError, NoSuchEntryError, shown
from layerscope.files.content import copy_file, copy_row
from layerscope.files.tree import clean
from layerscope.journeys.choose import finished_tree, image_or_faults, one_layer
from layerscope.journeys.faults import error_of, raise_first
from layerscope.journeys.pool import read_layers

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Fault, Image, OpenedInput
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
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Fault, ...]:
    """What else is wrong with the inputs, after the file's bytes were given to `write` in pieces.

    Args:
        text: Names one image.
        path: The file's path; absolute or not, it counts from the root.
        write: Takes each piece.
        layer: The file as this layer stored it, hard links followed inside the layer. None for the
            file that a container sees, links of both kinds followed inside the image.
        platform: Only images for it; None means all.
        limits: What the input may cost.
        stdin: Where `-` reads from.
        jobs: Worker processes; None means one for each usable processor.
        progress: Called with bytes done and bytes in all.

    Raises: `UsageError` if there are several images; `NoSuchEntryError` if the layer or the file is
        not there; the `InputError` of a layer that cannot be read or is damaged, before anything
        is written. What a container sees depends on all layers, so all are verified for it.
    """
    opened = image_or_faults(text, platform=platform, limits=limits, stdin=stdin)
    if not opened[0].images:
        raise_first(opened)
    image = opened[0].images[0]
    if layer is None:
        place = _visible(opened[0], os.fsencode(path), limits, jobs, progress)
    try:
        if layer is None:
            copy_row(image.layers[place[0]], place[1], write, limits)
        else:
            copy_file(one_layer(image, layer), clean(os.fsencode(path)), write, limits)
    except InputError as error:
        raise error.within(shown(opened[0].input)) from error
    return tuple(fault for one in opened for fault in one.faults)


def _visible(
    one: OpenedInput,
    path: bytes,
    limits: Limits,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
) -> tuple[int, int]:
    """The layer and the row in it that hold the content a container finds at `path`."""
    image: Image = one.images[0]
    outcomes = read_layers(
        [one], jobs=jobs, limits=limits, columns=True, content=None, progress=progress
    )
    found = [outcomes.get((0, 0, layer.index)) for layer in image.layers]
    for outcome in found:
        if outcome is not None and outcome.fault is not None:
            raise error_of(outcome.fault)
    try:
        tree = finished_tree(image, found)
        if tree is None:
            # Every layer is there and none is damaged, so this is not met.
            raise NoSuchEntryError("the image has no tree")
        real = resolve(tree, path)
        row = tree.rows.get(real, -1)
        kind = kind_of(tree, row)
        if kind != "file":
            raise NoSuchEntryError(f"{shown(real)} is a {kind}, not a file")
        return tree.place(tree.inode(row))
    except InputError as error:
        raise error.within(shown(one.input)) from error
