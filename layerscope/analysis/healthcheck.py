"""HEALTHCHECK as a config stores it. Docker's own setting: the OCI specification has none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HealthForm = Literal["disabled", "exec", "shell", "inherited", "unknown"]


@dataclass(frozen=True, slots=True)
class Healthcheck:
    """How an engine asks whether a container is well.

    Attributes:
        form: `disabled` for `NONE`; `exec` and `shell` for the two forms of a command;
            `inherited` where no test is named; `unknown` where the setting is no such thing.
        command: The words of `exec`, or the one line of `shell`.
        interval_ns, timeout_ns, start_period_ns, start_interval_ns: Nanoseconds; None where the
            engine's default holds or the value is no number.
        retries: Or None, likewise.
    """

    form: HealthForm
    command: tuple[str, ...] = ()
    interval_ns: int | None = None
    timeout_ns: int | None = None
    start_period_ns: int | None = None
    start_interval_ns: int | None = None
    retries: int | None = None


def healthcheck_of(value: object) -> Healthcheck | None:
    """The health check in a setting of a config, whatever JSON value that is; None for none."""
    if value is None:
        return None
    if not isinstance(value, dict):
        return Healthcheck("unknown")
    form, command = _test(value.get("Test"))
    return Healthcheck(
        form,
        command,
        _number(value.get("Interval")),
        _number(value.get("Timeout")),
        _number(value.get("StartPeriod")),
        _number(value.get("StartInterval")),
        _number(value.get("Retries")),
    )


def _test(value: object) -> tuple[HealthForm, tuple[str, ...]]:
    if value is None or value == []:
        return "inherited", ()
    if not isinstance(value, list) or not all(type(word) is str for word in value):
        return "unknown", ()
    words = tuple(value)
    if words[0] == "NONE":
        return "disabled", ()
    if words[0] == "CMD":
        return "exec", words[1:]
    if words[0] == "CMD-SHELL":
        return "shell", words[1:]
    return "unknown", words


def _number(value: object) -> int | None:
    """The number; None for 0, which stands for the default, and for all that is none."""
    return value if type(value) is int and value > 0 else None
