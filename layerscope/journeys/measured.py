"""Measured cases as a user names them: simulated one by one, or scored."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.cache import cases
from layerscope.cache.score import score
from layerscope.cache.simulate import chosen_version
from layerscope.errors import (
    InputError,
    NoSuchEntryError,
    OverLimitError,
    UnreadableInputError,
    shown,
)
from layerscope.journeys.simulate import predicted
from layerscope.report.cache_document import score_document
from layerscope.report.fault_rows import fault_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.cases import Case
    from layerscope.cache.step import AssumeReruns
    from layerscope.report.cache_document import CacheDocument, ScoreDocument
    from layerscope.report.document import FaultRow

MOST_CASE_BYTES = 64 << 20


def simulate_case(
    path: str,
    *,
    builder: str = "buildkit",
    version: str | None = None,
    assume_reruns: AssumeReruns | None = None,
) -> CacheDocument:
    """What `builder` does in the last build of a measured case; its truth is not looked at.

    Raises: `UsageError`, `UnreadableInputError`, `OverLimitError`, `BadCaseError`.
    """
    return predicted(load_case(path).builds, builder, version, assume_reruns)


def load_case(path: str) -> Case:
    """The case in a file.

    Raises: `UnreadableInputError`, `OverLimitError`, `BadCaseError`, all with the path.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_CASE_BYTES + 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    if len(data) > MOST_CASE_BYTES:
        problem = f"a case of more than {MOST_CASE_BYTES} bytes"
        raise OverLimitError(problem, shown(path))
    try:
        return cases.load(data)
    except InputError as error:
        raise error.within(shown(path)) from error


def score_cases(
    paths: Sequence[str], *, builder: str = "buildkit", version: str | None = None
) -> ScoreDocument:
    """How well `builder` is predicted on the cases in these files and folders.

    A case that cannot be read, a path that is not there and a folder without a case are faults of
    the document; the others are judged.

    Raises: `UsageError`.
    """
    chosen = chosen_version(builder, version)
    loaded: list[Case] = []
    faults: list[FaultRow] = []
    for path in case_files(paths, faults):
        try:
            loaded.append(load_case(path))
        except InputError as error:
            faults.append(fault_row(error, path))
    result = score(loaded, builder, chosen)
    if not (result.judged or result.skipped or faults):
        problem = f"expected cases that were measured on {builder} {chosen}, found none"
        faults.append(fault_row(NoSuchEntryError(problem), paths[0]))
    return score_document(result, builder=builder, version=chosen, faults=faults)


def case_files(paths: Sequence[str], faults: list[FaultRow]) -> list[str]:
    """The case files that are meant: files as they are, of folders every `*.json` below, sorted.

    Args:
        paths: Files and folders.
        faults: Takes a row for a path that is not there, and for a folder without a case.
    """
    found: list[str] = []
    for path in paths:
        if not os.path.isdir(path):
            found.append(path)
            continue
        inside = sorted(
            os.path.join(folder, name)
            for folder, _, names in os.walk(path)
            for name in names
            if name.endswith(".json")
        )
        if not inside:
            error = UnreadableInputError("no *.json file in this folder", shown(path))
            faults.append(fault_row(error, path))
        found.extend(inside)
    return found
