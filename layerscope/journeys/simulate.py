"""What the build cache will do: files and folders, or a measured case, in; a document out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

import msgspec

from layerscope.cache import cases
from layerscope.cache.base_names import base_names
from layerscope.cache.score import score
from layerscope.cache.simulate import chosen_version, simulate
from layerscope.errors import InputError, UnreadableInputError, shown
from layerscope.journeys.base_images import base_images
from layerscope.journeys.build_inputs import Contexts, build_of
from layerscope.report.cache_document import CacheDocument, cache_document, score_document
from layerscope.report.document import FaultRow
from layerscope.report.explain_document import ExplainDocument

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.build import Build
    from layerscope.cache.cases import Case
    from layerscope.cache.step import AssumeReruns, Prediction
    from layerscope.journeys.build_inputs import BuildRequest
    from layerscope.report.cache_document import ScoreDocument

MOST_CASE_BYTES = 64 << 20
Noted = TypeVar("Noted", CacheDocument, ExplainDocument)


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
    document = _document(builds, builder, version, assume_reruns)
    return with_notes(document, contexts.keep())


def builds_of(
    requests: Sequence[BuildRequest], *, builder: str, bases: Sequence[str], index: Path | None
) -> tuple[list[Build], Contexts]:
    """The builds that the requests describe, and the folders opened for them, each once."""
    images = base_images(bases)
    contexts = Contexts.empty(index, builder)
    last = requests[-1]
    builds = [
        build_of(request, contexts, images, place_of=None if request is last else last)
        for request in requests
    ]
    return builds, contexts


def with_notes(document: Noted, notes: Sequence[str]) -> Noted:
    """The same document with further notes."""
    return msgspec.structs.replace(document, notes=[*document.notes, *notes])


def simulate_case(
    path: str,
    *,
    builder: str = "buildkit",
    version: str | None = None,
    assume_reruns: AssumeReruns | None = None,
) -> CacheDocument:
    """What `builder` does in the last build of a measured case; its truth is not looked at.

    Raises: `UsageError`, `UnreadableInputError`, `BadCaseError`.
    """
    return _document(load_case(path).builds, builder, version, assume_reruns)


def _document(
    builds: Sequence[Build],
    builder: str,
    version: str | None,
    assume_reruns: AssumeReruns | None,
) -> CacheDocument:
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
    names = [shown(name) for name in base_names(build, stages) if build.image(name) is None]
    if not names:
        return []
    what = "images that were" if len(names) > 1 else "an image that was"
    taken = "taken as the same in all builds, with an empty config"
    return [f"{what} not given with --base: {taken}: {', '.join(names)}"]


def load_case(path: str) -> Case:
    """The case in a file. Raises: `UnreadableInputError`, `BadCaseError`, both with the path."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_CASE_BYTES)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    try:
        return cases.load(data)
    except InputError as error:
        raise error.within(shown(path)) from error


def score_cases(
    paths: Sequence[str], *, builder: str = "buildkit", version: str | None = None
) -> ScoreDocument:
    """How well `builder` is predicted on the cases in these files and folders.

    A case that cannot be read is a fault of the document; the others are judged.

    Raises: `UsageError`; `UnreadableInputError` for a path that is not there.
    """
    chosen = chosen_version(builder, version)
    loaded: list[Case] = []
    faults: list[FaultRow] = []
    for path in case_files(paths):
        try:
            loaded.append(load_case(path))
        except InputError as error:
            faults.append(
                FaultRow(input=path, code=error.code, message=f"{error.problem}", hint=error.hint)
            )
    return score_document(
        score(loaded, builder, chosen), builder=builder, version=chosen, faults=faults
    )


def case_files(paths: Sequence[str]) -> list[str]:
    """The case files that are meant: files as they are, of folders every `*.json` below, sorted.

    Raises: `UnreadableInputError` for a path that is not there, and a folder without a case.
    """
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            if not os.path.exists(path):
                problem = "no such file or folder"
                raise UnreadableInputError(problem, shown(path))
            found.append(path)
            continue
        inside = sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if name.endswith(".json")
        )
        if not inside:
            problem = "no *.json file in this folder"
            raise UnreadableInputError(problem, shown(path))
        found.extend(inside)
    return found
