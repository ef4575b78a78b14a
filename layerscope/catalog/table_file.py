"""A layer's file table as one Parquet file: everything in it, and the numbers of its scan.

One row for each row of `FileColumns`, in tar order, in one row group. `name` is missing where it is
the path without its first slash, which it nearly always is. Any program that reads Parquet can ask
these files; the seal of `catalog.seal` is a value in the footer.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import msgspec

from layerscope.catalog.seal import is_whole, set_seal, unset
from layerscope.files.columns import DIGEST_BYTES, KINDS, FileColumns
from layerscope.files.schema import xattrs_digest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy as np
    import pyarrow as pa

KIND = "table"
NUMBERS = b"layerscope.numbers"
SEAL = b"layerscope.seal"

MOST_ROWS = 20_000_000
MOST_NAME_BYTES = 1024**3
"""Arrow's binary columns hold 2 GiB; a layer with more names than this is read again each time."""

ZSTD_LEVEL = 1
_RARE = ("name", "link_target", "attributes", "device_major", "device_minor", "kept")
_DICTIONARIES = ["kind", "mode", "uid", "gid", "mtime_ns", "link_target"]

COLUMNS = {
    "path": "clean absolute path; of a whiteout, what it hides",
    "name": "as stored, without a trailing slash; missing where it is the path without its slash",
    "kind": "file dir symlink hardlink char block fifo whiteout opaque other",
    "size_bytes": "bytes of content of regular files (logical size if sparse), else 0",
    "mode": "permission bits as stored",
    "uid": "owner as stored",
    "gid": "group as stored",
    "mtime_ns": "nanoseconds since the epoch",
    "offset": "where in the uncompressed tar the content starts, -1 if it is sparse",
    "link_target": "as stored, missing unless a link",
    "content": "BLAKE3 of the content, 32 bytes, of whatever was hashed, whiteout markers too",
    "xattrs": "sha256 of the sorted extended attributes, missing if there are none",
    "attributes": "those attributes: a msgpack list of (name, value), sorted by name",
    "device_major": "of devices",
    "device_minor": "of devices",
    "kept": "the whole content, of the few files of `files.columns.KEPT_NAMES`",
}


