"""The flags of one instruction, judged: `--from=builder`, `--link`, `--mount=…`.

`leading_flags` takes the words off a line; this module knows what each instruction allows.

Source: BuildKit, `frontend/dockerfile/instructions/bflag.go`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.suggestions import nearest
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Kind(Enum):
    """What a flag takes: true or false, one value, or a value each time it is given."""

    SWITCH = auto()
    TEXT = auto()
    TEXTS = auto()


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags that were given: name without `--`, and the values in order.

    A switch has the value `true` or `false`.
    """

    values: Mapping[str, tuple[str, ...]]

    @property
    def used(self) -> tuple[str, ...]:
        """The names given, sorted (the reference gives them in no order)."""
        return tuple(sorted(self.values))

    def text(self, name: str, default: str = "") -> str:
        """The value of a flag that takes one."""
        return self.values[name][-1] if name in self.values else default

    def texts(self, name: str) -> tuple[str, ...]:
        """The values of a flag that may be given several times."""
        return self.values.get(name, ())

    def switch(self, name: str) -> bool:
        """Is the switch given, and not as `=false`?"""
        return self.text(name) == "true"

    def switch_or_none(self, name: str) -> bool | None:
        """The same, and None where the switch is absent."""
        return self.switch(name) if name in self.values else None


def read_flags(words: Sequence[str], known: Mapping[str, Kind], keyword: str) -> Flags:
    """The flags in the words; a lone `--` ends them.

    Args:
        words: As the parser gives them, each with its `--`.
        known: The flags that the instruction has.
        keyword: The instruction's name, for messages.

    Raises:
        DockerfileError: A flag is unknown, given twice, has no value or one that it cannot have.
    """
    values: dict[str, list[str]] = {}
    for word in words:
        if word == "--":
            break
        if not word.startswith("--"):
            raise DockerfileError(f"'{shown(word)}' stands among the flags of {keyword}")
        spelled, equals, value = word.partition("=")
        name = spelled[2:]
        kind = known.get(name)
        if kind is None:
            raise _unknown(name, known, keyword)
        if name in values and kind is not Kind.TEXTS:
            raise DockerfileError(f"--{name} is given more than once; {keyword} takes one")
        values.setdefault(name, []).append(_value(name, kind, value if equals else None))
    return Flags({name: tuple(given) for name, given in values.items()})


def _unknown(name: str, known: Mapping[str, Kind], keyword: str) -> DockerfileError:
    listed = ", ".join(f"--{flag}" for flag in known)
    what = f"it has {listed}" if listed else "it has no flags"
    meant = nearest(name, known)
    hint = f"did you mean --{meant}?" if meant is not None else ""
    return DockerfileError(f"--{shown(name)} is no flag of {keyword}; {what}", hint=hint)


def _value(name: str, kind: Kind, value: str | None) -> str:
    if kind is Kind.SWITCH:
        # `--link=` is refused, although `--link` alone is fine.
        if value == "":
            raise DockerfileError(f"--{name}= has no value; it takes true or false")
        chosen = lower(value) if value is not None else "true"
        if chosen not in {"true", "false"}:
            raise DockerfileError(f"--{name} takes true or false, not '{shown(value)}'")
        return chosen
    if value is None:
        raise DockerfileError(f"--{name} has no value; write --{name}=VALUE")
    return value
