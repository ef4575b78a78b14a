"""Quantities as people write them: bytes, counts, shares and durations, printed and parsed once.

Sizes are printed in decimal units (1 kB = 1,000 B), as registries and disks count, and always with
their unit.
"""

from __future__ import annotations

import re
from fractions import Fraction

from layerscope.errors import UsageError, shown

DECIMAL_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")

_SIZE = re.compile(r"(?P<number>[0-9]{1,20}(?:\.[0-9]{1,9})?) ?(?P<unit>[A-Za-z]*)", re.ASCII)
# The case of a letter says nothing: "20Mb" is twenty megabytes, never megabits.
_FACTORS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgtpe", start=1):
    _FACTORS[_letter] = _FACTORS[f"{_letter}b"] = 1000**_power
    _FACTORS[f"{_letter}i"] = _FACTORS[f"{_letter}ib"] = 1024**_power


def bytes_text(count: int) -> str:
    """A size for people, with its unit: whole bytes below 1 kB, else one decimal.

    >>> [bytes_text(n) for n in (0, 999, 1000, 41_234_567, 999_950)]
    ['0 B', '999 B', '1.0 kB', '41.2 MB', '1.0 MB']
    """
    if abs(count) < 1000:
        return f"{count} B"
    value = float(count)
    for unit in DECIMAL_UNITS:
        # 999.95 would print as "1000.0": it belongs to the next unit.
        if abs(value) < 999.95 or unit == DECIMAL_UNITS[-1]:
            return f"{value:.1f} {unit}"
        value /= 1000
    return f"{count} B"  # pragma: no cover - the loop ends with the last unit


def parse_bytes(text: str) -> int:
    """The number of bytes that `text` names, as in `20 MB`, `1.5GiB`, `512`.

    kB, MB, GB … are powers of 1000, KiB, MiB, GiB … of 1024; case does not matter, a final B may be
    left out, no unit means bytes. Part of a byte is dropped.

    Raises: `UsageError` if the text is no size.

    >>> [parse_bytes(text) for text in ("20 MB", "20Mb", "20 MiB", "1.5k", "7")]
    [20000000, 20000000, 20971520, 1500, 7]
    """
    match = _SIZE.fullmatch(text.strip())
    factor = _FACTORS.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        raise UsageError(f"expected a size such as 20MB or 20MiB, found {shown(text, 40)!r}")
    return int(Fraction(match["number"]) * factor)


def count_text(count: int) -> str:
    """A count with thousands separators.

    >>> count_text(1234567)
    '1,234,567'
    """
    return f"{count:,}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """A count and its noun, in the plural unless the count is one.

    >>> counted(1, "layer"), counted(2000, "layer"), counted(2, "copy", "copies")
    ('1 layer', '2,000 layers', '2 copies')
    """
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def share_text(part: int, whole: int) -> str:
    """`part` of `whole` in percent, with one decimal; a part of nothing is `0.0%`.

    >>> share_text(1, 3), share_text(0, 0)
    ('33.3%', '0.0%')
    """
    return f"{100 * part / whole:.1f}%" if whole else "0.0%"


def duration_text(seconds: float) -> str:
    """A duration for people: milliseconds below one second, minutes from two on.

    >>> [duration_text(s) for s in (0.0123, 3.44, 119.94, 125, 7300)]
    ['12 ms', '3.4 s', '119.9 s', '2 min 5 s', '121 min 40 s']
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 119.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
