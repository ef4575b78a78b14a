"""JSON documents from hostile bytes, as plain Python values, and their fields by type.

The outcome is that of Go's `encoding/json`, with which engines and registries read the same
documents, wherever that can be had: bytes that are not UTF-8 and lone surrogates become U+FFFD, a
byte order mark is refused, a field that is `null` counts as absent. Three things differ. Where a
key stands twice the last value counts as a whole (Go merges objects); keys are compared exactly
(Go ignores case); nesting ends at `MAX_DEPTH` (Go: 10,000), so that later code may recurse.
"""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from layerscope.errors import BadDocumentError, OverLimitError, shown

MAX_DEPTH = 200
"""Nested objects and arrays; the spec's own documents need six."""

MAX_CONTAINERS = 5_000_000
"""Objects and arrays of one document: each costs up to 200 bytes of memory for 3 of text."""

MAX_NUMBER_CHARACTERS = 40
"""Longer numbers stay text: turning digits into an integer takes quadratic time."""

MAX_SIZE = 2**63 - 1
"""Sizes are int64 in the spec."""

# A pair of surrogate escapes is one character and stays; the group is an escape without its other
# half. The last branch steps over every other escape, so that `\\ud800` is not taken for one.
_SURROGATES = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class HugeNumber(str):
    """A number of a document that no machine number holds, kept as the text that stood there.

    It is refused wherever the spec wants a number or a text; in an unknown field it is kept.
    """

    __slots__ = ()


def parse_object(data: bytes, what: str) -> dict[str, object]:
    """The JSON object that `data` holds; `what` names the document in errors.

    Where a key stands twice the last one counts. Numbers that are too long or too large are
    `HugeNumber`s.

    Raises: `BadDocumentError` if the bytes are no JSON, if anything follows it, if it is nested
        deeper than `MAX_DEPTH`, or if it is not an object. `OverLimitError` for more than
        `MAX_CONTAINERS` objects and arrays.

    >>> parse_object(b'{"os": "linux", "os": "windows"}', "config")
    {'os': 'windows'}
    """
    return as_object(_parse(data, what), what)


def parse_array(data: bytes, what: str) -> list[object]:
    """The JSON array that `data` holds, under the rules and with the errors of `parse_object`."""
    return as_list(_parse(data, what), what)


def as_object(value: object, what: str) -> dict[str, object]:
    """`value`, which must be a JSON object.

    Raises: `BadDocumentError` if it is not.
    """
    if not isinstance(value, dict):
        raise BadDocumentError(f"expected an object, found {kind(value)}", what)
    return value


def as_list(value: object, what: str) -> list[object]:
    """`value`, which must be a JSON array.

    Raises: `BadDocumentError` if it is not.
    """
    if not isinstance(value, list):
        raise BadDocumentError(f"expected a list, found {kind(value)}", what)
    return value


def optional_str(obj: dict[str, object], key: str, what: str) -> str | None:
    """The text at `key`; None where it is missing or null.

    Raises: `BadDocumentError` for another type.
    """
    value = obj.get(key)
    if value is None:
        return None
    # Compared by exact type: a `HugeNumber` is no text of the document.
    if type(value) is not str:
        refuse(key, "a text", value, what)
    return value


def optional_bool(obj: dict[str, object], key: str, what: str) -> bool:
    """The truth value at `key`; False where it is missing or null.

    Raises: `BadDocumentError` for another type.
    """
    value = obj.get(key)
    if value is None:
        return False
    if not isinstance(value, bool):
        refuse(key, "true or false", value, what)
    return value


def optional_int(obj: dict[str, object], key: str, what: str) -> int | None:
    """The integer at `key`; None where it is missing or null.

    Raises: `BadDocumentError` for another type; `1.0` and `1e3` are none, as in Go.
    """
    value = obj.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        refuse(key, "an integer", value, what)
    return value


def size(obj: dict[str, object], key: str, what: str) -> int:
    """The number of bytes at `key`, from 0 to `MAX_SIZE`.

    Raises: `BadDocumentError` where it is missing, null, negative, too large or no integer.
    """
    value = obj.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SIZE:
        refuse(key, "a number of bytes", value, what)
    return value


def optional_object(obj: dict[str, object], key: str, what: str) -> dict[str, object] | None:
    """The object at `key`; None where it is missing or null.

    Raises: `BadDocumentError` for another type.
    """
    value = obj.get(key)
    if value is None:
        return None
    if not isinstance(value, dict):
        refuse(key, "an object", value, what)
    return value


