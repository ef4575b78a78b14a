"""What differs between the BuildKit versions that are simulated."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Add, Copy, Healthcheck, Run, Transfer
from layerscope.errors import DockerfileError, UsageError, shown

if TYPE_CHECKING:
    from layerscope.dockerfile.instructions import Dockerfile, Instruction

RUN_FLAGS_2010 = frozenset({"mount"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """One version's rules.

    Attributes:
        frontend: Does the Dockerfile frontend know today's language and options?
        solver: Is the solver today's? The old one passes no keys on from a step that ran, keeps the
            id and sharing of a cache mount in the key, names wildcard matches by their last
            component and has no merge of trees.
        owners: Are owner and group part of a content checksum?
    """

    frontend: bool
    solver: bool
    owners: bool


MODERN = Dialect(frontend=True, solver=True, owners=True)
DOCKER_2010 = Dialect(frontend=False, solver=False, owners=False)
VERSIONS = {"0.32.2": MODERN, "20.10.24": DOCKER_2010}


def dialect(version: str) -> Dialect:
    """The rules of a version. Raises: `UsageError`."""
    try:
        return VERSIONS[version]
    except KeyError:
        problem = f"buildkit {shown(version)} was not measured"
        raise UsageError(problem, hint=f"choose one of {', '.join(VERSIONS)}") from None


def with_frontend_image(rules: Dialect) -> Dialect:
    """The rules where a `# syntax=` line brings another, newer frontend along."""
    return replace(rules, frontend=True)


def refuse_newer_language(dockerfile: Dockerfile) -> None:
    """Raise what docker 20.10's own frontend says of a language that it does not know yet.

    Raises: `DockerfileError`.
    """
    for stage in dockerfile.stages:
        for command in stage.commands:
            problem = _newer(command)
            if problem:
                location = command.location
                error = DockerfileError(f"{problem}; docker 20.10 does not know it")
                raise error.at(location.first_line, location.last_line)


def _newer(command: Instruction) -> str:
    if command.node.heredocs:
        return "a here-document"
    if isinstance(command, Run):
        unknown = [flag for flag in command.flags_used if flag not in RUN_FLAGS_2010]
    elif isinstance(command, Transfer):
        unknown = _newer_transfer_flags(command)
    elif isinstance(command, Healthcheck):
        unknown = ["start-interval"] if command.health.start_interval_ns else []
    else:
        return ""
    return f"the flag --{unknown[0]}" if unknown else ""


def _newer_transfer_flags(command: Transfer) -> list[str]:
    unknown = []
    if command.link:
        unknown.append("link")
    if command.excludes:
        unknown.append("exclude")
    if isinstance(command, Copy) and command.parents:
        unknown.append("parents")
    if isinstance(command, Add):
        if command.checksum:
            unknown.append("checksum")
        if command.keep_git_dir is not None:
            unknown.append("keep-git-dir")
        if command.unpack is not None:
            unknown.append("unpack")
    return unknown
