"""The amounts of a policy as people write them: sizes, counts, ratios, percentages.

All of them become exact fractions. A float stands for the decimal number that it was written as:
`0.1` is a tenth, not the binary number next to it.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING

from layerscope.errors import UsageError, shown
from layerscope.units import parse_bytes

if TYPE_CHECKING:
    from layerscope.gate.metrics import Unit

LARGEST = 2**63 - 1
"""No amount is larger: what a file can hold, and what JSON readers take for a whole number."""

LARGEST_PERCENT = 10**9

EXPECTED = {
    "bytes": 'a size such as "20 MB" or "20 MiB"',
    "count": "a whole number",
    "ratio": 'a ratio such as 0.9 or "90 %"',
    "percent": 'a percentage such as 5 or "5 %"',
}
"""What is said of an amount that is none, by its unit."""

_DECIMAL = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,20})?", re.ASCII)
_COUNT = re.compile(r"[0-9]{1,20}|[0-9]{1,3}(?:,[0-9]{3}){1,6}", re.ASCII)

Written = int | float | str
"""What a file may hold as an amount."""


def amount(value: Written, unit: Unit, *, growth: bool = False) -> Fraction:
    """The number, in the unit, that `value` stands for.

    Args:
        value: Numbers are bytes, counts or ratios as they stand. Of texts, a size has a unit as in
            `20 MB`, a count may have thousands separators, a ratio may be given in percent.
        unit: What is counted.
        growth: Whether this is a change, which may have a leading `+`.

    Raises: `UsageError` if it is no such amount, negative, not finite, or past all bounds; a part
        of a byte or of a thing is refused where it is a number, and dropped from `1.5 kB`.

    >>> amount("20 MB", "bytes"), amount("90 %", "ratio"), amount("+3", "count", growth=True)
    (Fraction(20000000, 1), Fraction(9, 10), Fraction(3, 1))
    """
    found = _number(value, unit) if not isinstance(value, str) else None
    if isinstance(value, str):
        text = _unsigned(value, growth=growth)
        if unit == "bytes":
            found = _size(text)
        elif unit == "count":
            found = Fraction(text.replace(",", "")) if _COUNT.fullmatch(text) else None
        elif text.endswith("%"):
            percent = _decimal(text.removesuffix("%").rstrip())
            found = None if percent is None else percent / 100
        else:
            found = _decimal(text)
    return _bounded(found, value, unit, LARGEST)


def percentage(value: Written) -> Fraction:
    """How many percent `value` stands for: `5`, `"5"`, `"5 %"` and `"+5%"` are all five.

    Raises: `UsageError` if it is none, negative or not finite.

    >>> percentage("+2.5 %")
    Fraction(5, 2)
    """
    if isinstance(value, str):
        text = _unsigned(value, growth=True)
        found = _decimal(text.removesuffix("%").rstrip())
    else:
        found = _number(value, "ratio")
    return _bounded(found, value, "percent", LARGEST_PERCENT)


def is_percentage(value: Written | None) -> bool:
    """Whether it is written with a percent sign.

    >>> is_percentage("+5 %"), is_percentage(5)
    (True, False)
    """
    return isinstance(value, str) and value.rstrip().endswith("%")


def _number(value: float, unit: str) -> Fraction | None:
    """An int or a float; None if it is not finite, or not whole where it has to be."""
    if isinstance(value, int):
        return Fraction(value)
    try:
        found = Fraction(repr(value))
    except ValueError:  # "nan" and "inf" are no decimal numbers.
        return None
    return found if unit == "ratio" or found.denominator == 1 else None


def _unsigned(text: str, *, growth: bool) -> str:
    text = text.strip()
    return text.removeprefix("+").lstrip() if growth else text


def _size(text: str) -> Fraction | None:
    try:
        return Fraction(parse_bytes(text))
    except UsageError:
        return None


def _decimal(text: str) -> Fraction | None:
    return Fraction(text) if _DECIMAL.fullmatch(text) else None


def _bounded(found: Fraction | None, value: Written, unit: str, largest: int) -> Fraction:
    written = shown(repr(value) if isinstance(value, float) else value, 40)
    if _negative(value):
        raise UsageError(f"expected {EXPECTED[unit]}, not a negative one, found {written}")
    if found is None:
        raise UsageError(f"expected {EXPECTED[unit]}, found {written}")
    if found > largest:
        raise UsageError(f"expected at most {largest}, found {written}")
    return found


def _negative(value: Written) -> bool:
    return value.strip().startswith("-") if isinstance(value, str) else value < 0
