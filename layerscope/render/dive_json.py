"""dive's export document, for tools that read what `dive --json` writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from layerscope.analysis.dive import dive_numbers
from layerscope.analysis.dive_tree import NO_ROW, DiveTree, go_clean, rows_in_order
from layerscope.files.columns import DIGEST_BYTES, KINDS
from layerscope.files.hashing import NO_DIGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from layerscope.analysis.dive import DiveNumbers, InefficientFile
    from layerscope.files.columns import FileColumns
    from layerscope.report.document import HistoryRow, ImageRow, LayerRow

_SHELL = "/bin/sh -c "

# Go's `fs.FileMode` keeps the kind and the special bits elsewhere than tar does.
_MODE_OF_KIND = {
    "dir": 1 << 31,
    "symlink": 1 << 27,
    "block": 1 << 26,
    "char": 1 << 26 | 1 << 21,
    "fifo": 1 << 25,
}
_SPECIAL_BITS = ((0o4000, 1 << 23), (0o2000, 1 << 22), (0o1000, 1 << 20))
_TYPE_OF_KIND = {
    "file": ord("0"),
    "hardlink": ord("1"),
    "symlink": ord("2"),
    "char": ord("3"),
    "block": ord("4"),
    "dir": ord("5"),
    "fifo": ord("6"),
    # Whiteouts are regular files or, from AUFS, hard links; see `_file`.
    "whiteout": ord("0"),
    # Which type it was is not in the file table. dive names a directory without a member so, too.
    "other": 0,
}
_KINDS = [(_TYPE_OF_KIND.get(kind, 0), _MODE_OF_KIND.get(kind, 0), kind == "dir") for kind in KINDS]
_DIR, _WHITEOUT = KINDS.index("dir"), KINDS.index("whiteout")

_IMPLIED = {
    "path": "",
    "typeFlag": 0,
    "linkName": "",
    "size": 0,
    "fileMode": 0,
    "uid": 0,
    "gid": 0,
    "isDir": False,
}
"""What dive writes of a directory that no member describes."""


def dive_json(
    image: ImageRow, layers: Sequence[FileColumns], numbers: DiveNumbers | None = None
) -> Iterator[bytes]:
    """The pieces of dive's export: its fields in its order, one file a line, ASCII.

    Args:
        image: The image; every layer of it was read.
        layers: The file tables of its layers, from the base up.
        numbers: What `dive_numbers` says of them; None if it was not asked yet.

    Names that are no UTF-8 hold lone surrogates, where dive has U+FFFD. Type flags are those of the
    kind: a contiguous or sparse file is written as a regular one.
    Raises: `OverLimitError`, as `dive_numbers`, before anything is written.
    Source: dive 0.13.1, runtime/export, dive/image/docker/image_archive.go, `ToImage`.
    """
    if numbers is None:
        numbers = dive_numbers(layers)
    encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False).encode
    records = {record.layer: record for record in image.history if record.layer is not None}
    yield b'{\n  "layer": ['
    between = b"\n    {"
    for row, columns, size in zip(image.layers, layers, numbers.layer_bytes, strict=True):
        yield between + _head(row, records.get(row.index), size, encode)
        yield from _list(_files(columns), encode, b"      ")
        yield b"\n    }"
        between = b",\n    {"
    yield b"\n  ],\n" if image.layers else b"],\n"
    yield (
        '  "image": {\n'
        f'    "sizeBytes": {numbers.size_bytes},\n'
        f'    "inefficientBytes": {numbers.wasted_bytes},\n'
        f'    "efficiencyScore": {encode(numbers.efficiency)},\n'
        '    "fileReference": '
    ).encode("ascii")
    yield from _list(map(_reference, numbers.inefficient), encode, b"    ")
    yield b"\n  }\n}\n"


def _head(
    layer: LayerRow, record: HistoryRow | None, size: int, encode: Callable[[object], str]
) -> bytes:
    """The fields of a layer before its list of files, which begins at the end.

    A layer without a history record has no digest either in dive.
    """
    command = "(missing)" if record is None else record.created_by or ""
    fields = {
        "index": layer.index,
        "id": layer.stored_as.partition("/")[0],
        "digestId": "" if record is None else layer.diff_id or "",
        "sizeBytes": size,
        "command": command.removeprefix(_SHELL),
    }
    lines = [f'\n      "{name}": {encode(value)},' for name, value in fields.items()]
    return "".join([*lines, '\n      "fileList": ']).encode("ascii")


def _list(
    values: Iterator[dict[str, Any]], encode: Callable[[object], str], margin: bytes
) -> Iterator[bytes]:
    yield b"["
    between = b"\n  " + margin
    for value in values:
        yield between + encode(value).encode("ascii")
        between = b",\n  " + margin
    yield b"\n" + margin + b"]" if between.startswith(b",") else b"]"


def _files(columns: FileColumns) -> Iterator[dict[str, Any]]:
    names = columns.stored_names()
    for row in rows_in_order(DiveTree(columns)):
        yield _IMPLIED if row == NO_ROW else _file(columns, row, names[row])


def _file(columns: FileColumns, row: int, name: bytes) -> dict[str, Any]:
    kind = columns.kinds[row]
    flag, mode_of_kind, is_dir = _KINDS[_DIR if _is_marked_dir(columns, row) else kind]
    stored = columns.modes[row]
    mode = stored & 0o777 | mode_of_kind
    for bit, go_bit in _SPECIAL_BITS:
        if stored & bit:
            mode |= go_bit
    link = columns.links.get(row)
    if kind == _WHITEOUT and link is not None:
        flag = _TYPE_OF_KIND["hardlink"]
    return {
        "path": _text(go_clean(name)),
        "typeFlag": flag,
        "linkName": "" if link is None else _text(link),
        "size": columns.size_bytes[row],
        "fileMode": mode,
        "uid": columns.uids[row],
        "gid": columns.gids[row],
        "isDir": is_dir,
    }


def _is_marked_dir(columns: FileColumns, row: int) -> bool:
    """Whether a whiteout is a directory, such as AUFS's `.wh..wh.plnk`: it has no digest then."""
    if columns.kinds[row] != _WHITEOUT or columns.hashed is None or row in columns.links:
        return False
    digest = columns.contents[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES]
    return digest == NO_DIGEST and row not in columns.unhashed


def _reference(file: InefficientFile) -> dict[str, Any]:
    return {"count": file.count, "sizeBytes": file.size_bytes, "file": _text(file.path)}


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
