r"""The file table of one layer as Arrow and pandas see it: its columns, declared once.

Names and paths stay bytes in Arrow, since Arrow strings refuse what is not UTF-8; data frames show
such bytes as `\xHH`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from layerscope.files.columns import DIGEST_BYTES, KINDS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from layerscope.files.columns import FileColumns

COLUMNS = {
    "layer": "index of the layer, 0 is the base",
    "seq": "position in the tar; the order of the rows",
    "path": "clean absolute path; of a whiteout, what it hides",
    "name": "name as stored, without a trailing slash",
    "kind": "file dir symlink hardlink char block fifo whiteout opaque other",
    "size_bytes": "bytes of content of regular files (logical size if sparse), else 0",
    "mode": "permission bits as stored",
    "uid": "owner as stored",
    "gid": "group as stored",
    "mtime_ns": "nanoseconds since the epoch",
    "link_target": "as stored, missing unless a link",
    "content": "digest of the content, 32 bytes, missing unless a hashed file",
    "xattrs": "sha256 of the sorted extended attributes, missing if there are none",
}


def xattrs_digest(attributes: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """One digest for sorted attributes; lengths go in, so that no two lists look the same."""
    hasher = sha256()
    for name, value in attributes:
        hasher.update(b"%d %d " % (len(name), len(value)) + name + value)
    return hasher.digest()


def to_arrow(columns: FileColumns, layer: int = 0) -> pa.Table:
    """The table of one layer, one row per member in tar order, columns as in `COLUMNS`."""
    import pyarrow as pa  # noqa: PLC0415 - 50 MB that scanning does without

    rows = len(columns)
    links = [columns.links.get(row) for row in range(rows)]
    attributes = [
        xattrs_digest(columns.xattrs[row]) if row in columns.xattrs else None for row in range(rows)
    ]
    contents = [columns.content(row) for row in range(rows)]
    kinds = pa.DictionaryArray.from_arrays(
        pa.array(list(columns.kinds), pa.int8()), pa.array(list(KINDS))
    )
    return pa.table(
        {
            "layer": pa.array([layer] * rows, pa.int32()),
            "seq": pa.array(range(rows), pa.int32()),
            "path": pa.array(columns.paths(), pa.binary()),
            "name": pa.array(columns.stored_names(), pa.binary()),
            "kind": kinds,
            "size_bytes": pa.array(columns.size_bytes, pa.int64()),
            "mode": pa.array(columns.modes, pa.uint32()),
            "uid": pa.array(columns.uids, pa.int64()),
            "gid": pa.array(columns.gids, pa.int64()),
            "mtime_ns": pa.array(columns.mtimes_ns, pa.int64()),
            "link_target": pa.array(links, pa.binary()),
            "content": pa.array(contents, pa.binary(DIGEST_BYTES)),
            "xattrs": pa.array(attributes, pa.binary(DIGEST_BYTES)),
        }
    )


def to_pandas(columns: FileColumns, layer: int = 0) -> pd.DataFrame:
    r"""The table of one layer as a data frame, one row per member in tar order.

    Columns are those of `COLUMNS`; names, paths and link targets are text with bytes that are not
    UTF-8 shown as `\xHH`, digests are hexadecimal text, and missing values are missing.
    """
    frame: pd.DataFrame = to_arrow(columns, layer).to_pandas()
    for column in ("path", "name", "link_target"):
        frame[column] = frame[column].map(_shown, na_action="ignore")
    for column in ("content", "xattrs"):
        frame[column] = frame[column].map(bytes.hex, na_action="ignore")
    return frame


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")
