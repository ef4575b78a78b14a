"""What the steps without files do to a stage's settings, and the text that is compared of them.

Source: docker 20.10, `builder/dockerfile/dispatchers.go`.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import (
    Arg,
    Cmd,
    Entrypoint,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from layerscope.cache.builders.classic.arguments import Arguments
    from layerscope.cache.builders.classic.settings import Settings
    from layerscope.dockerfile.instructions import CommandLine, Instruction


def apply(instruction: Instruction, settings: Settings, arguments: Arguments) -> str:
    """The text that is compared, after the instruction changed `settings` or `arguments`.

    `instruction` has its variables expanded. Raises: `DockerfileError` for what is refused.
    """
    if isinstance(instruction, Env):
        # A variable that is set again keeps its place.
        settings.env.update((pair.key, pair.value) for pair in instruction.pairs)
        return " ".join(("ENV", *(f"{pair.key}={pair.value}" for pair in instruction.pairs)))
    if isinstance(instruction, Label):
        settings.labels.update((pair.key, pair.value) for pair in instruction.pairs)
        return " ".join(("LABEL", *(f"{pair.key}={pair.value}" for pair in instruction.pairs)))
    if isinstance(instruction, Arg):
        return _arg(instruction, arguments)
    if isinstance(instruction, Workdir):
        return f"WORKDIR {_workdir(instruction, settings)}"
    if isinstance(instruction, Cmd | Entrypoint):
        return _command(instruction, settings)
    return _setting(instruction, settings)


def _setting(instruction: Instruction, settings: Settings) -> str:
    text = instruction.code
    if isinstance(instruction, User):
        settings.user = instruction.user
        text = f"USER {instruction.user}"
    elif isinstance(instruction, Expose):
        settings.ports.update(port if "/" in port else f"{port}/tcp" for port in instruction.ports)
        text = " ".join(("EXPOSE", *instruction.ports))
    elif isinstance(instruction, Volume):
        if "" in instruction.volumes:
            problem = "VOLUME specified can not be an empty string"
            raise DockerfileError(problem)
        settings.volumes.update(instruction.volumes)
        text = f"VOLUME [{' '.join(instruction.volumes)}]"
    elif isinstance(instruction, Shell):
        settings.shell = instruction.shell
        text = f"SHELL [{' '.join(instruction.shell)}]"
    elif isinstance(instruction, Onbuild):
        settings.triggers = (*settings.triggers, instruction.expression)
        text = f"ONBUILD {instruction.expression}"
    elif isinstance(instruction, Stopsignal):
        text = f"STOPSIGNAL {instruction.signal}"
    elif isinstance(instruction, Maintainer):
        text = f"MAINTAINER {instruction.maintainer}"
    elif isinstance(instruction, Healthcheck):
        text = f"HEALTHCHECK {instruction.health}"
    return text


def _arg(instruction: Arg, arguments: Arguments) -> str:
    texts = []
    for argument in instruction.arguments:
        arguments.declare(argument.key, argument.value)
        texts.append(argument.key if argument.value is None else f"{argument.key}={argument.value}")
    return f"ARG {' '.join(texts)}"


def _workdir(instruction: Workdir, settings: Settings) -> str:
    path = instruction.path
    if not path:
        problem = "cannot normalize nothing"
        raise DockerfileError(problem)
    if not path.startswith("/"):
        path = posixpath.normpath(f"/{settings.working_dir}/{path}")
        path = "/" + path.lstrip("/")
    settings.working_dir = path
    return path


def command_line(instruction: CommandLine, settings: Settings) -> tuple[str, ...]:
    """The words of a command, behind the shell in the shell form."""
    if instruction.prepend_shell:
        return (*settings.shell_words(), *instruction.words)
    return instruction.words


def _command(instruction: Cmd | Entrypoint, settings: Settings) -> str:
    empty = isinstance(instruction, Entrypoint) and not instruction.words
    line = () if empty else command_line(instruction, settings)
    if isinstance(instruction, Entrypoint):
        settings.entrypoint = None if empty else line
    return f"{instruction.keyword.upper()} {list(line)!r}"
