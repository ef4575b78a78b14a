"""How many bytes the tar of a layer has before anybody has written it.

    tar_bytes(columns, rows) -> int      one table, some of its rows: the whole tar
    parts_bytes(parts) -> int            members of several tables, moved or linked: the whole tar
    member_bytes(part) -> ndarray        bytes of each member: headers, content, padding

The form is that of `fleet.tar_form`, in which `synth.layer_writer` writes. Directories on the way
to members are not added: the caller says which rows there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.fleet.tar_form import (
    BLOCK_BYTES,
    DIR,
    END_BYTES,
    FILE,
    HARDLINK,
    LINK_BYTES,
    MOST_NUMBER,
    MOST_OWNER,
    NAME_BYTES,
    NANOSECONDS,
    SYMLINK,
    TarPart,
    link_target,
    member_paths,
    pax_records,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np

    from layerscope.files.columns import FileColumns


def tar_bytes(columns: FileColumns, rows: Sequence[int]) -> int:
    """Bytes of the uncompressed tar of some members of a layer, its end included.

    Args:
        columns: The file table of the layer.
        rows: Which members, in the order in which they are to be written.
    """
    return parts_bytes([TarPart(columns, rows)])


def parts_bytes(parts: Iterable[TarPart]) -> int:
    """Bytes of the uncompressed tar that `parts` make one after the other, its end included."""
    return sum(int(member_bytes(part).sum()) for part in parts) + END_BYTES


def member_bytes(part: TarPart) -> np.ndarray[Any, np.dtype[np.int64]]:
    """For each member of a part the bytes that it adds to a tar: headers, content and padding.

    Only members that a plain header does not hold are looked at one by one.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas, which most commands do without

    columns = part.columns
    rows = np.asarray(part.rows, dtype=np.int64)
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    linked = np.zeros(len(rows), dtype=bool)
    if part.links:
        linked[list(part.links)] = True
    kinds = np.frombuffer(bytes(columns.kinds), dtype=np.uint8)[rows]
    stored = (kinds == FILE) & ~linked
    content = np.where(stored, np.asarray(columns.size_bytes, dtype=np.int64)[rows], 0)
    found: np.ndarray[Any, np.dtype[np.int64]] = BLOCK_BYTES + content + -content % BLOCK_BYTES

    paths = member_paths(part)
    # A relative name is a byte shorter than its path; that of a directory ends in a slash.
    lengths = np.fromiter(map(len, paths), dtype=np.int64, count=len(paths)) - 1
    lengths[(kinds == DIR) & ~linked] += 1
    mtimes = np.asarray(columns.mtimes_ns, dtype=np.int64)[rows]
    seconds = mtimes // NANOSECONDS
    odd = (lengths > NAME_BYTES) | (content > MOST_NUMBER)
    odd |= (seconds * NANOSECONDS != mtimes) | (seconds < 0) | (seconds > MOST_NUMBER)
    for owners in (columns.uids, columns.gids):
        values = np.asarray(owners, dtype=np.int64)[rows]
        odd |= (values < 0) | (values > MOST_OWNER)
    if columns.xattrs:
        odd |= np.isin(rows, np.fromiter(columns.xattrs, dtype=np.int64))
    links = linked | (kinds == SYMLINK) | (kinds == HARDLINK)
    for at in np.flatnonzero(links & ~odd).tolist():
        odd[at] = len(link_target(part, at)) > LINK_BYTES
    for at in np.flatnonzero(odd).tolist():
        records = len(pax_records(part, at, paths[at]))
        if records:
            found[at] += BLOCK_BYTES + records + -records % BLOCK_BYTES
    return found
