"""The tables that a configuration may have, their keys, and how decoded TOML becomes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from datetime import date  # noqa: TC003 - msgspec resolves fields' types
from typing import TYPE_CHECKING, TypeVar

import msgspec

from layerscope.errors import UsageError, shown
from layerscope.gate.policy_words import Written  # noqa: TC001 - msgspec resolves fields' types

if TYPE_CHECKING:
    from collections.abc import Iterator

_AMOUNT = "a number or a text"
_TEXT = "a text"
_EXPECTED = {
    "baseline": "the name of a file, or an array of such",
    "layer": 'a text or an index, such as "own" or -1',
    "require-baseline": "true or false",
    "until": "a day such as 2026-12-31",
    **dict.fromkeys(("max", "min", "max-increase", "max-increase-percent", "min-change"), _AMOUNT),
}
"""What is said of a value of another type, where it is not a text."""

_PLACE = re.compile(r"at `\$\.([a-z-]+)")


class Table(msgspec.Struct, frozen=True, kw_only=True, rename="kebab", forbid_unknown_fields=True):
    """A table of a configuration: keys have `-` where fields have `_`."""


class GateTable(Table, frozen=True, kw_only=True):
    """The table `[gate]`: what holds for all budgets."""

    baseline: str | list[str] | None = None
    require_baseline: bool = False
    fail_on: str | None = None
    dockerfile: str | None = None


class BudgetTable(Table, frozen=True, kw_only=True):
    """One table `[[budget]]`, as it is written: amounts are still numbers and texts."""

    metric: str
    name: str | None = None
    image: str | None = None
    layer: int | str | None = None
    path: str | None = None
    package: str | None = None
    instruction: str | None = None
    max: Written | None = None
    min: Written | None = None
    max_increase: Written | None = None
    max_increase_percent: Written | None = None
    min_change: Written | None = None
    severity: str = "fail"
    not_measured: str = "fail"
    until: date | None = None
    reason: str | None = None


TABLES: dict[str, type[Table]] = {"gate": GateTable, "budget": BudgetTable}
"""All that a configuration may have at its top."""

T = TypeVar("T", bound=Table)


@contextmanager
def inside(place: str) -> Iterator[None]:
    """Puts `place` in front of what a `UsageError` that is raised here says of its place."""
    try:
        yield
    except UsageError as error:
        error.within(place)
        raise


def converted(value: object, kind: type[T]) -> T:
    """The table, with its keys known and its values of the right types.

    Raises: `UsageError` for the first key that is unknown, missing or of another type.
    """
    if not isinstance(value, Mapping):
        raise UsageError(f"expected a table, found {found_text(value)}")
    refuse_unknown(value, keys(kind))
    for name, field in keys(kind).items():
        if field.required and name not in value:
            raise UsageError(f"{name}: is missing")
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        place = _PLACE.search(str(error))
        key = place[1] if place else ""
        expected = _EXPECTED.get(key, _TEXT)
        raise UsageError(
            f"{key}: expected {expected}, found {found_text(value.get(key))}"
        ) from None


def keys(kind: type[Table]) -> dict[str, msgspec.structs.FieldInfo]:
    """The keys of a table as they are written, in order."""
    return {field.encode_name: field for field in msgspec.structs.fields(kind)}


def refuse_unknown(table: Mapping[str, object], known: Mapping[str, object]) -> None:
    """Raises `UsageError` for the first key that is not known, with the nearest one."""
    for key in table:
        if key not in known:
            from layerscope.gate.did_you_mean import did_you_mean  # noqa: PLC0415 - only for errors

            raise UsageError(
                f"{shown(key, 40)}: there is no such key", hint=did_you_mean(key, known)
            )


def found_text(value: object) -> str:
    """A value as a message shows it: scalars as they are written, cut; tables and arrays not."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "an array"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return shown(f'"{text}"' if isinstance(value, str) else text, 40)
