"""Yes-or-no questions about many things, asked in a forked process while this one does others."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Item = TypeVar("Item")


def answers(ask: Callable[[Item], bool], items: Sequence[Item]) -> Callable[[], list[bool]]:
    """Calls the answers in: `ask` of every item, in order.

    They are worked out in a second process from now on if there is a processor for it and nothing
    speaks against a fork, else when they are called in. `ask` must only look, at what this process
    could look at as well.
    """

    def here() -> list[bool]:
        return [ask(item) for item in items]

    if not _may_fork():
        return here
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings():
            # Python warns that another thread, of a library, may hold a lock; none is used here.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return here
    if child == 0:
        _answer(writing, here)
    os.close(writing)

    def called_in() -> list[bool]:
        with open(reading, "rb") as stream:
            found = stream.read()
        os.waitpid(child, 0)
        # A process that was killed leaves the work to this one.
        return [bool(byte) for byte in found] if len(found) == len(items) else here()

    return called_in


def _answer(writing: int, work: Callable[[], list[bool]]) -> None:
    """What the second process does: it leaves without the clean-up that belongs to the first."""
    try:
        with open(writing, "wb") as stream:
            stream.write(bytes(work()))
    finally:
        os._exit(0)


def _may_fork() -> bool:
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and len(os.sched_getaffinity(0)) > 1
    )