def optional_list(obj: dict[str, object], key: str, what: str) -> list[object]:
    """The array at `key`; empty where it is missing or null.

    Raises: `BadDocumentError` for another type.
    """
    value = obj.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        refuse(key, "a list", value, what)
    return value


def string_list(obj: dict[str, object], key: str, what: str) -> tuple[str, ...]:
    """The texts of the array at `key`; empty where it is missing or null, `""` for a null in it.

    Raises: `BadDocumentError` for another type, of the field or of a value in it.
    """
    texts = []
    for position, value in enumerate(optional_list(obj, key, what)):
        if value is not None and type(value) is not str:
            refuse(f"{key}[{position}]", "a text", value, what)
        texts.append(value or "")
    return tuple(texts)


def str_map(obj: dict[str, object], key: str, what: str) -> dict[str, str]:
    """The names and texts at `key`; empty where it is missing or null, `""` for a null value.

    Raises: `BadDocumentError` for another type, of the field or of a value in it.
    """
    texts = {}
    for name, value in (optional_object(obj, key, what) or {}).items():
        if value is not None and type(value) is not str:
            refuse(f"{key}.{shown(name, 40)}", "a text", value, what)
        texts[name] = value or ""
    return texts


def others(obj: dict[str, object], known: frozenset[str]) -> dict[str, object]:
    """The fields of `obj` that are not `known`, in their order."""
    return {key: value for key, value in obj.items() if key not in known}


def refuse(key: str, expected: str, found: object, what: str) -> NoReturn:
    """Raises `BadDocumentError`: `key` of `what` should be `expected` and is `found`."""
    raise BadDocumentError(f"{key}: expected {expected}, found {kind(found)}", what)


def kind(value: object) -> str:
    """What a JSON value is, in words for a message; numbers and short texts are shown."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, HugeNumber):
        return f"the number {shown(value, 24)}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f'the text "{shown(value, 40)}"'
    return "a list" if isinstance(value, list) else "an object"


def _parse(data: bytes, what: str) -> object:
    if data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise BadDocumentError("expected JSON, found a byte order mark", what)
    text = data.decode("utf-8", "replace")
    containers = text.count("{") + text.count("[")
    if containers > MAX_CONTAINERS:
        raise OverLimitError(f"more than {MAX_CONTAINERS} JSON objects and arrays", what)
    if "\\ud" in text or "\\uD" in text:
        text = _SURROGATES.sub(lambda match: "\\ufffd" if match[1] else match[0], text)
    try:
        value: object = json.loads(
            text, parse_int=_integer, parse_float=_number, parse_constant=_no_constant
        )
    except RecursionError:
        raise BadDocumentError(f"nested deeper than {MAX_DEPTH}", what) from None
    except json.JSONDecodeError as error:
        raise BadDocumentError(_says(error, len(text)), what) from None
    except _ConstantError as error:
        raise BadDocumentError(f"expected JSON, found {error}", what) from None
    if containers > MAX_DEPTH:
        _check_depth(value, what)
    return value


class _ConstantError(Exception):
    """`NaN` or an infinity, which Python's reader takes and JSON does not have."""


def _no_constant(name: str) -> NoReturn:
    raise _ConstantError(name)


def _integer(text: str) -> int | HugeNumber:
    return int(text) if len(text) <= MAX_NUMBER_CHARACTERS else HugeNumber(text)


def _number(text: str) -> float | HugeNumber:
    if len(text) > MAX_NUMBER_CHARACTERS:
        return HugeNumber(text)
    # An infinity would be written back as text that is no JSON.
    number = float(text)
    return number if math.isfinite(number) else HugeNumber(text)


def _says(error: json.JSONDecodeError, length: int) -> str:
    if length == 0:
        return "expected JSON, found an empty document"
    if error.pos >= length:
        return "the JSON document ends early"
    if error.msg == "Extra data":
        return f"expected one JSON value, found more at character {error.pos}"
    # Python's words (`Expecting ',' delimiter`) hold nothing of the document.
    return f"expected JSON: {error.msg[:1].lower()}{error.msg[1:]} (character {error.pos})"


def _check_depth(value: object, what: str) -> None:
    """Level by level, since walking a deep value by recursion is what must not happen."""
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for container in level:
            if isinstance(container, dict):
                inner.extend(item for item in container.values() if isinstance(item, dict | list))
            elif isinstance(container, list):
                inner.extend(item for item in container if isinstance(item, dict | list))
        if not inner:
            return
        level = inner
    raise BadDocumentError(f"nested deeper than {MAX_DEPTH}", what)
