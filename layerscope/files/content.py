"""The bytes of one file of one layer, on their way to somebody who asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import (
    CorruptLayerError,
    MissingBlobError,
    NoSuchEntryError,
    OverLimitError,
    TarError,
    shown,
)
from layerscope.files.columns import KINDS
from layerscope.files.scan_layer import scan_layer
from layerscope.files.walk import Walk
from layerscope.sources.compression import HEAD_BYTES, decoded, detect
from layerscope.sources.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.sources.image import Layer

_HARDLINKS_FOLLOWED = 40
"""As many links as Linux follows in one path."""


def copy_file(
    layer: Layer,
    path: bytes,
    write: Callable[[bytes | memoryview], object],
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Writes the content of `path` as `layer` stored it; of equal paths the last one counts.

    The layer is read and verified whole before the first byte is written, then read again: a file
    of a damaged layer is never given out. Hard links are followed inside the layer; holes of sparse
    files are written as zeros.

    Args:
        layer: Where to look.
        path: Clean and absolute, as in the file table.
        write: Is given the content in order, in pieces.
        limits: Bounds on the layer.

    Raises: `NoSuchEntryError` if the layer has no such file, or it is not a regular one; what
    `scan_layer` raises.
    """
    copy_row(layer, _row_of(layer, path, limits), write, limits)


def copy_row(
    layer: Layer,
    row: int,
    write: Callable[[bytes | memoryview], object],
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Writes the content of a regular file, by its row in the table of a layer.

    The caller has read and verified the layer: here it is read again, and only up to the row.

    Args:
        layer: Where to look.
        row: Position in the layer's file table.
        write: Is given the content in order, in pieces.
        limits: Bounds on the layer.

    Raises: `MissingBlobError`, `OverLimitError` and what a damaged layer raises.
    """
    if layer.region is None:
        raise MissingBlobError(f"the blob {layer.digest or layer.stored_as} is not there")
    walk = _Extraction(limits, row, write)
    try:
        for piece in decoded(layer.region, detect(layer.region.read(0, HEAD_BYTES)), limits):
            walk.feed(piece)
            if walk.passed:
                break
        else:
            walk.finish()
    except TarError as error:
        raise CorruptLayerError(error.problem, truncated=error.truncated) from error
    walk.check()


def _row_of(layer: Layer, path: bytes, limits: Limits) -> int:
    """The row whose content `path` is, hard links followed."""
    columns = scan_layer(layer, limits=limits, content=None).columns
    if columns is None:
        raise NoSuchEntryError("the layer has no table")
    paths = columns.paths()
    last = {found: row for row, found in enumerate(paths)}
    wanted = path
    for _ in range(_HARDLINKS_FOLLOWED):
        row = last.get(wanted)
        if row is None:
            raise NoSuchEntryError(f'no "{shown(wanted)}" in the layer')
        kind = KINDS[columns.kinds[row]]
        if kind == "file":
            return row
        if kind != "hardlink":
            raise NoSuchEntryError(f'"{shown(wanted)}" is a {kind}, not a file')
        wanted = b"/" + b"/".join(
            part for part in columns.links[row].split(b"/") if part not in (b"", b".")
        )
    raise NoSuchEntryError(f'"{shown(path)}" is a hard link to a hard link, over and over')


class _Extraction(Walk):
    """A walk that writes out the content of one row, by the same rules that hash it."""

    def __init__(
        self, limits: Limits, row: int, write: Callable[[bytes | memoryview], object]
    ) -> None:
        self._row = row
        self._write = write
        self._written = 0
        super().__init__(limits, self._writer)

    @property
    def passed(self) -> bool:
        """Whether the wanted row has gone by."""
        return len(self.columns) > self._row + 1

    def take(self, data: bytes | memoryview) -> None:
        """Content of the row that is being read."""
        if len(self.columns) == self._row + 1:
            self._written += len(data)
            self._write(data)

    def check(self) -> None:
        """Raises `OverLimitError` if the content was left out for its holes."""
        if self._written < self.columns.size_bytes[self._row]:
            raise OverLimitError(f"the file has holes of over {self._limits.hole_bytes} bytes")

    def _writer(self, data: bytes | memoryview = b"") -> _Writer:
        return _Writer(self, data)


class _Writer:
    """Stands where a hasher stands, and passes content on."""

    def __init__(self, walk: _Extraction, data: bytes | memoryview) -> None:
        self._walk = walk
        if data:
            self.update(data)

    def update(self, data: bytes | memoryview, /) -> None:
        """Pass content on."""
        self._walk.take(data)

    def digest(self) -> bytes:
        """Nothing to digest."""
        return bytes(32)
