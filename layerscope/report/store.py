"""How documents are written and read again: ASCII JSON by the standard library.

msgspec's own JSON refuses lone surrogates, which names in images may hold, so it only checks types
here. The same document always gives the same bytes: keys are sorted, lists come as they are.
"""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

from layerscope.errors import BadDocumentError, shown
from layerscope.report.document import SCHEMA, Report, Row

T = TypeVar("T", bound=Row)


def dump(document: Row) -> bytes:
    """The document as ASCII JSON with sorted keys, one field a line, and a final newline."""
    values = msgspec.to_builtins(document)
    text = json.dumps(values, ensure_ascii=True, allow_nan=False, sort_keys=True, indent=1)
    return text.encode("ascii") + b"\n"


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
