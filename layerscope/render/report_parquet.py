r"""A report as a Parquet file: its layers, or one of its tables, with types.

Numbers are 64 bits, texts are strings, which hold Unicode and nothing else. A byte of a name that
is not UTF-8 is shown as `\xHH`; so that no name is lost, what may be such a name has a second
column of bytes, which is null for all names that are UTF-8. The columns are always the same ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.errors import BadDocumentError
from layerscope.render.report_columns import LAYERS, TYPES, columns_of

if TYPE_CHECKING:
    from layerscope.report.document import Report

NAMES = {"files": ("path", "link_target", "linked_to")}
"""Columns of names as a tar has them: each has a column of bytes behind it, `path_bytes`."""


def report_parquet(report: Report, *, table: str | None = None) -> bytes:
    """A Parquet file of a row for each layer of each image, or of the rows of a table.

    `image` is the position of the image in the report. The file's metadata tell the schema of the
    report, the table, and which release wrote it.

    Args:
        report: The report.
        table: See `report_columns.columns_of`, and for what it raises.

    Raises: `BadDocumentError`, too, for a number that has no room in 64 bits.
    """
    import pyarrow as pa  # noqa: PLC0415 - slow to load, and few ask for it
    import pyarrow.parquet as pq  # noqa: PLC0415 - the same

    columns = columns_of(report, table)
    types = TYPES[table or LAYERS]
    arrays: dict[str, Any] = {}
    for name, column in columns.items():
        if types[name] is int:
            try:
                arrays[name] = pa.array(column, pa.int64())
            except (pa.ArrowInvalid, OverflowError) as error:
                raise BadDocumentError(f"{name}: a number has no room in 64 bits") from error
        else:
            arrays[name] = pa.array(list(map(_shown, column)), pa.string())
        if name in NAMES.get(table or LAYERS, ()):
            arrays[f"{name}_bytes"] = pa.array(list(map(_bytes, column)), pa.binary())
    about = {
        "layerscope.schema": report.schema,
        "layerscope.table": table or LAYERS,
        "layerscope.version": report.tool.version.encode("utf-8", "backslashreplace"),
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays).replace_schema_metadata(about), sink, compression="zstd")
    written: bytes = sink.getvalue().to_pybytes()
    return written


def _shown(text: Any) -> str | None:  # noqa: ANN401 - a cell of a column of texts
    """The text with an escape for each byte that is not UTF-8, and for halves of characters."""
    if text is None or text.isascii():
        return text  # type: ignore[no-any-return] # a text or None
    return _raw(text).decode("utf-8", "backslashreplace")


def _bytes(text: Any) -> bytes | None:  # noqa: ANN401 - the same
    """The bytes of a name that is not UTF-8, None for all others."""
    return None if text is None or text.isascii() or _is_text(text) else _raw(text)


def _raw(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        # JSON can name half of a character: it stands for no byte of a name.
        return text.encode("utf-8", "backslashreplace")


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
