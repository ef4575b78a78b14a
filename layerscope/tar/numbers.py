"""Numbers of tar headers and PAX records, accepted and refused as Go's archive/tar does.

Source: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Extensions" (base-256); and
the behaviour of Go's archive/tar, which container engines unpack layers with.
"""

from __future__ import annotations

import re

from layerscope.errors import TarError, shown

INT64_MAX = 2**63 - 1
NANOSECONDS = 1_000_000_000

_OCTAL = re.compile(rb"[0-7]+\Z")
_DECIMAL = re.compile(rb"[+-]?[0-9]{1,40}\Z")


def octal(field: bytes) -> int:
    """The value of an octal field; spaces and NULs around it are dropped, an empty one is 0.

    Raises: `TarError` if anything else stands in it, or it has more than 64 bits.
    """
    digits = field.strip(b" \0").split(b"\0", 1)[0]
    if not digits:
        # A field of padding is 0; one whose first byte is NUL but which goes on was stripped above.
        return 0
    if not _OCTAL.match(digits):
        raise TarError(f'a number field holds "{shown(field)}"')
    value = int(digits, 8)
    if value >= 2**64:
        raise TarError(f'a number field holds "{shown(field)}", over 64 bits')
    # Go reads 64 unsigned bits into a signed integer.
    return value if value <= INT64_MAX else value - 2**64


def numeric(field: bytes) -> int:
    """The value of an octal or base-256 field; may be negative.

    Raises: `TarError` if it is neither, or does not fit in 64 signed bits.
    """
    if not field or not field[0] & 0x80:
        return octal(field)
    # The first bit marks base-256; the next one is the sign of a two's complement number.
    width = 8 * len(field) - 1
    value = int.from_bytes(field, "big") & ((1 << width) - 1)
    if field[0] & 0x40:
        value -= 1 << width
    if not -(2**63) <= value <= INT64_MAX:
        raise TarError(f"a base-256 number field holds {value}, over 64 bits")
    return value


def decimal(text: bytes) -> int:
    """The value of a decimal PAX field, with an optional sign.

    Raises: `TarError` if it is not one, or does not fit in 64 signed bits.
    """
    if not _DECIMAL.match(text):
        raise TarError(f'a PAX number is "{shown(text)}"')
    value = int(text)
    if not -(2**63) <= value <= INT64_MAX:
        raise TarError(f'a PAX number is "{shown(text)}", over 64 bits')
    return value


def pax_time_ns(text: bytes) -> int:
    """Nanoseconds since the epoch of a PAX time such as `1350244992.023960108`.

    Digits after the ninth are cut. Raises: `TarError` if the text is no such time.
    """
    seconds_text, _, fraction = text.partition(b".")
    seconds = decimal(seconds_text)
    if not fraction:
        return seconds * NANOSECONDS
    if not fraction.isdigit():
        raise TarError(f'a PAX time is "{shown(text)}"')
    nanoseconds = int(fraction[:9].ljust(9, b"0"))
    if seconds_text.startswith(b"-"):
        nanoseconds = -nanoseconds
    return seconds * NANOSECONDS + nanoseconds
