"""An instruction with its variables expanded, word by word as BuildKit does it.

Source: the `Expand` and `ExpandRaw` methods of BuildKit's `frontend/dockerfile/instructions`, and
`dispatch` in `dockerfile2llb`, which calls them with the stage's environment before the step.

Not expanded, since BuildKit does not: the values of `--exclude`, `--device`, `--network`,
`--security` and `--from` (which must not have a variable at all), commands, `SHELL`,
`HEALTHCHECK`, `ONBUILD`, `MAINTAINER`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar, cast

from layerscope.dockerfile import words
from layerscope.dockerfile.instructions import (
    Add,
    Arg,
    Env,
    Expose,
    Instruction,
    Label,
    Run,
    Stopsignal,
    Transfer,
    User,
    Volume,
    Workdir,
)
from layerscope.dockerfile.mounts import expand_mount
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_CHARACTERS = 1 << 24
"""What all words of one instruction may become together; BuildKit has no limit."""

Typed = TypeVar("Typed", bound=Instruction)


def expand(
    instruction: Typed, env: Sequence[str] | words.Environment, *, escape: str = "\\"
) -> Typed:
    """The instruction with every word expanded that BuildKit expands for its kind.

    - `COPY`, `ADD`: owner, mode, `ADD`'s checksum, sources, destination; then the bodies of
      here-documents whose name is not quoted, in which quotes are plain text and the escape
      character is always a backslash.
    - `RUN`: the values of each `--mount`, which are judged on the way; the texts in `mounts` then
      are ready for `mounts.parse_mount`.
    - `ENV`, `LABEL`: names and values, all with the variables from before the instruction.
    - `ARG`: names and values. (BuildKit's builder expands only the value, only where no build
      argument replaces it, and with the names to its left already set.)
    - `EXPOSE`: each word, which may become several or none.
    - `WORKDIR`, `USER`, `VOLUME`, `STOPSIGNAL`: their words.

    Args:
        instruction: As the typed parser gave it.
        env: `NAME=value`; the last one of a name counts.
        escape: The escape character of the Dockerfile.

    Raises:
        DockerfileError: A word that BuildKit refuses, a wrong mount, or more than
            `MOST_CHARACTERS`; the error has the lines.
    """
    return cast("Typed", _expanded(instruction, _Words(env, escape), everything=True))


def expand_fields(
    instruction: Typed, env: Sequence[str] | words.Environment, *, escape: str = "\\"
) -> Typed:
    """The same without the bodies of here-documents and without `EXPOSE`.

    These are the words that the reference's typed instructions expand by themselves, before its
    builder sees them.

    Raises:
        DockerfileError: As from `expand`.
    """
    return cast("Typed", _expanded(instruction, _Words(env, escape), everything=False))


def _expanded(instruction: Instruction, each: _Words, *, everything: bool) -> Instruction:
    try:
        if isinstance(instruction, Transfer):
            expanded = _transfer(instruction, each)
            return _with_bodies(expanded, each) if everything else expanded
        if isinstance(instruction, Expose) and everything:
            return replace(instruction, ports=each.split(instruction.ports))
        return _changed(instruction, each)
    except DockerfileError as error:
        raise error.at(instruction.location.first_line, instruction.location.last_line) from None


class _Words:
    """Expands words with one environment, and counts what they become."""

    __slots__ = ("_env", "_escape", "_left")

    def __init__(self, env: Sequence[str] | words.Environment, escape: str) -> None:
        self._env = words.Environment.of(env)
        self._escape = escape
        self._left = MOST_CHARACTERS

    def one(self, word: str) -> str:
        """The one text that the word becomes."""
        return self._counted(words.expand(word, self._env, escape=self._escape)) if word else ""

    def each(self, texts: Iterable[str]) -> tuple[str, ...]:
        """What each word becomes."""
        return tuple(self.one(word) for word in texts)

    def split(self, texts: Iterable[str]) -> tuple[str, ...]:
        """The words that all become, split at white space that was not quoted."""
        return tuple(
            self._counted(word)
            for text in texts
            for word in words.expand_words(text, self._env, escape=self._escape)
        )

    def optional(self, word: str | None) -> str | None:
        """What the word becomes, if there is one."""
        return None if word is None else self.one(word)

    def body(self, content: str) -> str:
        """A here-document, in which a quote is a character like others."""
        return self._counted(words.expand(content, self._env, skip_process_quotes=True))

    def _counted(self, text: str) -> str:
        self._left -= len(text)
        if self._left < 0:
            raise DockerfileError(
                f"the words of one instruction expand to more than {MOST_CHARACTERS} characters"
            )
        return text


def _transfer(instruction: Transfer, each: _Words) -> Transfer:
    """`COPY` or `ADD`; which error is told follows the reference's order of the fields."""
    chown = each.one(instruction.chown)
    chmod = each.one(instruction.chmod)
    if isinstance(instruction, Add):
        instruction = replace(instruction, checksum=each.one(instruction.checksum))
    return replace(
        instruction,
        chown=chown,
        chmod=chmod,
        sources=each.each(instruction.sources),
        destination=each.one(instruction.destination),
    )


def _with_bodies(instruction: Transfer, each: _Words) -> Transfer:
    contents = tuple(
        replace(content, content=each.body(content.content)) if content.expand else content
        for content in instruction.contents
    )
    return replace(instruction, contents=contents)


def _changed(instruction: Instruction, each: _Words) -> Instruction:
    match instruction:
        case Env() | Label():
            pairs = tuple(
                replace(pair, key=each.one(pair.key), value=each.one(pair.value))
                for pair in instruction.pairs
            )
            changed: Instruction = replace(instruction, pairs=pairs)
        case Arg():
            arguments = tuple(
                replace(argument, key=each.one(argument.key), value=each.optional(argument.value))
                for argument in instruction.arguments
            )
            changed = replace(instruction, arguments=arguments)
        case Run():
            mounts = tuple(expand_mount(mount, each.one) for mount in instruction.mounts)
            changed = replace(instruction, mounts=mounts)
        case Workdir():
            changed = replace(instruction, path=each.one(instruction.path))
        case User():
            changed = replace(instruction, user=each.one(instruction.user))
        case Volume():
            changed = replace(instruction, volumes=each.each(instruction.volumes))
        case Stopsignal():
            changed = replace(instruction, signal=each.one(instruction.signal))
        case _:
            changed = instruction
    return changed
