r"""What programs call: `open_images`, `scan` and `analyze`; `layerscope` itself offers them too.

An image to try them on, with one layer of one file of six bytes:

>>> import os, tempfile
>>> from layerscope.synth.image_builder import ImageBuilder
>>> from layerscope.synth.layouts import docker_archive
>>> from layerscope.synth.tree import Tree
>>> folder = tempfile.TemporaryDirectory()
>>> path = os.path.join(folder.name, "app.tar")
>>> _ = docker_archive(
...     path, ImageBuilder(names=("app:1",)).layer(Tree().file("etc/motd", b"hello\n"), "COPY motd")
... )

Its layers, then one of them read and verified, then all that can be said of it:

>>> import layerscope
>>> image, = layerscope.open_images(path)
>>> [name for name in image.names], str(image.platform), len(image.layers)
(['app:1'], 'linux/amd64', 1)
>>> layerscope.scan(image.layers[0]).content_bytes
6
>>> report = layerscope.analyze([path])
>>> report.images[0].content_bytes, report.sharing.blob_bytes.unique, report.faults
(6, 2048, [])
>>> folder.cleanup()
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.files.scan_layer import scan_layer
from layerscope.journeys.analyze import analyze as _analyze
from layerscope.journeys.faults import raise_first, with_no_image_faults
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.files.scan_layer import LayerScan
    from layerscope.oci.platform import Platform
    from layerscope.report.document import Report
    from layerscope.sources.image import Image, Layer
    from layerscope.sources.limits import Limits

Input = str | os.PathLike[str]


def open_images(
    path: Input, *, platform: Platform | None = None, limits: Limits = DEFAULT_LIMITS
) -> list[Image]:
    """The images that an input holds, in index order; their documents are read, no layer is.

    A manifest that an index lists under several names is there once for each. What is listed and is
    no image (attestations, artifacts) is left out.

    Args:
        path: As on the command line: a file or folder, with a transport in front and a choice
            behind it where wanted.
        platform: Only images for it; None means all.
        limits: What the input may cost.

    Raises: `InputError` for the first thing that is wrong with the input; `NoImageError` if it
        holds no image; `UsageError` if it makes no sense as an input.
    """
    opened = with_no_image_faults(
        open_inputs([os.fspath(path)], platform=platform, limits=limits, stdin=None)
    )
    raise_first(opened)
    return [image for one in opened for image in one.images]


def scan(layer: Layer, *, limits: Limits = DEFAULT_LIMITS) -> LayerScan:
    """What one layer holds, every byte of it read and compared with its digests.

    The scan has the digests, three sizes in bytes (`compressed_bytes` of the blob,
    `uncompressed_bytes` of the tar, `content_bytes` of the regular files), counts, and in `columns`
    the file table: one row for each tar member, in tar order (see `files.columns`).

    Args:
        layer: Of an image of `open_images`.
        limits: What the layer may cost.

    Raises: `DigestMismatchError`, `SizeMismatchError`, `CorruptStreamError`, `CorruptLayerError` if
        it is damaged; `MissingBlobError` if it is not in the input; `OverLimitError`.
    """
    return scan_layer(layer, limits=limits)


def analyze(
    paths: Iterable[Input],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
) -> Report:
    """The report on all images of the inputs: the document `layerscope.report/1`.

    Sizes are in bytes; None stands for what was not measured. What is wrong with an input is a row
    of `faults` and raises nothing.

    Args:
        paths: Each as on the command line.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.

    Raises: `UsageError` if a path makes no sense as an input.
    """
    texts = [os.fspath(path) for path in paths]
    return _analyze(texts, platform=platform, limits=limits, jobs=jobs).report
