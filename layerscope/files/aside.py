"""sha256 of a stream, computed beside the walk while a processor has nothing else to do.

Layers are read by one process each, so near the end of a run, and for images of one large layer,
processors stand idle. Half of the time of a plain layer is its sha256, which needs no more than the
pieces in order: a thread takes it over as long as there is an idle processor, and gives it back
when there is not.
"""

from __future__ import annotations

import hashlib
from queue import Queue
from threading import Thread
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

PIECES_AHEAD = 4


class AsideHasher:
    """A sha256, fed piece by piece; leave its context before the pieces' owner goes on.

    Args:
        idle: Says whether a processor is idle; asked for every piece. None means never.
    """

    def __init__(self, idle: Callable[[], bool] | None) -> None:
        self._hash = hashlib.sha256()
        self._idle = idle
        self._thread: Thread | None = None
        self._pieces: Queue[bytes] = Queue(PIECES_AHEAD)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._come_back()

    def update(self, piece: bytes) -> None:
        """Take in the next bytes, here or aside."""
        if self._idle is not None and piece:
            if self._idle():
                if self._thread is None:
                    self._thread = Thread(target=self._run, daemon=True)
                    self._thread.start()
                self._pieces.put(piece)
                return
            self._come_back()
        self._hash.update(piece)

    def hexdigest(self) -> str:
        """The digest of all that was taken in."""
        self._come_back()
        return self._hash.hexdigest()

    def _run(self) -> None:
        # An empty piece is the word to stop; hashlib lets other threads run while it works.
        while piece := self._pieces.get():
            self._hash.update(piece)

    def _come_back(self) -> None:
        """Waits for the pieces that were handed over."""
        if self._thread is not None:
            self._pieces.put(b"")
            self._thread.join()
            self._thread = None
