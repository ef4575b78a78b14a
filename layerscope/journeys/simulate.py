"""What the build cache will do: Dockerfiles and folders in, a document out."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from layerscope.cache.base_names import base_names
from layerscope.cache.simulate import chosen_version, simulate
from layerscope.errors import shown
from layerscope.journeys.build_inputs import Contexts, build_of
from layerscope.journeys.hidden_values import without_hidden
from layerscope.report.cache_document import cache_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.build import Build, NamedImage
    from layerscope.cache.step import AssumeReruns, Prediction
    from layerscope.journeys.build_inputs import BuildRequest
    from layerscope.report.cache_document import CacheDocument
    from layerscope.report.explain_document import ExplainDocument

NAME_CHARACTERS = 400
"""An image name with its digest fits, so that it can be given to `--base`."""

Noted = TypeVar("Noted", "CacheDocument", "ExplainDocument")


def simulate_builds(
    requests: Sequence[BuildRequest],
    *,
    builder: str = "buildkit",
    version: str | None = None,
    bases: Sequence[str] = (),
    assume_reruns: AssumeReruns | None = None,
    index: Path | None = None,
) -> CacheDocument:
    """What `builder` does in the last of these builds, after the others filled an empty cache.

    Args:
        requests: The builds in order; at least one.
        builder: `buildkit`, `classic` or `buildah`.
        version: Whose rules; None is the default one.
        bases: `NAME=IMAGE` texts: images on disk that stand for names in the Dockerfiles.
        assume_reruns: What a stage that runs again leaves; None: not known.
        index: Where the context's checksums are kept between runs; None keeps none.

    Raises: `UsageError`, and the `InputError` of a file that cannot be read.
    """
    builds, contexts = builds_of(requests, builder=builder, bases=bases, index=index)
    document = predicted(builds, builder, version, assume_reruns)
    return with_notes(without_hidden(document, builds), contexts.keep())


def builds_of(
    requests: Sequence[BuildRequest], *, builder: str, bases: Sequence[str], index: Path | None
) -> tuple[list[Build], Contexts]:
    """The builds that the requests describe, and the folders opened for them, each once."""
    images = known_bases(bases)
    contexts = Contexts.empty(index, builder)
    last = requests[-1]
    builds = [
        build_of(request, contexts, images, place_of=None if request is last else last)
        for request in requests
    ]
    return builds, contexts


def known_bases(bases: Sequence[str]) -> dict[str, NamedImage]:
    """The images that `NAME=IMAGE` texts stand for; see `base_images.base_images`."""
    if not bases:
        return {}
    from layerscope.journeys.base_images import base_images  # noqa: PLC0415 - reads images

    return base_images(bases)


def with_notes(document: Noted, notes: Sequence[str]) -> Noted:
    """The same document with further notes."""
    return msgspec.structs.replace(document, notes=[*document.notes, *notes])


def predicted(
    builds: Sequence[Build],
    builder: str,
    version: str | None,
    assume_reruns: AssumeReruns | None,
) -> CacheDocument:
    """The document of what `builder` does in the last of these builds."""
    prediction = simulate(builds, builder=builder, version=version, assume_reruns=assume_reruns)
    return cache_document(
        prediction,
        builder=builder,
        version=chosen_version(builder, version),
        assume_reruns=assume_reruns,
        debug=_debug(prediction, builds[-1], builder),
        notes=notes_of(builds[-1], prediction),
    )


def _debug(prediction: Prediction, build: Build, builder: str) -> list[str]:
    if prediction.failed is None:
        return []
    from layerscope.cache.debugging import how_to_open  # noqa: PLC0415 - few builds fail

    return how_to_open(prediction, build, builder)


def notes_of(build: Build, prediction: Prediction) -> list[str]:
    """What is taken as unchanged because nobody said what it is."""
    stages = {step.facts.stage_index for step in prediction.steps}
    names = [
        shown(name, NAME_CHARACTERS)
        for name in base_names(build, stages)
        if build.image(name) is None
    ]
    if not names:
        return []
    what = "images that were" if len(names) > 1 else "an image that was"
    taken = "a name is taken as one and the same image in all builds, with an empty config"
    return [f"{what} not given with --base ({taken}): {', '.join(names)}"]
