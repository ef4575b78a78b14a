"""Rules `several-commands` and `shell-entrypoint`: what of CMD and ENTRYPOINT takes effect."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.cache.lint.shell_commands import commands, is_posix_shell
from layerscope.dockerfile.instructions import Cmd, Entrypoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.reading import Reading, StageReading, Step
    from layerscope.dockerfile.instructions import CommandLine

SEVERAL = "several-commands"
SHELL = "shell-entrypoint"

_ARGUMENTS = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")
_SPECIAL = frozenset(";&|()<>*?")
_EXEC = re.compile(r"(?:\A|[;&|({]\s{0,20})exec\s")


def check_several(reading: Reading) -> Iterator[Finding]:
    """CMD and ENTRYPOINT that a later one of their stage replaces."""
    for stage in reading.stages:
        for kind in (Cmd, Entrypoint):
            found = [step for step in stage.steps if isinstance(step.instruction, kind)]
            for step in found[:-1]:
                name = step.instruction.keyword.upper()
                yield reading.finding(
                    SEVERAL,
                    "warning",
                    step,
                    f"this {name} has no effect: line {found[-1].line} replaces it",
                    f"keep the one {name} of line {found[-1].line}",
                    others=[found[-1]],
                )


def check_shell(reading: Reading) -> Iterator[Finding]:
    """An ENTRYPOINT in shell form: a CMD is not used, and process 1 is the shell."""
    for stage in reading.stages:
        step = _last(stage, Entrypoint)
        line = _shell_line(step)
        if step is None or line is None or not is_posix_shell(step.shell):
            continue
        cmd = _cmd_in_effect(reading, stage)
        ignores = cmd is not None and not _ARGUMENTS.search(line)
        if not ignores and _EXEC.search(line):
            continue
        severity: Severity = "warning" if ignores or not _is_one_command(line) else "info"
        message = (
            f"ENTRYPOINT is in shell form: the CMD of line {cmd.line} is not used"
            if ignores and cmd is not None
            else "ENTRYPOINT is in shell form: process 1 is the shell, which need not pass signals"
            " on, so that docker stop may wait and kill; arguments of docker run are not used"
        )
        yield reading.finding(
            SHELL,
            severity,
            step,
            message,
            _exec_form(line),
            others=[cmd] if ignores and cmd is not None else (),
        )


def _last(stage: StageReading, kind: type[CommandLine]) -> Step | None:
    found = [step for step in stage.steps if isinstance(step.instruction, kind)]
    return found[-1] if found else None


def _shell_line(step: Step | None) -> str | None:
    instruction = step.instruction if step else None
    if not isinstance(instruction, Entrypoint) or not instruction.prepend_shell:
        return None
    return instruction.words[0].strip() if instruction.words else None


def _cmd_in_effect(reading: Reading, stage: StageReading) -> Step | None:
    """The CMD of the stage; one of a stage below is dropped where ENTRYPOINT is set."""
    found = _last(stage, Cmd)
    if found is not None:
        return found
    # A stage on top of this one may set it.
    for other in reading.stages:
        if other.parent == stage.index and _last(other, Entrypoint) is None:
            found = found or _last(other, Cmd)
    return found


def _is_one_command(line: str) -> bool:
    """Is it one simple command, whose place bash and newer dash leave to it?"""
    read = commands(line)
    return read is not None and len(read) == 1 and not _SPECIAL.intersection(line)


def _exec_form(line: str) -> str:
    read = commands(line) or []
    plain = len(read) == 1 and not read[0].assignments and not _SPECIAL.intersection(line)
    if plain and all(word.literal for word in read[0].words):
        words = ", ".join(_json(word.text) for word in read[0].words)
        return f"ENTRYPOINT [{words}]"
    return 'ENTRYPOINT ["…"], or a script that ends with: exec "$@"'


def _json(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
