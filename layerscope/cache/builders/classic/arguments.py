"""Build arguments as the classic builder keeps them.

Source: docker 20.10, `builder/dockerfile/buildargs.go` and `dispatchers.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.predefined import PREDEFINED
from layerscope.dockerfile.words import Environment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


class Arguments:
    """The arguments that are in scope, and those above the first FROM."""

    def __init__(self, given: Mapping[str, str], meta: Mapping[str, str | None]) -> None:
        """`given` by `--build-arg`; `meta` are the defaults above the first FROM."""
        self._given = given
        self._meta = dict(meta)
        self._declared: dict[str, str | None] = {}

    def declare(self, name: str, default: str | None) -> None:
        """ARG in a stage."""
        self._declared[name] = default

    def declare_above(self, name: str, default: str | None) -> None:
        """ARG above the first FROM."""
        self._declared[name] = default
        self._meta[name] = default

    def for_stage(self) -> Arguments:
        """What a new stage starts with: nothing declared."""
        return Arguments(self._given, self._meta)

    def above(self) -> list[str]:
        """`NAME=value` of what FROM can use."""
        return self._values(self._meta)

    def allowed(self) -> list[str]:
        """`NAME=value` of what is in scope and has a value."""
        return self._values(self._declared)

    def beside(self, env: Collection[str]) -> list[str]:
        """`NAME=value` of what is in scope, has a value, and is no variable of `env`."""
        return [entry for entry in self.allowed() if entry.partition("=")[0] not in env]

    def variables(self, env: Mapping[str, str]) -> Environment:
        """All that words are expanded with: the variables of `env` and what is beside them."""
        arguments = dict(entry.partition("=")[::2] for entry in self.allowed())
        return Environment({**arguments, **env})

    def prefix(self, entries: Sequence[str]) -> tuple[str, ...]:
        """What stands before a RUN command in its key, if `entries` are in scope.

        Predefined ones that no ARG declares only leave the mark.
        """
        if not entries:
            return ()
        shown = sorted(
            entry
            for entry in entries
            if entry.partition("=")[0] not in PREDEFINED
            or entry.partition("=")[0] in self._declared
        )
        return (f"|{len(shown)}", *shown)

    def _values(self, declared: Mapping[str, str | None]) -> list[str]:
        found = {}
        for name in (*declared, *PREDEFINED):
            value = self._value(name, declared)
            if value is not None:
                found[name] = value
        return [f"{name}={found[name]}" for name in sorted(found)]

    def _value(self, name: str, declared: Mapping[str, str | None]) -> str | None:
        if name in self._given:
            return self._given[name]
        default = declared.get(name)
        return self._meta.get(name) if default is None else default
