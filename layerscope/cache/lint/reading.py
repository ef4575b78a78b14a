"""A Dockerfile as the rules look at it: stages that know their bases, steps that know their state.

Variables that have no known value make a path or a name unknown, and rules then say nothing.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from layerscope.cache.lint.finding import Finding
from layerscope.cache.lint.lineage import copied_whole, lineage_of, target_of
from layerscope.cache.lint.shell_commands import commands_of_run, is_posix_shell
from layerscope.dockerfile.instructions import Arg, Env, Run, Shell, User, Workdir
from layerscope.dockerfile.mounts import Mount, expand_mount, parse_mount
from layerscope.dockerfile.words import Environment, expand, expand_noting
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from layerscope.cache.filetree import FileTree
    from layerscope.cache.lint.finding import Severity
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word
    from layerscope.dockerfile.instructions import Dockerfile, Instruction, Stage

BaseKind = Literal["scratch", "stage", "image", "unknown"]

# More variables than a person writes: those behind them are unknown.
MOST_VARIABLES = 300
_SHELL = ("/bin/sh", "-c")
_WINDOWS_SHELL = ("cmd", "/S", "/C")
_WINDOWS = ("windows", "nanoserver", "servercore")
# What BuildKit sets by itself, for the usual platform.
_PLATFORM = {
    "BUILDPLATFORM": "linux/amd64",
    "BUILDOS": "linux",
    "BUILDARCH": "amd64",
    "BUILDVARIANT": "",
    "TARGETPLATFORM": "linux/amd64",
    "TARGETOS": "linux",
    "TARGETARCH": "amd64",
    "TARGETVARIANT": "",
}
_HOME = "/root"
_TO_EXPAND = frozenset("$\\'\"`")
UNKNOWN_FOLDER = "/\0"
"""Stands for the folder that a base image sets: paths below it are equal to one another only."""


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction and what holds where it stands.

    Attributes:
        instruction: As typed.
        stage: Index of its stage.
        workdir: The folder it works in; None where that is not known.
        env: Variables with known values.
        shell: The SHELL in force.
        commands: Of a RUN; None where they cannot be read, empty for other instructions.
        mounts: Of a RUN.
    """

    instruction: Instruction
    stage: int
    workdir: str | None
    env: Environment
    shell: tuple[str, ...] = _SHELL
    commands: list[Command] | None = field(default_factory=list)
    mounts: tuple[Mount, ...] = ()

    @property
    def line(self) -> int:
        """Where it starts."""
        return self.instruction.location.first_line

    def value(self, text: str) -> str | None:
        """A text with its variables put in; None if one of them has no known value."""
        if "$" not in text and "`" not in text:
            return text
        if "$(" in text or "`" in text:
            return None
        try:
            expansion = expand_noting(text, self.env, skip_process_quotes=True)
        except DockerfileError:
            # The shell knows forms that Dockerfiles do not: its value is not known here.
            return None
        return None if expansion.unmatched else expansion.text

    def path(self, word: Word | str, folder: str | None = None) -> str | None:
        """The absolute path that a word names, patterns kept; None if it is not known.

        Args:
            word: Of a command, or of a COPY or ADD.
            folder: What it is relative to; None is the step's own folder.
        """
        text = word if isinstance(word, str) else word.text
        literal = not isinstance(word, str) and word.literal
        known = text if literal else self.value(text)
        if not known:
            return None
        if known == "~" or known.startswith("~/"):
            known = self.env.values.get("HOME", _HOME) + known[1:]
        if not known.startswith("/"):
            base = folder if folder is not None else self.workdir
            if base is None:
                return None
            known = f"{base}/{known}"
        slash = "/" if known.endswith("/") and known.strip("/") else ""
        return "/" + posixpath.normpath(known).lstrip("/") + slash