class Numbers(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan counted, as in `LayerScan`, and which of the rare columns hold anything."""

    uncompressed_bytes: int
    content_bytes: int
    entries: int
    files: int
    notes: tuple[str, ...] = ()
    present: tuple[str, ...] = ()


class Unstorable(Exception):  # noqa: N818 - no error of a user: the table is only not kept
    """A table that this format does not hold; it has to be read from its layer each time."""


def encode(diff_id: str, numbers: Numbers, columns: FileColumns) -> bytes:
    """The sealed Parquet file. Raises: `Unstorable` for a table that it could not give back."""
    import pyarrow as pa  # noqa: PLC0415 - scanning does without
    from pyarrow import parquet  # noqa: PLC0415 - the same

    rows = len(columns)
    if columns.hashed != "blake3" or rows > MOST_ROWS or len(columns.names) > MOST_NAME_BYTES:
        raise Unstorable
    paths, names = columns.paths(), columns.stored_names()
    if len(names) != rows or len(paths) != rows:
        raise Unstorable
    majors = {at: major for at, (major, _) in columns.devices.items()}
    minors = {at: minor for at, (_, minor) in columns.devices.items()}
    rare: dict[str, Mapping[int, bytes]] = {
        "name": _odd_names(columns, paths, names),
        "link_target": columns.links,
        "attributes": {at: msgspec.msgpack.encode(each) for at, each in columns.xattrs.items()},
        "kept": columns.kept,
    }
    there = {name: bool(cells) for name, cells in rare.items()}
    there["device_major"] = there["device_minor"] = bool(majors)
    numbers = msgspec.structs.replace(numbers, present=tuple(key for key in _RARE if there[key]))
    digests = {at: xattrs_digest(each) for at, each in columns.xattrs.items()}
    try:
        arrays = {
            "path": _bytes_column(paths),
            "name": _rare_bytes(rare["name"], rows),
            "kind": _kinds_column(columns.kinds),
            "size_bytes": _plain(columns.size_bytes, pa.int64()),
            "mode": _plain(columns.modes, pa.uint32()),
            "uid": _plain(columns.uids, pa.int64()),
            "gid": _plain(columns.gids, pa.int64()),
            "mtime_ns": _plain(columns.mtimes_ns, pa.int64()),
            "offset": _plain(columns.offsets, pa.int64()),
            "link_target": _rare_bytes(rare["link_target"], rows),
            "content": _digests(columns.contents, rows),
            "xattrs": _digests(_spread(digests, rows), rows),
            "attributes": _rare_bytes(rare["attributes"], rows),
            "device_major": _rare_numbers(majors, rows),
            "device_minor": _rare_numbers(minors, rows),
            "kept": _rare_bytes(rare["kept"], rows),
        }
    except OverflowError as error:
        raise Unstorable from error
    table = pa.Table.from_arrays(list(arrays.values()), names=list(arrays))
    about = {NUMBERS: msgspec.json.encode(numbers), SEAL: unset(KIND, diff_id)}
    stream = pa.BufferOutputStream()
    # Digests do not get smaller by compression.
    squeezed = [name for name in table.column_names if name != "content"]
    try:
        with parquet.ParquetWriter(
            stream,
            table.schema,
            compression={**dict.fromkeys(squeezed, "zstd"), "content": "none"},
            compression_level=dict.fromkeys(squeezed, ZSTD_LEVEL),
            use_dictionary=_DICTIONARIES,
            write_statistics=False,
            store_schema=False,
        ) as writer:
            writer.write_table(table, row_group_size=max(rows, 1))
            writer.add_key_value_metadata(about)
    except pa.ArrowException as error:
        raise Unstorable from error
    return set_seal(stream.getvalue().to_pybytes(), KIND, diff_id)


def is_table(data: bytes, diff_id: str) -> bool:
    """Whether these bytes are the table of that layer, undamaged; needs no pyarrow."""
    return is_whole(data, KIND, diff_id)


def decode(data: bytes) -> tuple[Numbers, FileColumns] | None:
    """What `encode` was given, of bytes for which `is_table` holds.

    None if this pyarrow does not read them, or they are not as expected: then they are as good as
    not there.
    """
    import pyarrow as pa  # noqa: PLC0415 - scanning does without
    from pyarrow import parquet  # noqa: PLC0415 - the same

    try:
        file = parquet.ParquetFile(pa.BufferReader(data), read_dictionary=["kind"])
        about = file.metadata.metadata or {}
        numbers = msgspec.json.decode(about[NUMBERS], type=Numbers)
        wanted = [name for name in COLUMNS if name not in {*_RARE, "xattrs"}]
        wanted += [name for name in _RARE if name in numbers.present]
        table = file.read(columns=wanted, use_threads=False)
        if not table.num_rows:
            return numbers, FileColumns()
        return numbers, _columns({name: _whole(table[name]) for name in wanted}, table.num_rows)
    except (pa.ArrowException, msgspec.MsgspecError, KeyError, ValueError, TypeError):
        return None


def to_arrow(data: bytes) -> pa.Table:
    """The table as Arrow has it, columns as in `COLUMNS`, of bytes for which `is_table` holds."""
    import pyarrow as pa  # noqa: PLC0415 - scanning does without
    from pyarrow import parquet  # noqa: PLC0415 - the same

    return parquet.read_table(pa.BufferReader(data), read_dictionary=["kind"])


def _odd_names(columns: FileColumns, paths: list[bytes], names: list[bytes]) -> dict[int, bytes]:
    """Names that are not the path without its first slash, by row."""
    if b"/" + bytes(columns.names[:-1]).replace(b"\0", b"\0/") == b"\0".join(paths):
        return {}
    pairs = enumerate(zip(paths, names, strict=True))
    return {row: name for row, (path, name) in pairs if path[1:] != name}


# Columns are made of buffers: to turn lists into arrays, pyarrow loads pandas first.
def _plain(values: array[int], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _bytes_column(cells: Sequence[bytes], valid: pa.Buffer | None = None) -> pa.Array:
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    data = b"".join(cells)
    if len(data) >= 2**31:
        raise OverflowError
    ends = np.zeros(len(cells) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, cells), np.int32, len(cells)), out=ends[1:])
    buffers = [valid, pa.py_buffer(ends), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.binary(), len(cells), buffers)


def _kinds_column(kinds: bytearray) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    names = _bytes_column([kind.encode() for kind in KINDS]).cast(pa.utf8())
    indices = pa.Array.from_buffers(pa.int8(), len(kinds), [None, pa.py_buffer(kinds)])
    return pa.DictionaryArray.from_arrays(indices, names)


def _rare_bytes(cells: Mapping[int, bytes], rows: int) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    if not cells:
        return pa.nulls(rows, pa.binary())
    values = [b""] * rows
    for row, value in cells.items():
        values[row] = value
    return _bytes_column(values, _valid(cells, rows))


def _rare_numbers(cells: Mapping[int, int], rows: int) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    if not cells:
        return pa.nulls(rows, pa.int64())
    values = array("q", bytes(8 * rows))
    for row, value in cells.items():
        values[row] = value
    buffers = [_valid(cells, rows), pa.py_buffer(values)]
    return pa.Array.from_buffers(pa.int64(), rows, buffers)


def _valid(cells: Collection[int], rows: int) -> pa.Buffer:
    """Which rows are there, as a bit for each."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    there = np.zeros(rows, np.bool_)
    there[np.fromiter(cells, np.int64, len(cells))] = True
    return pa.py_buffer(np.packbits(there, bitorder="little").tobytes())


def _spread(digests: Mapping[int, bytes], rows: int) -> bytearray:
    """Digests of a few rows among zeros."""
    spread = bytearray(rows * DIGEST_BYTES)
    for row, digest in digests.items():
        spread[row * DIGEST_BYTES : (row + 1) * DIGEST_BYTES] = digest
    return spread


def _digests(contents: bytearray, rows: int) -> pa.Array:
    """The digests, missing where there are only zeros."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too
    import pyarrow as pa  # noqa: PLC0415 - scanning does without

    there = np.frombuffer(contents, np.uint8).reshape(rows, DIGEST_BYTES).any(axis=1)
    valid = pa.py_buffer(np.packbits(there, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.binary(DIGEST_BYTES), rows, [valid, pa.py_buffer(contents)])


def _whole(column: Any) -> pa.Array:  # noqa: ANN401 - pyarrow ships no types
    """The one array of a column."""
    chunks = column.chunks
    if len(chunks) == 1:
        return chunks[0]
    combined = column.combine_chunks()
    return combined.chunk(0) if hasattr(combined, "chunk") else combined


def _columns(arrays: dict[str, pa.Array], rows: int) -> FileColumns:
    columns = FileColumns()
    columns.names = _names(arrays["path"], arrays.get("name"), rows)
    columns.kinds = _kinds(arrays["kind"])
    columns.size_bytes = _integers(arrays["size_bytes"], "q")
    columns.modes = _integers(arrays["mode"], "I")
    columns.uids = _integers(arrays["uid"], "q")
    columns.gids = _integers(arrays["gid"], "q")
    columns.mtimes_ns = _integers(arrays["mtime_ns"], "q")
    columns.offsets = _integers(arrays["offset"], "q")
    columns.contents, columns.unhashed = _contents(arrays["content"], columns.kinds)
    columns.links = _cells(arrays.get("link_target"))
    columns.kept = _cells(arrays.get("kept"))
    for row, value in _cells(arrays.get("attributes")).items():
        pairs = msgspec.msgpack.decode(value, type=tuple[tuple[bytes, bytes], ...])
        columns.xattrs[row] = pairs
    if "device_major" in arrays:
        majors = _integers(arrays["device_major"], "q")
        minors = _integers(arrays["device_minor"], "q")
        for row in _there(arrays["device_major"]).nonzero()[0].tolist():
            columns.devices[row] = (majors[row], minors[row])
    if not columns.names.count(0) == len(columns.kinds) == rows:
        raise ValueError("rows are missing")
    return columns


def _names(paths: pa.Array, odd: pa.Array | None, rows: int) -> bytearray:
    """Names, each with a NUL byte behind it."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too

    if not rows:
        return bytearray()
    if odd is not None and not odd.null_count:
        data, ends = _bytes_of(odd)
        return bytearray(np.insert(data, ends[1:], 0).tobytes())
    # Every path begins with a slash, in whose place the NUL of the name before it goes.
    data, ends = _bytes_of(paths)
    data = data.copy()
    data[ends[:-1]] = 0
    joined = data[1:].tobytes()
    if odd is not None:
        names = joined.split(b"\0")
        for row, name in _cells(odd).items():
            names[row] = name
        joined = b"\0".join(names)
    return bytearray(joined) + b"\0"


def _bytes_of(cells: pa.Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """All bytes of a column of bytes, and where each cell starts, then where the last one ends."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too

    _, ends_buffer, data_buffer = cells.buffers()
    ends = np.frombuffer(ends_buffer, np.int32)[cells.offset : cells.offset + len(cells) + 1]
    data = np.frombuffer(data_buffer or b"", np.uint8)[ends[0] : ends[-1]]
    return data, ends - ends[0]


def _cells(cells: pa.Array | None) -> dict[int, bytes]:
    """The cells of a column of bytes that are not missing, by row."""
    if cells is None:
        return {}
    data, ends = _bytes_of(cells)
    raw, places = data.tobytes(), ends.tolist()
    return {row: raw[places[row] : places[row + 1]] for row in _there(cells).nonzero()[0].tolist()}


def _there(cells: pa.Array) -> np.ndarray[Any, Any]:
    """For each row whether the cell is there."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too

    valid = cells.buffers()[0]
    if valid is None:
        return np.ones(len(cells), np.bool_)
    bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
    return bits[cells.offset : cells.offset + len(cells)].astype(np.bool_)


def _integers(cells: pa.Array, code: str) -> array[int]:
    found = array(code)
    buffer = cells.buffers()[1]
    if buffer is not None:
        start = cells.offset * found.itemsize
        found.frombytes(memoryview(buffer)[start : start + len(cells) * found.itemsize])
    return found


def _kinds(cells: pa.Array) -> bytearray:
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too

    if not len(cells):
        return bytearray()
    meant = np.array([KINDS.index(kind) for kind in cells.dictionary.to_pylist()], np.uint8)
    return bytearray(meant[np.frombuffer(_integers(cells.indices, "i"), np.int32)].tobytes())


def _contents(cells: pa.Array, kinds: bytearray) -> tuple[bytearray, set[int]]:
    """The digests, zeros where there is none, and the files that have none."""
    import numpy as np  # noqa: PLC0415 - pyarrow loads it too

    if not len(cells):
        return bytearray(), set()
    there = _there(cells)
    start = cells.offset * DIGEST_BYTES
    stop = start + len(cells) * DIGEST_BYTES
    digests = np.frombuffer(cells.buffers()[1], np.uint8)[start:stop].reshape(-1, DIGEST_BYTES)
    found = np.where(there[:, None], digests, np.uint8(0))
    unhashed = ~there & (np.frombuffer(kinds, np.uint8) == 0)
    return bytearray(found.tobytes()), set(unhashed.nonzero()[0].tolist())
