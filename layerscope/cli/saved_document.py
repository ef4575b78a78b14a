"""A document that layerscope wrote, read again: which kind it is, and whether it is one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from layerscope.cli.renderings import RENDERINGS
from layerscope.errors import BadDocumentError, UnreadableInputError, shown

if TYPE_CHECKING:
    from typing import BinaryIO

STDIN = "-"
DOCUMENT_BYTES = 2 * 1024**3
"""The longest document that is read: the table of some millions of files."""

_SCHEMA = re.compile(r"(layerscope\.[a-z-]+)/([0-9]{1,9})")


def read_document(path: str, stdin: BinaryIO | None) -> Any:  # noqa: ANN401 - of many types
    """The document in a file, or in standard input for `-`; see `RENDERINGS` for its type.

    Fields that this release does not know are left out.

    Raises: `UnreadableInputError`; `BadDocumentError` for what is no JSON, no document that is
        printed as text, one of a newer version, or one with a field of a wrong type.
    """
    where = "standard input" if path == STDIN else shown(path)
    try:
        values = json.loads(_data(path, where, stdin))
    except (ValueError, RecursionError) as error:
        raise BadDocumentError(
            f"expected a document of layerscope in JSON: {shown(error, 80)}",
            where,
            hint="a command writes one with -f json; images are for analyze",
        ) from error
    schema = _schema(values, where)
    from layerscope.report.store import convert  # noqa: PLC0415 - not for what is no JSON

    return convert(values, RENDERINGS[schema].load_type(), where)


def _schema(values: object, where: str) -> str:
    """What the document says that it is. Raises: `BadDocumentError` if that is nothing of ours."""
    schema = values.get("schema") if isinstance(values, dict) else None
    if not isinstance(schema, str):
        raise BadDocumentError('expected a document with a "schema", found none', where)
    if schema in RENDERINGS:
        return schema
    found = _SCHEMA.fullmatch(schema)
    if found and f"{found[1]}/1" in RENDERINGS:
        raise BadDocumentError(
            f"it is a {schema}, and this release of layerscope knows {found[1]}/1 only",
            where,
            hint="the release that wrote it, or a newer one, prints it",
        )
    raise BadDocumentError(f"nothing here prints a document of {shown(schema, 40)!r}", where)


def _data(path: str, where: str, stdin: BinaryIO | None) -> bytes:
    try:
        if path == STDIN:
            if stdin is None:
                raise UnreadableInputError("it is closed", where)
            data = stdin.read(DOCUMENT_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", where) from error
    except ValueError as error:
        raise UnreadableInputError("no file has such a name", where) from error
    if len(data) > DOCUMENT_BYTES:
        raise BadDocumentError(f"the document has more than {DOCUMENT_BYTES} bytes", where)
    return data
