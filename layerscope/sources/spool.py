"""One unlinked temporary file for what cannot be read in place: streams, compressed archives."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import InputError, OverLimitError, UnreadableInputError
from layerscope.sources.region import Region

if TYPE_CHECKING:
    from collections.abc import Iterable

_ZEROS = bytes(1024 * 1024)


@dataclass(slots=True)
class Spool:
    """The spool of one run: all inputs that need one share it, and its bound.

    The file has no name from the start, so nothing is left behind whatever happens. Its descriptor
    stays open for as long as regions of it may be read: until `close`, or the end of the process.
    """

    limit_bytes: int
    used_bytes: int = 0
    descriptor: int | None = field(default=None)

    def add(self, pieces: Iterable[bytes]) -> tuple[Region, InputError | None]:
        """The pieces as one region, and why there are no more of them if they ended in an error.

        What came before the damage of a stream is kept: members before it are usable. Blocks of
        zeros become holes, so that a bomb of zeros takes no room on the disk.

        Raises: `OverLimitError` if the spool would grow beyond its bound; `UnreadableInputError` if
            the disk does not take it.
        """
        start = self.used_bytes
        damage: InputError | None = None
        descriptor = self._open()
        try:
            try:
                for piece in pieces:
                    self._append(descriptor, piece)
            except OverLimitError:
                raise
            except InputError as error:
                damage = error.with_traceback(None)
            os.ftruncate(descriptor, self.used_bytes)
        except (OSError, OverLimitError) as error:
            self.used_bytes = start
            os.ftruncate(descriptor, start)
            if isinstance(error, OverLimitError):
                raise
            raise UnreadableInputError(
                f"the temporary file cannot be written: {error.strerror}",
                hint="set TMPDIR to a folder with more room",
            ) from error
        return Region(None, descriptor, start, self.used_bytes - start), damage

    def close(self) -> None:
        """Give the file back. Regions of it cannot be read any more."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None

    def _open(self) -> int:
        if self.descriptor is None:
            try:
                with tempfile.TemporaryFile(prefix="layerscope-") as file:
                    self.descriptor = os.dup(file.fileno())
            except OSError as error:
                raise UnreadableInputError(
                    f"no temporary file can be made: {error.strerror}",
                    hint="set TMPDIR to a folder that can be written",
                ) from error
        return self.descriptor

    def _append(self, descriptor: int, piece: bytes) -> None:
        if self.used_bytes + len(piece) > self.limit_bytes:
            raise OverLimitError(
                f"unpacked it has more than {self.limit_bytes} bytes (--max-spool)",
                hint="unpack it first, then it is read in place",
            )
        if len(piece) > len(_ZEROS) or piece != _ZEROS[: len(piece)]:
            view = memoryview(piece)
            position = self.used_bytes
            while view:
                written = os.pwrite(descriptor, view, position)
                view = view[written:]
                position += written
        self.used_bytes += len(piece)
