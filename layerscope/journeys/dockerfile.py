"""One Dockerfile: its bytes, and what BuildKit makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile import stages
from layerscope.errors import (
    DockerfileError,
    InputError,
    OverLimitError,
    UnreadableInputError,
    shown,
)
from layerscope.report.dockerfile_parsed import dockerfile_document, unread_dockerfile

if TYPE_CHECKING:
    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.report.dockerfile_parsed import DockerfileDocument


MOST_DOCKERFILE_BYTES = 2 << 20


def read_dockerfile(path: str) -> bytes:
    """The bytes of a Dockerfile. Raises: `UnreadableInputError`, `OverLimitError`."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MOST_DOCKERFILE_BYTES + 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    if len(data) > MOST_DOCKERFILE_BYTES:
        problem = f"a Dockerfile over {MOST_DOCKERFILE_BYTES} bytes"
        raise OverLimitError(problem, shown(path))
    return data


def read_stages(path: str) -> Dockerfile:
    """What the Dockerfile at `path` says.

    Raises: `UnreadableInputError`, `OverLimitError`; `DockerfileError` with the path and the line.
    """
    return stages_of(read_dockerfile(path), path)


def stages_of(data: bytes, path: str) -> Dockerfile:
    """What bytes of a Dockerfile say. Raises: `DockerfileError` with the path and the line."""
    try:
        return stages.read(data)
    except DockerfileError as error:
        line = f"line {error.first_line}: " if error.first_line else ""
        told = DockerfileError(f"{line}{error.problem}", shown(path), error.hint)
        raise told.at(error.first_line, error.last_line) from error


def parse_file(path: str) -> tuple[DockerfileDocument, InputError | None]:
    """The `layerscope.dockerfile/1` document of the file, and the error if BuildKit refuses it.

    A file that cannot be read is a fault of the document.
    """
    try:
        data = read_dockerfile(path)
    except InputError as error:
        return unread_dockerfile(error), error
    document = dockerfile_document(data)
    try:
        stages_of(data, path)
    except DockerfileError as error:
        return document, error
    return document, None
