r"""What programs call: `open_images`, `scan`, `analyze`, `read_fleet`, and two for Dockerfiles.

`layerscope` itself offers them too.

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

The same images as tables, from which everything in `layerscope.fleet` starts:

>>> from layerscope import fleet
>>> frames = layerscope.read_fleet([path])
>>> len(frames.images), fleet.totals(frames).loc["blob", "stored_bytes"].item()
(1, 2048)
>>> folder.cleanup()

What the build cache does after an edit, and a Dockerfile as BuildKit reads it:

>>> with tempfile.TemporaryDirectory() as folder:
...     for name in ("old", "new"):
...         with open(os.path.join(folder, name), "w") as stream:
...             _ = stream.write(f"FROM base:1\nRUN make\nRUN echo {name}\n")
...     old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
...     [(step.line, step.outcome) for step in layerscope.simulate_cache(new, before=[old]).steps]
...     [command.code for command in layerscope.parse_dockerfile(new).stages[0].commands]
[(1, 'no-step'), (2, 'hit'), (3, 'miss')]
['RUN make', 'RUN echo new']
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.files.scan_layer import scan_layer
from layerscope.journeys.analyze import analyze as _analyze
from layerscope.journeys.faults import error_of, raise_first, with_no_image_faults
from layerscope.sources.image import Fault
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from layerscope.cache.step import AssumeReruns
    from layerscope.catalog.store import Catalog
    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.files.scan_layer import LayerScan
    from layerscope.fleet.frames import Frames
    from layerscope.oci.platform import Platform
    from layerscope.report.cache_document import CacheDocument
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
    catalog: str | None = None,
    verify: bool = False,
) -> Report:
    """The report on all images of the inputs: the document `layerscope.report/1`.

    Sizes are in bytes; None stands for what was not measured. What is wrong with an input is a row
    of `faults` and raises nothing.

    Args:
        paths: Each as on the command line.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        catalog: The folder or URL of what earlier runs found out, to be added to: an archive that
            was not written to since is not read again. None remembers nothing, whatever
            `$LAYERSCOPE_CATALOG` says.
        verify: Whether to read and check everything again in spite of the catalog.

    Raises: `UsageError` if a path makes no sense as an input, or the catalog as a catalog.
    """
    return _analyze(
        [os.fspath(path) for path in paths],
        platform=platform,
        limits=limits,
        jobs=jobs,
        catalog=_catalog(catalog),
        verify=verify,
    ).report


def read_fleet(
    paths: Iterable[Input],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    catalog: str | None = None,
    verify: bool = False,
) -> Frames:
    """The images of the inputs as tables: what the functions of `layerscope.fleet` take.

    Two `pandas.DataFrame`s, `images` with a row for each image and `image_layers` with a row for
    each layer of each; `fleet.IMAGES` and `fleet.IMAGE_LAYERS` describe the columns. Images at hand
    come in the order of the inputs, then those of saved reports. Sizes are in bytes. No numbers are
    made of a part of the inputs: what is wrong with one stops it.

    Args:
        paths: Each as on the command line, or a report that `analyze --format json` wrote.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        catalog: As for `analyze`.
        verify: As for `analyze`.

    Raises: `InputError` for the first thing that is wrong with an input; `UsageError` if a path
        makes no sense as an input, or the catalog as a catalog.
    """
    from layerscope.journeys import fleet_inputs  # noqa: PLC0415 - it needs pandas

    found = fleet_inputs.read_fleet(
        [os.fspath(path) for path in paths],
        columns=False,
        platform=platform,
        limits=limits,
        jobs=jobs,
        catalog=_catalog(catalog),
        verify=verify,
    )
    for fault in found.faults:
        raise error_of(Fault(fault.input, fault.code, fault.message, hint=fault.hint))
    return found.frames


def _catalog(place: str | None) -> Catalog | None:
    if place is None:
        return None
    from layerscope.catalog.store import Catalog  # noqa: PLC0415 - not without a catalog

    return Catalog.at(place)


def simulate_cache(
    dockerfile: Input,
    context: Input | None = None,
    *,
    before: Iterable[Input] = (),
    before_context: Input | None = None,
    builder: str = "buildkit",
    version: str | None = None,
    bases: Mapping[str, Input] | None = None,
    build_args: Mapping[str, str] | None = None,
    before_build_args: Mapping[str, str] | None = None,
    target: str | None = None,
    platforms: Iterable[str] = (),
    no_cache: bool = False,
    assume_reruns: AssumeReruns | None = None,
) -> CacheDocument:
    """Which steps of a build hit the cache and which miss: the document `layerscope.cache/1`.

    Nothing is built, and no checksums are kept between calls. A Dockerfile that the builder refuses
    raises nothing: it is the document's `failed`.

    Args:
        dockerfile: Of the build in question.
        context: The folder that it is built in; None is an empty one.
        before: The Dockerfiles that were built before, in their order. None of them, and neither
            `before_context` nor `before_build_args`: the cache is empty.
        before_context: The context of the earlier builds; None is the same one.
        builder: `buildkit`, `classic` or `buildah`.
        version: Whose rules; None is the default one.
        bases: Images on disk, by the names that Dockerfiles have for them.
        build_args: Build arguments.
        before_build_args: Those of the earlier builds; None are the same ones.
        target: The stage to build; None is the last.
        platforms: What is built for, such as `linux/arm64`; none is the machine of the builder.
        no_cache: Does the build in question look nothing up?
        assume_reruns: `same` or `changed`: what stages that run again leave; None: nobody knows.

    Raises: `UsageError`; the `InputError` of a file that cannot be read.
    """
    from layerscope.journeys.build_inputs import BuildRequest  # noqa: PLC0415 - not for images
    from layerscope.journeys.simulate import simulate_builds  # noqa: PLC0415 - not for images

    last = BuildRequest(
        os.fspath(dockerfile),
        None if context is None else os.fspath(context),
        build_args=_pairs(build_args),
        target=target,
        no_cache=no_cache,
        platforms=tuple(platforms),
    )
    earlier = [os.fspath(path) for path in before]
    if not earlier and (before_context is not None or before_build_args is not None):
        earlier = [last.dockerfile]
    requests = [
        replace(
            last,
            dockerfile=path,
            context=last.context if before_context is None else os.fspath(before_context),
            build_args=last.build_args if before_build_args is None else _pairs(before_build_args),
            no_cache=False,
        )
        for path in earlier
    ]
    return simulate_builds(
        [*requests, last],
        builder=builder,
        version=version,
        bases=[f"{name}={os.fspath(image)}" for name, image in (bases or {}).items()],
        assume_reruns=assume_reruns,
    )


def _pairs(values: Mapping[str, str] | None) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in (values or {}).items())


def parse_dockerfile(path: Input) -> Dockerfile:
    """The stages of a Dockerfile and their typed instructions with lines, as BuildKit reads them.

    Raises: `DockerfileError` if BuildKit refuses it; `UnreadableInputError`; `OverLimitError`.
    """
    from layerscope.journeys.dockerfile import read_stages  # noqa: PLC0415 - not for images

    return read_stages(os.fspath(path))
