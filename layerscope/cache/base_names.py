"""The images that a Dockerfile takes from outside: what `FROM`, `--from` and `from=` name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.predefined import platform_arguments
from layerscope.dockerfile import stages
from layerscope.dockerfile.instructions import Copy, Run
from layerscope.dockerfile.mounts import parse_mount
from layerscope.dockerfile.words import expand
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from layerscope.cache.build import Build
    from layerscope.dockerfile.instructions import Dockerfile, Stage

SCRATCH = "scratch"


def base_names(build: Build, wanted: Collection[int] | None = None) -> list[str]:
    """The images that the build takes from outside, in the order of the file, each once.

    Args:
        build: The build.
        wanted: Only those of these stages, counted from 0; None means all.

    Named contexts, stages and `scratch` are none. Nothing comes back for a file that does not
    parse: the prediction says what is wrong with it.
    """
    try:
        dockerfile = stages.read(build.dockerfile)
    except DockerfileError:
        return []
    target = build.platforms[0] if build.platforms else build.build_platform
    platforms = platform_arguments(target, build.build_platform)
    env = [f"{name}={value}" for name, value in platforms.items()]
    _add_global_arguments(env, dockerfile, build)
    known = {SCRATCH, *(name.lower() for name in build.named_contexts)}
    found: dict[str, None] = {}
    for number, stage in enumerate(dockerfile.stages):
        used = wanted is None or number in wanted
        for name in _names(stage, env, dockerfile.escape) if used else ():
            if name and name.lower() not in known and not name.isdigit():
                found.setdefault(name)
        known |= {stage.name.lower(), str(number)}
    return list(found)


def _add_global_arguments(env: list[str], dockerfile: Dockerfile, build: Build) -> None:
    """Add `NAME=value` of each `ARG` above the first `FROM`; a default may use all before it."""
    for instruction in dockerfile.meta_args:
        for argument in instruction.arguments:
            value = build.build_args.get(argument.key)
            if value is None and argument.value is not None:
                value = _expanded(argument.value, env, dockerfile.escape)
            if value is not None:
                env.append(f"{argument.key}={value}")


def _names(stage: Stage, env: list[str], escape: str) -> Iterator[str]:
    yield _expanded(stage.base_name, env, escape)
    for command in stage.commands:
        if isinstance(command, Copy):
            yield command.from_name
        elif isinstance(command, Run):
            for text in command.mounts:
                try:
                    yield parse_mount(text).from_name
                except DockerfileError:
                    # The prediction says what is wrong with this line.
                    continue


def _expanded(word: str, env: list[str], escape: str) -> str:
    try:
        return expand(word, env, escape=escape)
    except DockerfileError:
        return word
