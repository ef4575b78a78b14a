"""The file tables of a synthetic registry: a few columns of numbers, layer by layer.

A layer takes runs of *packages* out of a pool. A package is 32 files whose sizes are fixed shares
of its own size, so a content has one size wherever it is. Popular packages are in many layers,
large layers take long runs, and of each run some files are a layer's own version: different layers
share most but not all files. The last file of each layer is its own and holds what is left over.

A content is a number: positive in the pool, negative if it is one layer's own, 0 for the empty
file. Nothing has to be kept of a layer to make its table again.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

from layerscope.files.columns import DIGEST_BYTES, FileColumns

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import numpy.typing as npt

    from layerscope.synth.registry_model import Registry

    Ints = npt.NDArray[np.int64]

PACKAGE = (225, 145, 140, 90, *[14] * 10, *[12] * 5, *[10] * 3, *[17] * 10)
"""The files of a package, in thousandths of its bytes."""
KINDS = ("elf",) * 2 + ("archive",) * 2 + ("text",) * 10 + ("script",) * 8 + ("other",) * 10
"""What each of them is."""
DEPTHS = (4, 9, 9, 10, *range(9, 19), *[6] * 8, *range(19, 29))
"""How many names its path has."""
FILES = len(PACKAGE)
ORDER = tuple(place * 11 % FILES for place in range(FILES))
"""In which order a layer takes them: so that a part of a package is like the whole."""

STEP, COARSE = 1.1, 32
"""Sizes of packages are powers of this number; long runs use every 32nd of them."""
LONG_RUN = 16
"""From so many packages on a layer mixes two coarse sizes and so wastes no bytes."""
PACKAGES_OF_AN_IMAGE = 0.9
"""The pool has, of each size, so many packages for each image of the registry."""
POPULARITY = 3.0
"""The power law by which runs begin in the pool."""
OWN_VERSIONS = 0.005
"""So many of the files of a package are a layer's own version."""

EMPTY = 0
MOST_RANKS, MOST_OWN = 2**26, 2**24


class FileTable(NamedTuple):
    """The files of one layer: numbers of contents, and their sizes in bytes (both int64)."""

    contents: Ints
    size_bytes: Ints


def file_table(registry: Registry, blob: int) -> FileTable:
    """The files of a blob; they sum to its `content_bytes`, and there are `files` of them."""
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    count, total = int(registry.files[blob]), int(registry.content_bytes[blob])
    if count < 2:
        single = np.full(count, -blob * MOST_OWN - 1, dtype=np.int64)
        return FileTable(single, np.full(count, total, dtype=np.int64))
    random = np.random.Generator(np.random.PCG64([registry.seed, blob]))
    pool = max(1, int(len(registry.base) * PACKAGES_OF_AN_IMAGE))
    place = np.array(ORDER, dtype=np.int64)[np.arange(count) % FILES]
    share = np.array(PACKAGE, dtype=np.int64)[place]
    runs = _runs(count, total, int(share.sum()))
    level = np.repeat([level for level, _ in runs], [files for _, files in runs])
    starts = (pool * random.random(len(runs)) ** POPULARITY).astype(np.int64)
    rank = np.concatenate(
        [
            start + np.arange(files) // FILES
            for start, (_, files) in zip(starts.tolist(), runs, strict=True)
        ]
    )
    sizes = np.array([_package_bytes(each) for each, _ in runs], dtype=np.int64)
    size = np.repeat(sizes, [files for _, files in runs]) * share // 1000
    contents = (level * MOST_RANKS + rank) * FILES + place + 1
    own = random.random(count) < OWN_VERSIONS
    own[-1] = True
    contents[own] = -blob * MOST_OWN - 1 - np.flatnonzero(own)
    size[-1] += total - int(size.sum())
    contents[size == 0] = EMPTY
    return FileTable(contents, size)


