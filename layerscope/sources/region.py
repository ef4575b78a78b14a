"""Where stored bytes lie: a range of a file that is read in place, never copied out.

A `Region` is a value: it can be sent to a worker process, which opens the file again by path. Only
the spool of a compressed or streamed archive has no path; its open descriptor is inherited by
forked workers (see `journeys.pool`).
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Region:
    """`size` bytes at `offset` of the file at `path`, or of the open descriptor `descriptor`.

    Exactly one of `path` and `descriptor` is set. Sizes and offsets are in bytes.
    """

    path: str | None
    descriptor: int | None
    offset: int
    size: int

    @classmethod
    def of_file(cls, path: str) -> Region:
        """The whole regular file at `path`.

        Raises: `UnreadableInputError` if it is missing, forbidden, or not a regular file.
        """
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            raise UnreadableInputError(_says(error), shown(path)) from error
        return cls(path, None, 0, status.st_size)

    def part(self, offset: int, size: int) -> Region:
        """A range of this region; `offset` counts from its start."""
        return Region(self.path, self.descriptor, self.offset + offset, size)

    @contextmanager
    def open(self) -> Iterator[int]:
        """A descriptor for `os.pread` and `os.preadv`, closed afterwards if it was opened here.

        O_NONBLOCK keeps a pipe that took the file's place from blocking the program.
        """
        if self.descriptor is not None:
            yield self.descriptor
            return
        try:
            descriptor = os.open(self.path or "", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (OSError, ValueError) as error:
            raise UnreadableInputError(_says(error), shown(self.path or "")) from error
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def read(self, start: int = 0, length: int | None = None) -> bytes:
        """Up to `length` bytes from `start` of the region; fewer where region or file ends."""
        wanted = self.size - start if length is None else min(length, self.size - start)
        pieces = []
        with self.open() as descriptor:
            position = self.offset + start
            while wanted > 0:
                piece = os.pread(descriptor, wanted, position)
                if not piece:
                    break
                pieces.append(piece)
                position += len(piece)
                wanted -= len(piece)
        return b"".join(pieces)


def _says(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return str(error)
