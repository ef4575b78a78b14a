"""`RUN`, `CMD`, `ENTRYPOINT`, `SHELL` and `HEALTHCHECK`: instructions that hold a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.devices import parse_device
from layerscope.dockerfile.durations import parse_duration
from layerscope.dockerfile.flags import Kind, read_flags
from layerscope.dockerfile.instructions import (
    Cmd,
    Entrypoint,
    Health,
    Healthcheck,
    Run,
    Shell,
    ShellFile,
)
from layerscope.dockerfile.letter_case import upper
from layerscope.dockerfile.mounts import first_look
from layerscope.dockerfile.numbers import signed
from layerscope.dockerfile.suggestions import did_you_mean
from layerscope.dockerfile.typed_parts import head, refuse_flags, require_argument
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.dockerfile.flags import Flags
    from layerscope.dockerfile.node import Node

NETWORKS = ("default", "host", "none")
SECURITY_MODES = ("insecure", "sandbox")
RUN_FLAGS = {
    "mount": Kind.TEXTS,
    "network": Kind.TEXT,
    "security": Kind.TEXT,
    "device": Kind.TEXTS,
}
HEALTHCHECK_FLAGS = {
    "interval": Kind.TEXT,
    "timeout": Kind.TEXT,
    "start-period": Kind.TEXT,
    "start-interval": Kind.TEXT,
    "retries": Kind.TEXT,
}
_SHORTEST_NS = 1_000_000


def read_run(node: Node) -> Run:
    """The `RUN` that the node is.

    Its devices are judged here, its mounts only when they are expanded (`expand`), but for what
    the reference looks at early: whether they are fields at all, and variables in `from`.
    """
    flags = read_flags(node.flags, RUN_FLAGS, "RUN")
    network = flags.text("network", "default")
    security = flags.text("security", "sandbox")
    for device in flags.texts("device"):
        parse_device(device)
    for mount in flags.texts("mount"):
        first_look(mount)
    _require_one_of("network", network, NETWORKS)
    _require_one_of("security", security, SECURITY_MODES)
    return Run(
        *head(node),
        words=_words(node.args, json_form=node.json_form),
        files=_files(node),
        prepend_shell=not node.json_form,
        flags_used=flags.used,
        mounts=flags.texts("mount"),
        network=network,
        security=security,
        devices=flags.texts("device"),
    )


def read_cmd(node: Node) -> Cmd:
    """The `CMD` that the node is."""
    refuse_flags(node, "CMD")
    words = _words(node.args, json_form=node.json_form)
    return Cmd(*head(node), words, _files(node), not node.json_form)


def read_entrypoint(node: Node) -> Entrypoint:
    """The `ENTRYPOINT` that the node is."""
    refuse_flags(node, "ENTRYPOINT")
    words = _words(node.args, json_form=node.json_form)
    return Entrypoint(*head(node), words, _files(node), not node.json_form)


def read_shell(node: Node) -> Shell:
    """The `SHELL` that the node is."""
    refuse_flags(node, "SHELL")
    require_argument(node, "SHELL")
    if not node.json_form:
        raise DockerfileError(
            'SHELL is not in JSON form; write it as in SHELL ["/bin/bash", "-c"]',
        )
    return Shell(*head(node), node.args)


def read_healthcheck(node: Node) -> Healthcheck:
    """The `HEALTHCHECK` that the node is; flags before `NONE` are not looked at."""
    require_argument(node, "HEALTHCHECK")
    kind = upper(node.args[0])
    command = node.args[1:]
    if kind == "NONE":
        if command:
            raise DockerfileError("HEALTHCHECK NONE has arguments; it takes none")
        return Healthcheck(*head(node), Health((kind,)))
    flags = read_flags(node.flags, HEALTHCHECK_FLAGS, "HEALTHCHECK")
    if kind != "CMD":
        raise DockerfileError(
            f"HEALTHCHECK {shown(node.args[0])} is no check; it takes CMD and a command, or NONE"
        )
    if not command:
        raise DockerfileError("HEALTHCHECK CMD has no command")
    words = _words(command, json_form=node.json_form)
    health = Health(
        test=("CMD" if node.json_form else "CMD-SHELL", *words),
        interval_ns=_time(flags, "interval"),
        timeout_ns=_time(flags, "timeout"),
        start_period_ns=_time(flags, "start-period"),
        start_interval_ns=_time(flags, "start-interval"),
        retries=_retries(flags),
    )
    return Healthcheck(*head(node), health)


def _words(args: Sequence[str], *, json_form: bool) -> tuple[str, ...]:
    """The array of the JSON form, or one text; nothing stays nothing."""
    return tuple(args) if json_form or not args else (" ".join(args),)


def _files(node: Node) -> tuple[ShellFile, ...]:
    return tuple(ShellFile(doc.name, doc.content, doc.chomp) for doc in node.heredocs)


def _require_one_of(flag: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise DockerfileError(
            f"--{flag}={shown(value)} of RUN is not one of {', '.join(choices)}",
            hint=did_you_mean(value, choices),
        )


def _time(flags: Flags, name: str) -> int:
    """A time in nanoseconds; 0 where the flag is absent or empty."""
    text = flags.text(name)
    if not text:
        return 0
    time = parse_duration(text)
    if time != 0 and time < _SHORTEST_NS:
        raise DockerfileError(
            f"--{name}={shown(text)} of HEALTHCHECK is too short; it is 0 or at least 1ms"
        )
    return time


def _retries(flags: Flags) -> int:
    text = flags.text("retries")
    if not text:
        return 0
    retries = signed(text)
    if retries is None or retries < 0:
        raise DockerfileError(f"--retries={shown(text)} of HEALTHCHECK is no number from 0 up")
    return retries
