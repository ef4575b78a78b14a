"""The tables `files` and `growth` of a saved report: what is visible in its images.

Columns are parallel lists, one row for each path of each image, sorted by image and path. So an
image can be compared when it is no longer at hand.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.analysis.snapshot import Entry, Snapshot
from layerscope.errors import BadDocumentError
from layerscope.files.columns import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.report.document import Report

    Cell = int | float | str | None

NAME = "files"
"""What the table is called in `Report.tables`."""
GROWTH = "growth"
"""What the table of layers is called; its columns are `GROWTH_COLUMNS`."""

GROWTH_COLUMNS = {
    "image": "position of the image in `images`",
    "layer": "index of the layer",
    "effect_bytes": "by how much it makes the visible bytes grow; they sum to the visible bytes",
}

COLUMNS = {
    "image": "position of the image in `images`",
    "path": "absolute and clean",
    "kind": "file dir symlink char block fifo other; hardlink where what it names is not there",
    "size_bytes": "content of a regular file, 0 for all else",
    "mode": "permission bits as a number",
    "uid": "owner",
    "gid": "group",
    "mtime_ns": "nanoseconds since 1970; null for a directory that no member describes",
    "link_target": "of a symlink, as stored; null for all else",
    "content": "`blake3:…` of a regular file; null for all else or if not hashed",
    "xattrs": "sha256 of the sorted extended attributes in hexadecimal; null if there are none",
    "linked_to": "the first name of the inode where it has several and this is another; else null",
    "layer": "index of the layer that stores what is at the path",
}
"""The columns, in order, and what they hold."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBERS = ("size_bytes", "mode", "uid", "gid", "layer")
_MOST = 2**63


def table_of(snapshots: Mapping[int, Snapshot]) -> dict[str, list[Cell]]:
    """The table of images, by their positions in the report; those left out have no rows."""
    table: dict[str, list[Cell]] = {name: [] for name in COLUMNS}
    columns = list(table.values())
    for image in sorted(snapshots):
        snapshot = snapshots[image]
        for path in sorted(snapshot.entries):
            entry = snapshot.entries[path]
            cells = (
                image,
                _text(path),
                *entry[:6],
                _text(entry.link_target),
                f"{snapshot.hashed}:{entry.content.hex()}" if entry.content is not None else None,
                entry.xattrs.hex() if entry.xattrs is not None else None,
                _text(entry.linked_to),
                entry.layer,
            )
            for column, cell in zip(columns, cells, strict=True):
                column.append(cell)
    return table


def growth_table_of(snapshots: Mapping[int, Snapshot]) -> dict[str, list[Cell]]:
    """The table of what each layer does to the visible bytes, sorted by image and layer."""
    table: dict[str, list[Cell]] = {name: [] for name in GROWTH_COLUMNS}
    for image in sorted(snapshots):
        for layer, effect in enumerate(snapshots[image].effects or ()):
            for name, cell in zip(GROWTH_COLUMNS, (image, layer, effect), strict=True):
                table[name].append(cell)
    return table


def snapshots_of(report: Report, reading: str) -> dict[int, Snapshot]:
    """The snapshot of each image of the report that the table has rows of, by position.

    A report without the table has none. An image without files has no rows, and is known only if
    its report says that it shows no byte.

    Raises: `BadDocumentError` if columns are missing, are not of one length, or hold what the image
        cannot hold.
    """
    if NAME not in report.tables:
        return {}
    found = _entries(report, reading)
    for position, image_row in enumerate(report.images):
        if image_row.visible_bytes == 0:
            found.setdefault(position, {})
    for entries in found.values():
        _check_links(entries, reading)
    effects = _effects(report)
    snapshots = {}
    for position, entries in found.items():
        layer_ids = tuple(layer.diff_id for layer in report.images[position].layers)
        known = effects.get(position, [])
        snapshot = Snapshot(entries, layer_ids)
        if len(known) == len(layer_ids) and sum(known) == snapshot.visible_bytes():
            snapshot = replace(snapshot, effects=tuple(known))
        snapshots[position] = snapshot
    return snapshots


