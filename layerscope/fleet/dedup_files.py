"""The files of a layer as two arrays, digests and sizes: what file-level dedup counts.

A file is here a regular file with content: empty ones store nothing, and whiteout markers are no
files. A digest is the first 128 bits of BLAKE3, which is enough to tell apart all files there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from blake3 import blake3

from layerscope.files.columns import DIGEST_BYTES, KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.store import Catalog
    from layerscope.files.columns import FileColumns

WORD_TYPE = "<u8"
WORDS = DIGEST_BYTES // 8
AHEAD = 4
"""How many tables are read while another one is waited for."""

_FILE = KINDS.index("file")


class Files(NamedTuple):
    """The files of a layer that have content, in tar order, repeats included.

    Attributes:
        digests: Two words for each.
        sizes: Bytes of each.
        rows: Their rows in the file table.
        opaque: Which of them have no digest of their content, as its holes are beyond the limit:
            what stands in its place is equal to nothing else.
    """

    digests: npt.NDArray[np.uint64]
    sizes: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    opaque: npt.NDArray[np.bool_]

    def chosen(self, which: npt.NDArray[np.bool_]) -> Files:
        """Those for which `which` holds."""
        return Files(self.digests[which], self.sizes[which], self.rows[which], self.opaque[which])


def files_of_columns(columns: FileColumns, name: str) -> Files:
    """The files of a file table whose content was hashed with BLAKE3.

    Args:
        columns: The table.
        name: What tells this layer from others: its DiffID.
    """
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    contents = np.frombuffer(columns.contents, dtype=WORD_TYPE).reshape(-1, WORDS)
    kinds = np.frombuffer(columns.kinds, dtype=np.uint8)
    sizes = np.array(columns.size_bytes, dtype=np.int64)
    return _chosen(contents, kinds == _FILE, sizes, sorted(columns.unhashed), name)


def files_of_parquet(data: bytes, name: str) -> Files | None:
    """The files of a catalog's table (`catalog.table_file`), of which three columns are read.

    None if the table is not as expected; then it is as good as not there.
    """
    import numpy as np  # noqa: PLC0415 - see `files_of_columns`
    import pyarrow as pa  # noqa: PLC0415 - only who keeps a catalog pays
    from pyarrow import parquet  # noqa: PLC0415 - the same

    try:
        file = parquet.ParquetFile(pa.BufferReader(data), read_dictionary=["kind"])
        table = file.read(columns=["content", "size_bytes", "kind"], use_threads=False)
        if not table.num_rows:
            return _chosen(
                np.zeros((0, WORDS), np.uint64), np.zeros(0, bool), np.zeros(0, np.int64), [], name
            )
        content, size, kind = (table[each].combine_chunks() for each in table.column_names)
        content, size, kind = (
            each.chunk(0) if isinstance(each, pa.ChunkedArray) else each
            for each in (content, size, kind)
        )
        words = np.frombuffer(content.buffers()[1], dtype=WORD_TYPE)
        start = content.offset * WORDS
        words = words[start : start + len(content) * WORDS].reshape(-1, WORDS)
        sizes = size.to_numpy(zero_copy_only=False)
        codes = kind.indices.to_numpy(zero_copy_only=False)
        files = codes == kind.dictionary.to_pylist().index("file")
        missing = content.is_null().to_numpy(zero_copy_only=False) if content.null_count else None
        unhashed = [] if missing is None else np.flatnonzero(missing & files).tolist()
        return _chosen(words, files, sizes, unhashed, name)
    except (pa.ArrowException, KeyError, ValueError, TypeError, AttributeError):
        return None


def catalog_files(catalog: Catalog, diff_ids: Sequence[str]) -> Iterator[Files | None]:
    """The files of layers that a catalog knows, in order; None for one that it does not.

    A few tables are read at once, and no more are held than that.
    """
    from collections import deque  # noqa: PLC0415 - with the pool
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - only who keeps a catalog pays

    def read(diff_id: str) -> Files | None:
        data = catalog.table(diff_id)
        return None if data is None else files_of_parquet(data, diff_id)

    with ThreadPoolExecutor(2) as pool:
        waiting = deque(pool.submit(read, diff_id) for diff_id in diff_ids[:AHEAD])
        for diff_id in [*diff_ids[AHEAD:], None]:
            if not waiting:
                break
            found = waiting.popleft().result()
            if diff_id is not None:
                waiting.append(pool.submit(read, diff_id))
            yield found
        while waiting:
            yield waiting.popleft().result()


def _chosen(
    contents: npt.NDArray[np.uint64],
    files: npt.NDArray[np.bool_],
    sizes: npt.NDArray[np.int64],
    unhashed: Sequence[int],
    name: str,
) -> Files:
    import numpy as np  # noqa: PLC0415 - see `files_of_columns`

    rows = np.flatnonzero(files & (sizes > 0))
    digests = contents[rows, :2]
    opaque = np.isin(rows, np.array(unhashed, dtype=np.int64))
    for at in np.flatnonzero(opaque).tolist():
        own = blake3(f"{name} {rows[at]}".encode(), derive_key_context=_OPAQUE).digest()
        digests[at] = np.frombuffer(own, dtype=WORD_TYPE)[:2]
    return Files(digests, sizes[rows], rows, opaque)


_OPAQUE = "layerscope 2026 files without a digest"