def file_tables(registry: Registry) -> Iterator[FileTable]:
    """The file table of each blob, in order, made as it is asked for."""
    return (file_table(registry, blob) for blob in range(len(registry.files)))


def places(contents: Ints) -> Ints:
    """Which file of a package each content is, or is a version of: its place in `PACKAGE`.

    `KINDS` and `DEPTHS` have the same places. The empty file is in the last one.
    """
    import numpy as np  # noqa: PLC0415 - see `file_table`

    own = np.array(ORDER, dtype=np.int64)[(-contents - 1) % MOST_OWN % FILES]
    return np.where(contents < 0, own, (contents - 1) % FILES)


def digests(contents: Ints) -> npt.NDArray[np.uint8]:
    """What stands for the BLAKE3 of each content: a row of 32 bytes, different for each number.

    There is no content that it could be a hash of. Source of the mixing: Steele, Lea and Flood,
    "Fast splittable pseudorandom number generators", OOPSLA'14 (SplitMix64), a bijection.
    """
    import numpy as np  # noqa: PLC0415 - see `file_table`

    state = contents.astype(np.int64).view(np.uint64)
    words = np.empty((len(contents), DIGEST_BYTES // 8), dtype=np.uint64)
    for at in range(words.shape[1]):
        state = state + np.uint64(0x9E3779B97F4A7C15)
        mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        words[:, at] = mixed ^ (mixed >> np.uint64(31))
    return words.astype("<u8").view(np.uint8).reshape(len(contents), DIGEST_BYTES)


def file_columns(registry: Registry, blob: int) -> FileColumns:
    """The file table of a blob as that of a scanned layer, with paths: one Python step a file."""
    contents, sizes = file_table(registry, blob)
    columns = FileColumns(hashed="blake3")
    for row, (content, place) in enumerate(
        zip(contents.tolist(), places(contents).tolist(), strict=True)
    ):
        own = content <= EMPTY
        folders = ["own"] if own else ["pool", str((content - 1) // FILES)]
        folders += ["d"] * (DEPTHS[place] - 1 - len(folders))
        name = f"{row}-{place}" if own else str(place)
        columns.names += "/".join([*folders, name]).encode() + b"\0"
    count = len(contents)
    columns.kinds = bytearray(count)
    columns.size_bytes = array("q", sizes.tolist())
    columns.modes = array("I", [0o644]) * count
    columns.uids = array("q", [0]) * count
    columns.gids = array("q", [0]) * count
    columns.mtimes_ns = array("q", [0]) * count
    columns.contents = bytearray(digests(contents).tobytes())
    # A header lies before each content.
    columns.offsets = array("q", [0]) * count
    return columns


def _package_bytes(level: int) -> int:
    return int(STEP**level)


def _level(size: float) -> int:
    """The greatest level whose package has at most so many bytes; 0 at the least."""
    from math import log  # noqa: PLC0415 - with its only user

    level = max(0, int(log(max(size, 1.0), STEP)) + 1)
    while level > 0 and _package_bytes(level) > size:
        level -= 1
    return level


def _runs(count: int, total: int, shares: int) -> list[tuple[int, int]]:
    """Of which sizes of packages how many files are taken: levels and numbers of files.

    Args:
        count: Files of the layer.
        total: Its bytes, which the runs do not exceed.
        shares: The sum of `PACKAGE` over its files.
    """
    wanted = total * 1000 / shares
    whole, rest = divmod(count, FILES)
    if whole < LONG_RUN:
        return [(_level(wanted), count)]
    low = _level(wanted) // COARSE * COARSE
    high = low + COARSE
    # The part of a package at the end is of the smaller size.
    part = shares - 1000 * whole
    spare = total - _package_bytes(low) * (whole + part / 1000)
    larger = int(spare / (_package_bytes(high) - _package_bytes(low)))
    larger = min(max(larger, 0), whole)
    runs = [(high, larger * FILES), (low, (whole - larger) * FILES + rest)]
    return [(level, files) for level, files in runs if files]
