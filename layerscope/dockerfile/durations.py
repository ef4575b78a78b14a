"""Durations as Go writes them: `30s`, `1m0.25s`, `1h30m`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from typing import NoReturn

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "\u00b5s": 1_000,  # the micro sign
    "\u03bcs": 1_000,  # the Greek letter mu
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3600 * 1_000_000_000,
}
_PART = re.compile(r"([0-9]*)(?:(\.)([0-9]*))?([^0-9.]*)")
_LIMIT = 1 << 63
# More digits than 64 bits can have; a longer number is refused before it is converted.
_MOST_DIGITS = 19


def parse_duration(text: str) -> int:
    """The duration in nanoseconds.

    Args:
        text: A sign if any, then numbers with a unit each; `0` needs no unit.

    Raises:
        DockerfileError: It is no duration, or longer than 64 bits of nanoseconds.
    """
    rest = text
    sign = rest[:1]
    if sign in {"+", "-"}:
        rest = rest[1:]
    if rest == "0":
        return 0
    if not rest:
        _refuse(text)
    total = 0
    position = 0
    while position < len(rest):
        match = _PART.match(rest, position)
        if match is None or match.end() == position:
            _refuse(text)
        total += _nanoseconds(match, text)
        if total > _LIMIT:
            _refuse(text)
        position = match.end()
    if sign == "-":
        return -total
    if total == _LIMIT:
        _refuse(text)
    return total


def _nanoseconds(match: re.Match[str], text: str) -> int:
    whole, dot, fraction, unit = match.groups()
    if not whole and not fraction:
        _refuse(text)
    factor = _UNITS.get(unit)
    if factor is None:
        _refuse(text)
    digits = whole.lstrip("0")
    if len(digits) > _MOST_DIGITS:
        _refuse(text)
    value = int(digits or "0") * factor
    if value > _LIMIT:
        _refuse(text)
    if dot and fraction:
        value += _fraction(fraction, factor)
    return value


def _fraction(digits: str, factor: int) -> int:
    """The part behind the point in nanoseconds, computed in the reference's way.

    It keeps the digits that fit in 63 bits and multiplies in floating point, which rounds down.
    """
    value = 0
    scale = 1.0
    for digit in digits:
        if value > (_LIMIT - 1) // 10:
            break
        longer = value * 10 + int(digit)
        if longer > _LIMIT:
            break
        value = longer
        scale *= 10
    return int(value * (factor / scale))


def _refuse(text: str) -> NoReturn:
    raise DockerfileError(
        f"'{shown(text)}' is no duration: write numbers with units, such as 30s, 1m30s or 500ms"
    )