@dataclass(frozen=True, slots=True)
class StageReading:
    """One stage.

    Attributes:
        stage: As typed.
        index: Its place in the file.
        label: Its name, or `stage-K`.
        kind: What it is built from; `unknown` where a variable in it has no value.
        base: The base's name with variables put in; empty if not known.
        parent: Index of the stage that it is built from.
        steps: In order.
    """

    stage: Stage
    index: int
    label: str
    kind: BaseKind
    base: str
    parent: int | None
    steps: tuple[Step, ...]

    @property
    def runs(self) -> Iterator[Step]:
        """The steps that are RUN."""
        return (step for step in self.steps if isinstance(step.instruction, Run))


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole file.

    Attributes:
        dockerfile: As typed.
        stages: In file order.
        lineage: Indexes of the stages whose layers the image has, from the base up.
        copied_whole: Indexes of stages whose files it has because all were copied.
        context: The build context, where it is known.
        has_ignore_file: Is there an ignore file? None if that is not known.
    """

    dockerfile: Dockerfile
    stages: tuple[StageReading, ...]
    lineage: tuple[int, ...]
    copied_whole: frozenset[int]
    context: FileTree | None
    has_ignore_file: bool | None

    @property
    def image_steps(self) -> list[Step]:
        """The steps whose layers the image has, in the order of its layers."""
        return [step for index in self.lineage for step in self.stages[index].steps]

    def finding(
        self,
        rule: str,
        severity: Severity,
        step: Step,
        message: str,
        remedy: str,
        *,
        others: Iterable[Step] = (),
        subject: str = "",
    ) -> Finding:
        """A finding about `step`; `others` are steps that it is about as well."""
        location = step.instruction.location
        return Finding(
            rule,
            severity,
            location.first_line,
            location.last_line,
            self.stages[step.stage].label,
            message,
            remedy,
            tuple(sorted({other.line for other in others})),
            subject,
        )


@dataclass(slots=True)
class _State:
    """What a stage leaves to those that are built from it."""

    workdir: str | None
    env: dict[str, str]
    shell: tuple[str, ...]
    snapshot: Environment | None = None

    def environment(self) -> Environment:
        if self.snapshot is None:
            self.snapshot = Environment(dict(self.env))
        return self.snapshot

    def set(self, name: str, value: str | None) -> None:
        self.snapshot = None
        if value is None or (name not in self.env and len(self.env) >= MOST_VARIABLES):
            self.env.pop(name, None)
        else:
            self.env[name] = value


def read_all(
    dockerfile: Dockerfile,
    *,
    context: FileTree | None = None,
    has_ignore_file: bool | None = None,
    target: str | None = None,
) -> Reading:
    """The file as rules look at it; `target` names the stage that is built, None is the last."""
    meta = _meta_arguments(dockerfile)
    names: dict[str, int] = {}
    stages: list[StageReading] = []
    states: list[_State] = []
    for index, stage in enumerate(dockerfile.stages):
        base = _base(stage.base_name, meta)
        parent = names.get(base.lower()) if base else None
        kind: BaseKind = (
            "unknown"
            if not base
            else "stage"
            if parent is not None
            else "scratch"
            if base == "scratch"
            else "image"
        )
        above = None if parent is None else states[parent]
        state = _first_state(dockerfile, stage, base or "", above)
        steps = tuple(_steps(stage, index, state, meta))
        label = stage.name or f"stage-{index}"
        stages.append(StageReading(stage, index, label, kind, base or "", parent, steps))
        states.append(state)
        if stage.name:
            names[stage.name.lower()] = index
    lineage = lineage_of(stages, target_of(stages, names, target))
    return Reading(
        dockerfile,
        tuple(stages),
        lineage,
        copied_whole(stages, names, lineage),
        context,
        has_ignore_file,
    )


def _meta_arguments(dockerfile: Dockerfile) -> dict[str, str]:
    values = dict(_PLATFORM)
    for instruction in dockerfile.meta_args:
        for argument in instruction.arguments:
            value = None if argument.value is None else _value(argument.value, values)
            if value is not None and len(values) < MOST_VARIABLES:
                values[argument.key] = value
    return values


def _value(text: str, values: Mapping[str, str]) -> str | None:
    """The text with variables put in; None if one of them is not set."""
    if not _TO_EXPAND.intersection(text):
        return text
    try:
        expansion = expand_noting(text, Environment(dict(values)))
    except DockerfileError:
        # BuildKit refuses the line, and `dockerfile parse` says so; here it is only unknown.
        return None
    return None if expansion.unmatched else expansion.text


def _base(name: str, meta: Mapping[str, str]) -> str | None:
    """The name of a base; None if a variable in it has no value.

    All variables of a FROM stand above the first one, so what has none takes its `${NAME:-…}`.
    """
    try:
        expansion = expand_noting(name, Environment(dict(meta)))
    except DockerfileError:
        # As above: only unknown.
        return None
    plain = any(f"${each}" in name or f"${{{each}}}" in name for each in expansion.unmatched)
    return None if plain else expansion.text


def _first_state(dockerfile: Dockerfile, stage: Stage, base: str, parent: _State | None) -> _State:
    if parent is not None:
        return _State(parent.workdir, dict(parent.env), parent.shell)
    text = f"{base} {stage.platform}".lower()
    windows = dockerfile.escape == "`" or any(name in text for name in _WINDOWS)
    workdir = "/" if base == "scratch" else UNKNOWN_FOLDER
    return _State(workdir, {}, _WINDOWS_SHELL if windows else _SHELL)


def _steps(stage: Stage, index: int, state: _State, meta: Mapping[str, str]) -> Iterator[Step]:
    for instruction in stage.commands:
        step = Step(instruction, index, state.workdir, state.environment(), state.shell)
        if isinstance(instruction, Run):
            yield Step(
                instruction,
                index,
                state.workdir,
                step.env,
                state.shell,
                _commands(instruction, state.shell),
                _mounts(instruction, step.env),
            )
        else:
            yield step
        _advance(instruction, step, state, meta)


def _commands(run: Run, shell: tuple[str, ...]) -> list[Command] | None:
    if not is_posix_shell(shell) and shell == _WINDOWS_SHELL:
        return None
    return commands_of_run(run, shell)


def _mounts(run: Run, env: Environment) -> tuple[Mount, ...]:
    found = []
    for text in run.mounts:
        try:
            found.append(parse_mount(expand_mount(text, lambda word: expand(word, env))))
        except DockerfileError:
            # BuildKit refuses such a mount when it builds; it covers nothing here.
            continue
    return tuple(found)


def _advance(instruction: Instruction, step: Step, state: _State, meta: Mapping[str, str]) -> None:
    """What holds below this instruction."""
    if isinstance(instruction, Workdir):
        state.workdir = step.path(instruction.path)
    elif isinstance(instruction, Shell):
        state.shell = instruction.shell
    elif isinstance(instruction, Env):
        for pair in instruction.pairs:
            state.set(pair.key, _value(pair.value, step.env.values))
    elif isinstance(instruction, Arg):
        for argument in instruction.arguments:
            default = argument.value
            if default is None:
                state.set(argument.key, meta.get(argument.key))
            else:
                state.set(argument.key, _value(default, state.env))
    elif isinstance(instruction, User):
        user = instruction.user.partition(":")[0]
        if user not in ("root", "0"):
            # Where the home of another user is, only the image knows.
            state.set("HOME", f"/home/{user}" if user.isidentifier() else None)
