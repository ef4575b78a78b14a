"""One `--mount` of a `RUN`, typed.

BuildKit looks at a mount twice: when the Dockerfile is read, where only `from` counts, and when
the step is made, with each value expanded on its own. Wrong keys and values are errors of the
second look only.

Source: BuildKit, `frontend/dockerfile/instructions/commands_runmount.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from layerscope.dockerfile.csvfields import join_fields, split_fields
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.numbers import memory_size, truth, unsigned
from layerscope.dockerfile.suggestions import did_you_mean
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable

MOUNT_TYPES = ("bind", "cache", "secret", "ssh", "tmpfs")
SHARING_MODES = ("locked", "private", "shared")
KEYS = (
    "type",
    "from",
    "source",
    "src",
    "target",
    "dst",
    "destination",
    "readonly",
    "ro",
    "readwrite",
    "rw",
    "id",
    "sharing",
    "required",
    "size",
    "mode",
    "uid",
    "gid",
    "env",
)
_OWNED_TYPES = frozenset({"secret", "ssh", "cache"})
_REQUIRABLE_TYPES = frozenset({"secret", "ssh"})
_WRITABLE_TYPES = frozenset({"cache", "tmpfs"})


@dataclass(frozen=True, slots=True)
class Mount:
    """What a `--mount` says; defaults are filled in as BuildKit fills them.

    Attributes:
        type: `bind`, `cache`, `tmpfs`, `secret` or `ssh`.
        from_name: The stage, context or image it comes from; empty if not given.
        source: As written, empty if not given.
        target: As written, empty if not given.
        read_only: Given, or the default of the type.
        size_limit: Of a tmpfs, in bytes; 0 if not given.
        cache_id: The value of `id`: of a cache, a secret or an SSH agent.
        cache_sharing: `shared`, `private` or `locked`; empty if not given.
        required: Must the secret or agent be there?
        env: The variable that a secret is put into; None if not given, empty for its own name.
        mode: Permission bits; None if not given.
        uid: Owner; None if not given.
        gid: Group; None if not given.
    """

    type: str = "bind"
    from_name: str = ""
    source: str = ""
    target: str = ""
    read_only: bool = True
    size_limit: int = 0
    cache_id: str = ""
    cache_sharing: str = ""
    required: bool = False
    env: str | None = None
    mode: int | None = None
    uid: int | None = None
    gid: int | None = None


def parse_mount(text: str) -> Mount:
    """The mount that a value of `--mount` describes, once its variables are expanded.

    Raises:
        DockerfileError: A key or value is wrong, or two of them do not go together.
    """
    return _read(split_fields(text))


def expand_mount(text: str, expand: Callable[[str], str]) -> str:
    """The value of `--mount` with the value of each key expanded; `parse_mount` reads the result.

    Raises:
        DockerfileError: As from `parse_mount`, and what `expand` raises. The first problem from
            left to right is the one that is told, as by BuildKit.
    """
    fields = split_fields(text)
    _read(fields, expand)
    return join_fields(fields)


def first_look(text: str) -> Mount:
    """The mount as BuildKit has it before anything is expanded: all defaults, except `from`.

    Raises:
        DockerfileError: The text is no line of comma-separated fields, or `from` has a variable.
    """
    from_name = ""
    for part in split_fields(text):
        key, equals, value = part.partition("=")
        if equals and lower(key) == "from":
            if "$" in value and value.index("$") != len(value) - 1:
                raise DockerfileError(
                    f"from={shown(value)} has a variable, which 'from' of a mount does not expand",
                    hint="define a stage with FROM that uses the variable, and name that stage",
                )
            from_name = value
    return Mount(from_name=from_name)


@dataclass(slots=True)
class _Draft:
    """A mount while its fields are read; `type` counts for the fields behind it."""

    type: str = "bind"
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    read_only: bool | None = None
    required: bool = False


def _read(fields: list[str], expand: Callable[[str], str] | None = None) -> Mount:
    """The mount; with `expand`, the fields are replaced by their expanded forms on the way."""
    draft = _Draft()
    for position, part in enumerate(fields):
        spelled, equals, value = part.partition("=")
        key = lower(spelled)
        if not equals:
            _take_switch(draft, key, part)
            continue
        if expand is not None:
            value = expand(value)
            fields[position] = f"{key}={value}"
        _take_value(draft, key, value)
    _check(draft)
    return _mount(draft)


def _take_switch(draft: _Draft, key: str, part: str) -> None:
    if key in {"readonly", "ro"}:
        draft.read_only = True
    elif key in {"readwrite", "rw"}:
        draft.read_only = False
    elif key == "required":
        _only_for(draft, key, _REQUIRABLE_TYPES)
        draft.required = True
    else:
        raise DockerfileError(
            f"'{shown(part)}' is no key=value field of --mount",
            hint=did_you_mean(key, ("readonly", "readwrite", "required")),
        )


_TEXT_KEYS = {
    "from": "from",
    "source": "source",
    "src": "source",
    "target": "target",
    "dst": "target",
    "destination": "target",
    "id": "id",
    "env": "env",
}
_NUMBER_BASES = {"mode": 8, "uid": 10, "gid": 10}


def _take_value(draft: _Draft, key: str, value: str) -> None:
    if key in _TEXT_KEYS:
        draft.texts[_TEXT_KEYS[key]] = value
    elif key == "type":
        draft.type = _one_of(key, value, MOUNT_TYPES)
    elif key == "sharing":
        draft.texts[key] = _one_of(key, value, SHARING_MODES)
    elif key in {"readonly", "ro"}:
        draft.read_only = _truth(key, value)
    elif key in {"readwrite", "rw"}:
        draft.read_only = not _truth(key, value)
    elif key == "required":
        _only_for(draft, key, _REQUIRABLE_TYPES)
        draft.required = _truth(key, value)
    elif key == "size":
        _only_for(draft, key, frozenset({"tmpfs"}))
        draft.numbers[key] = _number(key, value, memory_size(value), "a size such as 64m")
    elif key in _NUMBER_BASES:
        base = _NUMBER_BASES[key]
        expected = f"a number of at most 32 bits in base {base}"
        draft.numbers[key] = _number(key, value, unsigned(value, base), expected)
    else:
        raise DockerfileError(
            f"'{shown(key)}' is no key of --mount; it has {', '.join(KEYS)}",
            hint=did_you_mean(key, KEYS),
        )


def _one_of(key: str, value: str, choices: tuple[str, ...]) -> str:
    chosen = lower(value)
    if chosen not in choices:
        raise DockerfileError(
            f"{key}={shown(value)} of a mount is not one of {', '.join(choices)}",
            hint=did_you_mean(value, choices),
        )
    return chosen


def _truth(key: str, value: str) -> bool:
    chosen = truth(value)
    if chosen is None:
        raise DockerfileError(f"{key}={shown(value)} of a mount is neither true nor false")
    return chosen


def _number(key: str, value: str, number: int | None, expected: str) -> int:
    if number is None:
        raise DockerfileError(f"{key}={shown(value)} of a mount is not {expected}")
    return number


def _only_for(draft: _Draft, key: str, types: frozenset[str]) -> None:
    if draft.type not in types:
        allowed = " or ".join(sorted(types))
        raise DockerfileError(
            f"{key!r} is for mounts of type {allowed}, and this one is of type {draft.type}",
            hint="put type=… in front of the other keys",
        )


def _check(draft: _Draft) -> None:
    """Refuse what does not go together, in the order in which BuildKit looks."""
    if draft.type not in _OWNED_TYPES:
        for key in ("mode", "uid", "gid"):
            if key in draft.numbers:
                _refuse(f"{key!r} is for secret, ssh and cache mounts, not for type {draft.type}")
    given = {key for key, value in draft.texts.items() if value}
    if draft.type == "secret":
        if "from" in given:
            _refuse("a secret mount takes no 'from'")
        if "sharing" in given:
            _refuse("a secret mount takes no 'sharing'")
        if not given & {"source", "target", "id"}:
            _refuse("a secret mount needs one of 'id', 'source' and 'target'")
        if {"source", "id"} <= given:
            _refuse("a secret mount takes 'source' or 'id', not both")
    if "sharing" in given and draft.type != "cache":
        _refuse(f"'sharing' is for cache mounts, not for type {draft.type}")


def _refuse(problem: str) -> NoReturn:
    raise DockerfileError(problem)


def _mount(draft: _Draft) -> Mount:
    writable = draft.type in _WRITABLE_TYPES
    return Mount(
        type=draft.type,
        from_name=draft.texts.get("from", ""),
        source=draft.texts.get("source", ""),
        target=draft.texts.get("target", ""),
        read_only=not writable if draft.read_only is None else draft.read_only,
        size_limit=draft.numbers.get("size", 0),
        cache_id=draft.texts.get("id", ""),
        cache_sharing=draft.texts.get("sharing", ""),
        required=draft.required,
        env=draft.texts.get("env"),
        mode=draft.numbers.get("mode"),
        uid=draft.numbers.get("uid"),
        gid=draft.numbers.get("gid"),
    )
