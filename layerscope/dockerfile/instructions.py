"""Typed instructions: what each line of a Dockerfile says, before variables are expanded.

Source: BuildKit, `frontend/dockerfile/instructions`; its field names, in this project's spelling.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.dockerfile.location import Location
    from layerscope.dockerfile.node import Node


@dataclass(frozen=True, slots=True)
class Instruction:
    """What all instructions have.

    Attributes:
        keyword: In lower case: `run`, `copy`, …
        location: Its lines.
        code: The text with its continuation lines joined.
        node: What the parser gave, for those who need its spelling.
    """

    keyword: str
    location: Location
    code: str
    node: Node


@dataclass(frozen=True, slots=True)
class KeyValue:
    """One pair of `ENV` or `LABEL`; `no_delimiter` marks the old form without `=`."""

    key: str
    value: str
    no_delimiter: bool = False


@dataclass(frozen=True, slots=True)
class Env(Instruction):
    """`ENV`."""

    pairs: tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class Label(Instruction):
    """`LABEL`."""

    pairs: tuple[KeyValue, ...]


@dataclass(frozen=True, slots=True)
class SourceContent:
    """A here-document used as a source of `COPY` or `ADD`: the file `path` with this content.

    `content` has its leading tabs taken off where `<<-` asked for it; variables in it are expanded
    where `expand` is true.
    """

    path: str
    content: str
    expand: bool


@dataclass(frozen=True, slots=True)
class Transfer(Instruction):
    """What `COPY` and `ADD` have in common.

    Attributes:
        sources: Paths as written, without here-documents.
        contents: Sources that are here-documents.
        destination: As written.
        chown: Value of `--chown`, empty if absent.
        chmod: Value of `--chmod`, empty if absent.
        link: Was `--link` given (and not `--link=false`)?
        excludes: Values of `--exclude`, which are not expanded.
    """

    sources: tuple[str, ...]
    contents: tuple[SourceContent, ...]
    destination: str
    chown: str
    chmod: str
    link: bool
    excludes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Copy(Transfer):
    """`COPY`; `from_name` is the value of `--from`, empty if absent."""

    from_name: str
    parents: bool


@dataclass(frozen=True, slots=True)
class Add(Transfer):
    """`ADD`; `keep_git_dir` and `unpack` are None where the flag is absent."""

    keep_git_dir: bool | None
    checksum: str
    unpack: bool | None


@dataclass(frozen=True, slots=True)
class Workdir(Instruction):
    """`WORKDIR`."""

    path: str


@dataclass(frozen=True, slots=True)
class ShellFile:
    """A here-document of `RUN` (or `CMD`, `ENTRYPOINT`): its name, body and `<<-` flag."""

    name: str
    content: str
    chomp: bool


@dataclass(frozen=True, slots=True)
class CommandLine(Instruction):
    """What `RUN`, `CMD` and `ENTRYPOINT` have in common.

    Attributes:
        words: The array of the JSON form, or one text in shell form.
        files: Here-documents.
        prepend_shell: Is this the shell form?
    """

    words: tuple[str, ...]
    files: tuple[ShellFile, ...]
    prepend_shell: bool


@dataclass(frozen=True, slots=True)
class Run(CommandLine):
    """`RUN`; flags that take values are raw text in order, since they are judged once expanded.

    Attributes:
        flags_used: Names of the flags given, without `--`, sorted, each once.
        mounts: Values of `--mount`, as written; `mounts.parse_mount` reads one of those that
            `expand.expand` gives.
        network: `default`, `none` or `host`.
        security: `sandbox` or `insecure`.
        devices: Values of `--device`, which are not expanded; `devices.parse_device` reads one.
    """

    flags_used: tuple[str, ...]
    mounts: tuple[str, ...]
    network: str
    security: str
    devices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Cmd(CommandLine):
    """`CMD`."""


@dataclass(frozen=True, slots=True)
class Entrypoint(CommandLine):
    """`ENTRYPOINT`."""


@dataclass(frozen=True, slots=True)
class Health:
    """The check of a `HEALTHCHECK`: `test` starts with NONE, CMD or CMD-SHELL; times are ns."""

    test: tuple[str, ...]
    interval_ns: int = 0
    timeout_ns: int = 0
    start_period_ns: int = 0
    start_interval_ns: int = 0
    retries: int = 0


@dataclass(frozen=True, slots=True)
class Healthcheck(Instruction):
    """`HEALTHCHECK`."""

    health: Health


@dataclass(frozen=True, slots=True)
class Expose(Instruction):
    """`EXPOSE`; the words, sorted as BuildKit sorts them."""

    ports: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User(Instruction):
    """`USER`."""

    user: str


@dataclass(frozen=True, slots=True)
class Volume(Instruction):
    """`VOLUME`."""

    volumes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stopsignal(Instruction):
    """`STOPSIGNAL`."""

    signal: str


@dataclass(frozen=True, slots=True)
class BuildArgument:
    """One name of an `ARG`; `value` is None where it has no default."""

    key: str
    value: str | None
    doc_comment: str = ""


@dataclass(frozen=True, slots=True)
class Arg(Instruction):
    """`ARG`."""

    arguments: tuple[BuildArgument, ...]


@dataclass(frozen=True, slots=True)
class Shell(Instruction):
    """`SHELL`."""

    shell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Onbuild(Instruction):
    """`ONBUILD`; `expression` is the trigger's text, as an image's config stores it."""

    expression: str


@dataclass(frozen=True, slots=True)
class Maintainer(Instruction):
    """`MAINTAINER`."""

    maintainer: str


@dataclass(frozen=True, slots=True)
class Stage:
    """One `FROM` and what follows it.

    Attributes:
        name: As written behind `AS`, in lower case as BuildKit keeps it; empty if unnamed.
        base_name: As written; variables are not yet expanded.
        platform: Value of `--platform`, as written.
        doc_comment: The comment right above that starts with the stage's name.
        code: The `FROM` line.
        location: The lines of the `FROM` alone.
        commands: Its instructions, in order.
        node: The `FROM` as the parser gave it.
    """

    name: str
    base_name: str
    platform: str
    doc_comment: str
    code: str
    location: Location
    commands: tuple[Instruction, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class Finding:
    """What the parser or the typed parser warns of: a rule's name (or empty), text, lines."""

    rule: str
    message: str
    location: Location


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """A whole file: `ARG`s above the first `FROM`, then stages.

    Attributes:
        meta_args: The `ARG` instructions before the first `FROM`.
        stages: In file order.
        escape: The escape character in force.
        warnings: What was found on the way.
    """

    meta_args: tuple[Arg, ...]
    stages: tuple[Stage, ...]
    escape: str
    warnings: tuple[Finding, ...]
