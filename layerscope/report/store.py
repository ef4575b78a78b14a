"""How documents are written and read again: ASCII JSON by the standard library.

msgspec's own JSON refuses lone surrogates, which names in images may hold, so it only checks types
here. The same document always gives the same bytes: keys are sorted, lists come as they are.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import msgspec

from layerscope.errors import BadDocumentError, shown
from layerscope.report.document import SCHEMA, Report, Row

if TYPE_CHECKING:
    from collections.abc import Callable

EXPANDED = frozenset({"images", "numbers", "pairs", "split_by_package"})
"""Lists whose rows are laid out over many lines."""

T = TypeVar("T", bound=Row)


def dump(document: Row) -> bytes:
    """The document as ASCII JSON with sorted keys and a final newline.

    One field a line; what is in a list is one line too, but for the few lists that hold documents
    of their own (`EXPANDED`).
    """
    encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True).encode
    pieces: list[str] = []
    _write(msgspec.to_builtins(document), "\n", encode, pieces)
    pieces.append("\n")
    return "".join(pieces).encode("ascii")


def _write(
    value: object, line: str, encode: Callable[[object], str], pieces: list[str], name: str = ""
) -> None:
    """Appends a value; `line` is a line break with the indentation of what the value is in.

    Lists may have 100,000s of rows: those go through the C encoder, one call for each.
    """
    if isinstance(value, dict) and value:
        between = "{"
        for key in sorted(value):
            pieces.append(f"{between}{line} {encode(key)}: ")
            _write(value[key], line + " ", encode, pieces, key)
            between = ","
        pieces.append(line + "}")
    elif isinstance(value, list) and value and isinstance(value[0], (dict, list)):
        between = "["
        for row in value:
            pieces.append(f"{between}{line} ")
            if name in EXPANDED:
                _write(row, line + " ", encode, pieces)
            else:
                pieces.append(encode(row))
            between = ","
        pieces.append(line + "]")
    else:
        pieces.append(encode(value))


def load(data: bytes, reading: str = "report") -> Report:
    """The report that `data` holds; fields that this release does not know are left out.

    Args:
        data: JSON as `dump` or a later release writes it.
        reading: What is being read, for messages.

    Raises: `BadDocumentError` if it is no JSON, of another schema, or a field has a wrong type.
    """
    try:
        values = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BadDocumentError(f"expected a report in JSON: {shown(error, 80)}", reading) from error
    return report_of(values, reading)


def report_of(values: object, reading: str) -> Report:
    """Decoded JSON as a report. Raises: `BadDocumentError`, as `load` does."""
    found = values.get("schema") if isinstance(values, dict) else None
    if found != SCHEMA:
        raise BadDocumentError(
            f'expected a document with "schema": "{SCHEMA}", found {shown(found, 40)!r}', reading
        )
    return convert(values, Report, reading)


def convert(values: object, kind: type[T], reading: str) -> T:
    """Decoded JSON as a typed document. Raises: `BadDocumentError` where a type is wrong."""
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadDocumentError(shown(error), reading) from error
    except UnicodeEncodeError as error:
        # msgspec reads a text where it wants a number, and cannot read a lone surrogate.
        raise BadDocumentError("expected a number, found a text", reading) from error
