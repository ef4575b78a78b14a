"""What the Dockerfile parser of docker 20.10 refuses that today's BuildKit takes.

Source: docker 20.10's copy of `frontend/dockerfile/instructions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.old_directives import without_newer_directives
from layerscope.dockerfile.stages import read
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.dockerfile.node import Node

DIRECTIVES = (b"escape", b"syntax")
FLAGS = {
    "add": frozenset({"chmod", "chown"}),
    "copy": frozenset({"chmod", "chown", "from"}),
    "from": frozenset({"platform"}),
    "healthcheck": frozenset({"interval", "retries", "start-period", "timeout"}),
    "run": frozenset({"mount"}),
}


def read_old(data: bytes) -> Dockerfile:
    """The Dockerfile, if the old parser takes it. Raises: `DockerfileError`."""
    dockerfile = read(without_newer_directives(data, DIRECTIVES))
    for node in _nodes(dockerfile):
        check(node)
    if not dockerfile.stages:
        problem = "the Dockerfile has no FROM"
        raise DockerfileError(problem)
    return dockerfile


def check(node: Node) -> None:
    """Refuse what the old parser does not know. Raises: `DockerfileError`."""
    first, last = node.location.first_line, node.location.last_line
    known = FLAGS.get(node.keyword.lower(), frozenset())
    for flag in node.flags:
        name = flag.removeprefix("--").partition("=")[0]
        if name not in known:
            problem = f"unknown flag: {shown(name)}"
            raise DockerfileError(problem).at(first, last)
    if node.heredocs:
        problem = "here-documents need BuildKit; their lines are read as instructions here"
        raise DockerfileError(problem).at(first, last)


def _nodes(dockerfile: Dockerfile) -> Iterator[Node]:
    for argument in dockerfile.meta_args:
        yield argument.node
    for stage in dockerfile.stages:
        yield stage.node
        for command in stage.commands:
            yield command.node
