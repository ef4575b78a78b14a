"""Where worker processes may run, how they are started, and what reading does without."""

from __future__ import annotations

import gc
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.context import BaseContext


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def start_context() -> BaseContext | None:
    """How to start processes: fork on Linux, spawn elsewhere; None if neither is safe.

    A forked child of a program with threads may inherit a lock that nobody will open. Such a
    program, a notebook say, reads its layers in its own process.
    """
    import multiprocessing  # noqa: PLC0415 - costs more than reading a small image

    if sys.platform != "linux":
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("fork") if threading.active_count() == 1 else None


@contextmanager
def without_collector() -> Iterator[None]:
    """A scan makes many objects and no cycles: looking for some costs and finds nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
