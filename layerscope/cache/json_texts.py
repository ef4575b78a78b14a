"""Texts in JSON that stand for bytes and for modes, as cases and records of builds have them."""

from __future__ import annotations

import json

HALF = b"\\ud"
LONGEST_MODE = len("0100644")
MOST_MODE = 0o7777


def loads(data: bytes) -> object:
    r"""The values of a JSON document; bytes that are no UTF-8 are lone surrogates in it.

    >>> loads(b'["\\udcff"]')
    ['\udcff']

    Raises: `ValueError` if it is no JSON, is nested too deeply, or a text has a surrogate that
        stands for no byte.
    """
    try:
        values: object = json.loads(data)
        # Characters beyond 16 bits are written with such halves too, so all must be looked at.
        if HALF in data.lower():
            json.dumps(values, ensure_ascii=False).encode("utf-8", "surrogateescape")
    except RecursionError:
        problem = "it is nested too deeply"
        raise ValueError(problem) from None
    except UnicodeEncodeError:
        problem = "a text holds a surrogate that stands for no byte"
        raise ValueError(problem) from None
    return values


def mode(text: str) -> int:
    """Permission bits from octal digits, such as `0644`; those of a kind are left out.

    Raises: `ValueError`.
    """
    if not text or len(text) > LONGEST_MODE or not set(text) <= set("01234567"):
        problem = "expected octal digits"
        raise ValueError(problem)
    return int(text, 8) & MOST_MODE
