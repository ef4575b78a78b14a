"""Times of documents as numbers."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,30})?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# Builders without a clock write the beginning of Unix time, of Go's time, or the year 1980.
_NO_TIMES = ("0001-01-01", "1970-01-01", "1980-01-01")


def seconds_of(text: str | None) -> int | None:
    """Seconds since 1970 of a time as RFC 3339 writes it, without fractions.

    None where there is none, it is not one, or it is what reproducible builders write instead.

    >>> seconds_of("2023-11-14T22:13:20.5Z"), seconds_of("1970-01-01T00:00:01Z")
    (1700000000, None)
    """
    found = _RFC3339.fullmatch(text) if text else None
    if not found or found[1].startswith(_NO_TIMES):
        return None
    offset = "+00:00" if found[2] in "Zz" else found[2]
    try:
        moment = datetime.fromisoformat(f"{found[1].upper()}{offset}")
        return int(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):
        return None  # The 30th of February, or an hour 99: not a time.
