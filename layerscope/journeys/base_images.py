"""Images on disk as the bases of a build: `--base NAME=IMAGE`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from layerscope.cache.build import Base, BaseConfig, NamedImage
from layerscope.cache.image_tree import ImageTree
from layerscope.errors import MissingBlobError, UsageError, shown
from layerscope.files.content import copy_row
from layerscope.journeys.choose import finished_tree
from layerscope.journeys.faults import error_of, raise_first, with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.files.squash import Squashed
    from layerscope.sources.image import Image, OpenedInput
    from layerscope.sources.limits import Limits


def base_images(texts: Sequence[str], *, limits: Limits = DEFAULT_LIMITS) -> dict[str, NamedImage]:
    """What each `NAME=IMAGE` stands for: the images of an archive, one for each platform.

    Documents are read at once, layers only when a step asks for files of the image.

    Raises: `UsageError` for a text without a name, a name given twice, and an archive with several
        images for one platform; the `InputError` of an image that cannot be read.
    """
    found: dict[str, NamedImage] = {}
    for text in texts:
        name, equals, image = text.partition("=")
        if not (name and equals and image):
            problem = f"expected NAME=IMAGE, found {shown(text)}"
            raise UsageError(problem, "--base")
        if name in found:
            problem = f"expected one image for {shown(name)}, found two"
            raise UsageError(problem, "--base")
        found[name] = named_image(image, limits=limits)
    return found


def named_image(text: str, *, limits: Limits = DEFAULT_LIMITS) -> NamedImage:
    """The images of one IMAGE argument, by platform; see `base_images`."""
    opened = with_no_image_faults(open_inputs([text], limits=limits))
    images = [(one, image) for one in opened for image in one.images]
    if not images:
        raise_first(opened)
    platforms: dict[str | None, Base] = {}
    for one, image in images:
        base = _base(one, image, limits)
        platform = str(image.platform)
        if platform in platforms and platforms[platform].manifest != base.manifest:
            raise UsageError(
                f"expected one image for {shown(platform)}, found several",
                shown(text),
                "pick one: PATH:NAME or PATH:@N",
            )
        platforms[platform] = base
    # The only image of an archive is the base whatever the build's platform is called.
    return NamedImage({None: base} if len(platforms) == 1 else platforms)


def _base(one: OpenedInput, image: Image, limits: Limits) -> Base:
    config = image.config
    identity = image.config_digest or image.manifest_digest
    if any(layer.diff_id is None for layer in image.layers) or identity is None:
        problem = "its config names no DiffIDs, so its layers have no identity"
        raise MissingBlobError(problem, shown(image.input))
    return Base(
        manifest=str(identity),
        layers=tuple(str(layer.diff_id) for layer in image.layers),
        config=_config(config.config) if config is not None else None,
        files=ImageTree(partial(_squashed, one, image, limits), partial(_read, image, limits)),
        created="\n".join(
            f"{record.created}\t{record.created_by}\t{record.comment}\t{record.author}"
            for record, _ in image.history
        ),
    )


def _squashed(one: OpenedInput, image: Image, limits: Limits) -> Squashed:
    outcomes = read_layers([one], limits=limits, columns=True)
    place = one.images.index(image)
    found = [outcomes.get((0, place, layer.index)) for layer in image.layers]
    for outcome in found:
        if outcome is not None and outcome.fault is not None:
            raise error_of(outcome.fault)
    tree = finished_tree(image, found)
    assert tree is not None  # noqa: S101 - a damaged layer was raised above
    return tree


def _read(image: Image, limits: Limits, tree: Squashed, row: int) -> bytes:
    pieces: list[bytes] = []
    layer, at = tree.place(row)
    copy_row(image.layers[layer], at, lambda piece: pieces.append(bytes(piece)), limits)
    return b"".join(pieces)


def _config(settings: dict[str, object]) -> BaseConfig:
    """What of the config acts on a build; `ImageConfig.parse` has checked the types."""
    health = settings.get("Healthcheck")
    test = health.get("Test") if isinstance(health, dict) else None
    labels = settings.get("Labels")
    return BaseConfig(
        env=_texts(settings.get("Env")),
        user=str(settings.get("User") or ""),
        working_dir=str(settings.get("WorkingDir") or ""),
        shell=_texts(settings.get("Shell")),
        onbuild=_texts(settings.get("OnBuild")),
        entrypoint=_texts(settings["Entrypoint"]) if settings.get("Entrypoint") else None,
        cmd=_texts(settings["Cmd"]) if settings.get("Cmd") else None,
        labels=tuple(sorted(labels.items())) if isinstance(labels, dict) else (),
        exposed_ports=_texts(settings.get("ExposedPorts")),
        volumes=_texts(settings.get("Volumes")),
        healthcheck=_texts(test),
        stop_signal=str(settings.get("StopSignal") or ""),
    )


def _texts(value: object) -> tuple[str, ...]:
    """The texts of an array, or the names of an object, sorted."""
    if isinstance(value, dict):
        return tuple(sorted(str(name) for name in value))
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()
