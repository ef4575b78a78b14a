"""What surprises people about ENTRYPOINT, CMD and the rest of a config, each in one sentence.

Facts, no verdicts: whether one of them matters, a policy says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis.command import SHELL_NAMES
from layerscope.analysis.records import instruction_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.analysis.command import Command
    from layerscope.analysis.healthcheck import Healthcheck
    from layerscope.oci.config import ImageConfig

# `exec` as a word on its own: the shell then gives its place, and so the signals, to the program.
_EXEC = re.compile(r"(?<![^\s;&|({])exec\s")
_ARGUMENTS = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")
_VARIABLE = re.compile(r"\$(?:[A-Za-z_]|\{[A-Za-z_])")
_BROKEN_JSON = re.compile(r"\[\s{0,20}['\"\u201c\u2018]")
_BLANK = re.compile(r"\s")
# Texts are looked at up to here: no command of a person is longer.
_LOOKED_AT = 100_000


@dataclass(frozen=True, slots=True)
class Trap:
    """Something that surprises people.

    Attributes:
        code: Its name in documents, such as `shell-entrypoint-ignores-cmd`.
        text: A plain sentence. It quotes nothing untrusted.
    """

    code: str
    text: str


TRAPS = {
    "no-command": "Neither ENTRYPOINT nor CMD is set: without arguments nothing can start.",
    "exec-form-misspelt": (
        "The line begins like a JSON list and was none, so that a shell reads the brackets as "
        "part of a command's name; a list needs double quotes."
    ),
    "one-word-with-blanks": (
        "The program's name has blanks in it: the exec form has the whole command as one word, "
        "and a program of that whole name is looked for."
    ),
    "shell-entrypoint-ignores-cmd": (
        "ENTRYPOINT is in shell form: CMD and the arguments of docker run are not passed on to "
        "its command."
    ),
    "shell-entrypoint-takes-arguments": (
        "ENTRYPOINT is a shell line that uses its arguments; the first word of CMD is $0 there, "
        "which $@ leaves out."
    ),
    "shell-entrypoint-no-signals": (
        "Process 1 is the shell of ENTRYPOINT, which need not pass SIGTERM on: docker stop may "
        "wait its ten seconds and kill; a line that begins with exec would not."
    ),
    "shell-cmd-no-signals": (
        "Process 1 is the shell of CMD, which need not pass SIGTERM on: docker stop may wait its "
        "ten seconds and kill; the exec form, or exec before the command, would not."
    ),
    "shell-cmd-as-arguments": (
        "CMD is in shell form: ENTRYPOINT gets the shell, -c and the line as its arguments."
    ),
    "windows-arguments-appended": (
        "ENTRYPOINT is in shell form: on Windows the words of CMD or the arguments are put behind "
        "its line, where on Linux they would be ignored."
    ),
    "exec-form-no-variables": (
        "The exec form starts no shell, so that a variable in it stays as it is written."
    ),
    "entrypoint-reset-cmd": (
        "A CMD stands before the last ENTRYPOINT in the history and is gone: setting ENTRYPOINT "
        "clears the CMD that a base image brought."
    ),
    "cmd-overwritten": "The history sets CMD more than once; the last one counts.",
    "entrypoint-overwritten": "The history sets ENTRYPOINT more than once; the last one counts.",
    "relative-workdir": "WORKDIR is no absolute path; engines refuse it or take it from /.",
    "env-set-twice": "A variable is set twice in ENV; the last value counts.",
    "env-without-value": "A word of ENV has no sign '=' and sets nothing.",
    "healthcheck-unreadable": "HEALTHCHECK is nothing that an engine could run.",
    "healthcheck-disabled": "HEALTHCHECK NONE turns off the check of the base image.",
    "anonymous-volumes": (
        "VOLUME gives each container a volume of its own, which stays when the container goes; "
        "what later steps of a build write there may be lost."
    ),
    "onbuild-triggers": "ONBUILD triggers run in every image that is built on this one.",
    "runs-as-root": "USER is not set or is root: the command runs as root.",
}
"""Every code and its sentence, from the most to the least surprising."""


def traps_of(
    config: ImageConfig | None,
    entrypoint: Command,
    cmd: Command,
    healthcheck: Healthcheck | None,
    *,
    windows: bool,
    is_root: bool | None,
    unset: tuple[str, ...],
    twice: tuple[str, ...],
) -> tuple[Trap, ...]:
    """The traps of a config, in the order of `TRAPS`; none where there is no config.

    Args:
        config: For its history and other settings.
        entrypoint: As read from the config.
        cmd: Likewise.
        healthcheck: Likewise.
        windows: Whether the config is for Windows.
        is_root: Whether root runs it; None where nobody can tell.
        unset: Words of ENV without a sign.
        twice: Names that ENV sets twice.
    """
    if config is None:
        return ()
    codes = {
        *_of_commands(entrypoint, cmd, windows=windows),
        *_of_history(config, cmd),
        *_of_settings(config, windows=windows),
    }
    others = {
        "env-set-twice": bool(twice),
        "env-without-value": bool(unset),
        "healthcheck-unreadable": healthcheck is not None and healthcheck.form == "unknown",
        "healthcheck-disabled": healthcheck is not None and healthcheck.form == "disabled",
        "runs-as-root": is_root is True,
    }
    codes.update(code for code, holds in others.items() if holds)
    return tuple(Trap(code, text) for code, text in TRAPS.items() if code in codes)


def _of_commands(entrypoint: Command, cmd: Command, *, windows: bool) -> Iterator[str]:
    if not entrypoint.words and not cmd.words:
        yield "no-command"
    for command in (entrypoint, cmd):
        if command.form == "shell" and _BROKEN_JSON.match(command.line.lstrip()[:100]):
            yield "exec-form-misspelt"
    # Without ENTRYPOINT the first word of CMD is the program; behind one CMD is arguments.
    first = entrypoint if entrypoint.words else cmd
    if first.form == "exec":
        if not windows and _BLANK.search(first.program[:_LOOKED_AT]):
            yield "one-word-with-blanks"
        words = (*entrypoint.words, *cmd.words) if cmd.form != "shell" else entrypoint.words
        if not windows and _has_unread_variable(words):
            yield "exec-form-no-variables"
        if cmd.form == "shell" and entrypoint.words:
            yield "shell-cmd-as-arguments"
    if first.form == "shell":
        yield from _of_shell(first, entrypoint, windows=windows)


def _has_unread_variable(words: tuple[str, ...]) -> bool:
    """Whether a word names a variable and none of the words is a shell, which would read it."""
    return any(_VARIABLE.search(word[:_LOOKED_AT]) for word in words) and not any(
        word[-20:].rpartition("/")[2] in SHELL_NAMES for word in words
    )


def _of_shell(first: Command, entrypoint: Command, *, windows: bool) -> Iterator[str]:
    line = first.line[:_LOOKED_AT]
    is_entrypoint = first is entrypoint
    if windows:
        if is_entrypoint:
            yield "windows-arguments-appended"
        return
    if is_entrypoint:
        uses = _ARGUMENTS.search(line) is not None
        yield "shell-entrypoint-takes-arguments" if uses else "shell-entrypoint-ignores-cmd"
    if not _EXEC.search(line):
        yield "shell-entrypoint-no-signals" if is_entrypoint else "shell-cmd-no-signals"


def _of_history(config: ImageConfig, cmd: Command) -> Iterator[str]:
    instructions = [instruction_of(record) for record in config.history]
    if instructions.count("CMD") > 1:
        yield "cmd-overwritten"
    if instructions.count("ENTRYPOINT") > 1:
        yield "entrypoint-overwritten"
    set_by = [word for word in instructions if word in ("CMD", "ENTRYPOINT")]
    if not cmd.words and "CMD" in set_by and set_by[-1] == "ENTRYPOINT":
        yield "entrypoint-reset-cmd"


def _of_settings(config: ImageConfig, *, windows: bool) -> Iterator[str]:
    settings = config.config
    workdir = settings.get("WorkingDir")
    if not windows and isinstance(workdir, str) and workdir and not workdir.startswith("/"):
        yield "relative-workdir"
    if settings.get("Volumes"):
        yield "anonymous-volumes"
    if settings.get("OnBuild"):
        yield "onbuild-triggers"
