"""A table of a report as columns, checked: its layers, or one of those that it holds on request.

What is written as a table needs columns of one length and one type. A report that was saved may
hold anything, so all that is promised here is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError, UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.report.document import Report

    Cell = int | float | str | None

LAYERS = "layers"

TYPES: dict[str, dict[str, type]] = {
    LAYERS: {
        "image": int,
        "input": str,
        "index": int,
        "name": str,
        "platform": str,
        "manifest_digest": str,
        "config_digest": str,
        "layer": int,
        "digest": str,
        "diff_id": str,
        "chain_id": str,
        "media_type": str,
        "compression": str,
        "verified": str,
        "missing": str,
        "compressed_bytes": int,
        "uncompressed_bytes": int,
        "content_bytes": int,
        "hidden_bytes": int,
        "snapshot_bytes": int,
        "entries": int,
        "files": int,
        "created_by": str,
    },
    "files": {
        "image": int,
        "path": str,
        "kind": str,
        "size_bytes": int,
        "mode": int,
        "uid": int,
        "gid": int,
        "mtime_ns": int,
        "link_target": str,
        "content": str,
        "xattrs": str,
        "linked_to": str,
        "layer": int,
    },
    "growth": {"image": int, "layer": int, "effect_bytes": int},
    "packages": {
        "image": int,
        "kind": str,
        "name": str,
        "version": str,
        "arch": str,
        "purl": str,
        "source": str,
        "state": str,
        "files": int,
        "visible_bytes": int,
        "hidden_bytes": int,
    },
}
"""The columns of each table, in order, and what they hold; any cell may be None."""


def columns_of(report: Report, table: str | None) -> dict[str, Sequence[Cell]]:
    """The columns of a table by name, in the order of `TYPES`.

    Args:
        report: The report.
        table: `files`, `growth` or `packages`; None means a row for each layer of each image.

    Raises: `UsageError` if the report has no such table, `BadDocumentError` if a column is missing,
        not as long as the others or holds what it cannot hold.
    """
    if table is None:
        return _layers(report)
    if table not in TYPES or table not in report.tables:
        there = ", ".join(shown(name, 40) for name in report.tables if name in TYPES)
        raise UsageError(
            f"the report has no table {shown(table, 40)!r}",
            "--tables",
            hint=f"analyze --tables NAMES puts them in; this one has {there or 'none'}",
        )
    return _checked(table, report.tables[table])


def _checked(table: str, found: Mapping[str, Sequence[Cell]]) -> dict[str, Sequence[Cell]]:
    columns: dict[str, Sequence[Cell]] = {}
    length = None
    for name, kind in TYPES[table].items():
        column = found.get(name)
        if column is None:
            raise BadDocumentError(f"tables.{table}: expected a column {name}, found none")
        if length is not None and len(column) != length:
            raise BadDocumentError(f"tables.{table}: its columns are not of one length")
        length = len(column)
        strange = set(map(type, column)) - {kind, type(None)}
        if strange:
            word = "text" if kind is str else "whole numbers"
            raise BadDocumentError(
                f"tables.{table}.{name}: expected {word}, found a {strange.pop().__name__}"
            )
        columns[name] = column
    return columns


def _layers(report: Report) -> dict[str, Sequence[Cell]]:
    columns: dict[str, list[Cell]] = {name: [] for name in TYPES[LAYERS]}
    for position, image in enumerate(report.images):
        of_image: dict[str, Cell] = {
            "image": position,
            "input": image.input,
            "index": image.index,
            "name": image.names[0] if image.names else None,
            "platform": str(image.platform),
            "manifest_digest": image.manifest_digest,
            "config_digest": image.config_digest,
        }
        for layer in image.layers:
            for name, column in columns.items():
                at = "index" if name == "layer" else name
                column.append(of_image[name] if name in of_image else getattr(layer, at))
    return {**columns}
