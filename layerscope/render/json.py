"""Documents as JSON: ASCII, sorted keys, the same bytes for the same document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from layerscope.report.answers import FilesHead
from layerscope.report.store import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from layerscope.report.answers import FileRow, FilesDocument
    from layerscope.report.document import Row


def document(value: Row) -> Iterator[bytes]:
    """The pieces of a whole document."""
    yield dump(value)


def files(head: FilesHead, rows: Iterable[FileRow] | None) -> Iterator[bytes]:
    """The pieces of a `layerscope.files/1` document, one entry a line, none kept in memory.

    Without rows (None: they could not be read) the entries are `null`.
    """
    encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True).encode
    values = msgspec.to_builtins(head)
    start = "{\n "
    for name in sorted([*values, "entries"]):
        yield f"{start}{json.dumps(name)}: ".encode("ascii")
        if name == "entries":
            yield from _entries(encode, rows)
        else:
            yield encode(values[name]).encode("ascii")
        start = ",\n "
    yield b"\n}\n"


def files_document(document: FilesDocument) -> Iterator[bytes]:
    """The pieces of a document that was read again: the bytes are those that it was read from."""
    values = {name: getattr(document, name) for name in FilesHead.__struct_fields__}
    return files(FilesHead(**values), document.entries)


def _entries(encode: Callable[[object], str], rows: Iterable[FileRow] | None) -> Iterator[bytes]:
    if rows is None:
        yield b"null"
        return
    yield b"["
    between = b"\n  "
    for row in rows:
        yield between + encode(msgspec.to_builtins(row)).encode("ascii")
        between = b",\n  "
    yield b"\n ]" if between.startswith(b",") else b"]"
