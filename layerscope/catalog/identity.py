"""By what a file is known again without being read, and when that must not be trusted."""

from __future__ import annotations

import os
import time

import msgspec

STEP_NS = 20_000_000
"""Longer than one step of a file system's clock (4 or 10 ms on Linux)."""

COARSE_STEP_NS = 2_000_000_000
"""The same for file systems whose times are whole seconds."""

_SECOND_NS = 1_000_000_000


class Identity(msgspec.Struct, frozen=True):
    """What `stat` says of a file that whoever writes to it changes.

    The time of the last change of status (ctime) is in it, since programs can set back the time of
    the last write and cannot set back that one.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


class Sighting(msgspec.Struct, frozen=True):
    """An identity, and when it was seen by the clock of this machine."""

    identity: Identity
    seen_ns: int

    def is_settled(self) -> bool:
        """Whether the file had been left alone for long enough to be known by its times.

        A file that was written to in the very step of the clock in which it was looked at may be
        written to once more in the same step, and nobody could tell. git calls that racy.
        """
        latest = max(self.identity.mtime_ns, self.identity.ctime_ns)
        coarse = self.identity.ctime_ns % _SECOND_NS == 0
        return latest + (COARSE_STEP_NS if coarse else STEP_NS) < self.seen_ns


def sighting(path: str) -> Sighting | None:
    """The file at a path as it is now; None if nothing can be said of it."""
    now = time.time_ns()
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    identity = Identity(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return Sighting(identity, now)