def _entries(report: Report, reading: str) -> dict[int, dict[bytes, Entry]]:
    """The entries by image and path. Raises: `BadDocumentError`, as above."""
    table = report.tables[NAME]
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise BadDocumentError(f"tables.files: expected a column {missing[0]}, found none", reading)
    columns = [table[name] for name in COLUMNS]
    if len({len(column) for column in columns}) != 1:
        raise BadDocumentError("tables.files: expected columns of one length", reading)
    place = f"{reading}: " if reading else ""
    found: dict[int, dict[bytes, Entry]] = {}
    for row, cells in enumerate(zip(*columns, strict=True)):
        where = f"{place}tables.files: row {row}"
        values = dict(zip(COLUMNS, cells, strict=True))
        image = values["image"]
        if type(image) is not int or not 0 <= image < len(report.images):
            raise BadDocumentError("image: expected the position of one", where)
        path, entry = _entry(values, len(report.images[image].layers), where)
        if path in found.setdefault(image, {}):
            raise BadDocumentError("path: expected each once in an image", where)
        found[image][path] = entry
    return found


def _effects(report: Report) -> dict[int, list[int]]:
    """What each layer of each image does, as far as the table `growth` says so in whole numbers."""
    table = report.tables.get(GROWTH, {})
    columns = [table.get(name, []) for name in GROWTH_COLUMNS]
    found: dict[int, list[int]] = {}
    for image, layer, effect in zip(*columns, strict=False):
        if type(image) is int and type(effect) is int:
            known = found.setdefault(image, [])
            if layer == len(known):
                known.append(effect)
    return found


def _entry(values: Mapping[str, Cell], layers: int, where: str) -> tuple[bytes, Entry]:
    numbers = {}
    for name in _NUMBERS:
        value = values[name]
        if type(value) is not int or not -_MOST <= value < _MOST:
            raise BadDocumentError(f"{name}: expected a whole number", where)
        numbers[name] = value
    if numbers["size_bytes"] < 0 or not 0 <= numbers["layer"] < layers:
        raise BadDocumentError("expected a size from 0 and the index of a layer", where)
    path = _bytes(values, "path", where)
    if path is None or not path.startswith(b"/"):
        raise BadDocumentError("path: expected an absolute one", where)
    mtime = values["mtime_ns"]
    if mtime is not None and type(mtime) is not int:
        raise BadDocumentError("mtime_ns: expected a whole number or null", where)
    kind = values["kind"]
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadDocumentError("kind: expected one of " + ", ".join(KINDS), where)
    if kind != "file" and numbers["size_bytes"]:
        raise BadDocumentError("size_bytes: expected 0 for what is no file", where)
    return path, Entry(
        kind,
        numbers["size_bytes"],
        numbers["mode"],
        numbers["uid"],
        numbers["gid"],
        mtime,
        _bytes(values, "link_target", where),
        _digest(values, "content", "blake3:", where),
        _digest(values, "xattrs", "", where),
        _bytes(values, "linked_to", where),
        numbers["layer"],
    )


def _check_links(entries: Mapping[bytes, Entry], reading: str) -> None:
    """Raises `BadDocumentError` if the first name of an inode is not there: bytes would be lost."""
    for entry in entries.values():
        if entry.linked_to is not None:
            first = entries.get(entry.linked_to)
            if first is None or first.linked_to is not None or first[0:2] != entry[0:2]:
                raise BadDocumentError("tables.files: a hard link names no first name", reading)


def _bytes(values: Mapping[str, Cell], name: str, where: str) -> bytes | None:
    value = values[name]
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadDocumentError(f"{name}: expected a text", where)
    try:
        return value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise BadDocumentError(f"{name}: expected UTF-8 with escaped bytes", where) from error


def _digest(values: Mapping[str, Cell], name: str, prefix: str, where: str) -> bytes | None:
    value = values[name]
    if value is None:
        return None
    digits = value.removeprefix(prefix) if isinstance(value, str) else ""
    if not str(value).startswith(prefix) or not _DIGEST.fullmatch(digits):
        raise BadDocumentError(f"{name}: expected {prefix}… of 64 digits or null", where)
    return bytes.fromhex(digits)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "surrogateescape")
