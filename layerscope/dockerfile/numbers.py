"""Numbers as the reference's flags and mounts spell them: truth values, integers, sizes.

Source: Go's `strconv`, and `RAMInBytes` of docker's go-units. Each function gives None for what Go
refuses: the caller knows the name of the value, and says what it expected.
"""

from __future__ import annotations

import math
import re

from layerscope.dockerfile.characters import encode

_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_DIGITS = {8: frozenset("01234567"), 10: frozenset("0123456789")}
_SIZE_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50}
_SPECIAL = frozenset({"nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
_DECIMAL = re.compile(r"[+-]?(?:[0-9][0-9_]*)?(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]+)?\Z")
_HEXADECIMAL = re.compile(r"[+-]?0[xX][0-9a-fA-F]*(?:\.[0-9a-fA-F]*)?[pP][+-]?[0-9]+\Z")
# A number with more digits than this is out of every range here, and costs time to convert.
_LONGEST_NUMBER = 1000
_OUT_OF_RANGE = -(1 << 63)


def truth(text: str) -> bool | None:
    """The truth value, or None: exactly what `strconv.ParseBool` accepts."""
    if text in _TRUE:
        return True
    return False if text in _FALSE else None


def unsigned(text: str, base: int) -> int | None:
    """The number of up to 32 bits in base 8 or 10, without a sign; None for all else."""
    if not text or not _DIGITS[base].issuperset(text):
        return None
    digits = text.lstrip("0")
    if len(digits) > 11:
        return None
    value = int(digits or "0", base)
    return value if value < 1 << 32 else None


def signed(text: str) -> int | None:
    """The decimal number of up to 32 bits, which may have a sign; None for all else."""
    sign = text[:1] if text[:1] in {"+", "-"} else ""
    value = unsigned(text[len(sign) :], 10)
    if value is None:
        return None
    if sign == "-":
        return -value if value <= 1 << 31 else None
    return value if value < 1 << 31 else None


def memory_size(text: str) -> int | None:
    """The size in bytes of text such as `64m`, `1.5 GiB` or `100`; None if it is none.

    Units are binary and may be in either case. A size that 64 bits do not hold becomes the smallest
    64-bit number, which is what the reference makes of it on x86-64.
    """
    end = max(text.rfind(char) for char in "0123456789. ")
    if end < 0:
        return None
    number = _float(text[:end] if text[end] == " " else text[: end + 1])
    suffix = text[end + 1 :]
    if number is None or number < 0 or len(encode(suffix)) > 3:
        return None
    factor = _factor(suffix.lower())
    if factor is None:
        return None
    size = number * factor
    if not math.isfinite(size) or size >= 1 << 63:
        return _OUT_OF_RANGE
    return int(size)


def _factor(suffix: str) -> int | None:
    if suffix in {"", "b"}:
        return 1
    if suffix[1:] not in {"", "b", "ib"}:
        return None
    return _SIZE_UNITS.get(suffix[0])


def _float(text: str) -> float | None:
    """What `strconv.ParseFloat` makes of it; None for bad syntax and for what is too large."""
    if len(text) > _LONGEST_NUMBER:
        return None
    if text.lower() in _SPECIAL:
        return float(text)
    try:
        if _HEXADECIMAL.match(text):
            value = float.fromhex(text)
        elif _DECIMAL.match(text):
            value = float(text)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None
