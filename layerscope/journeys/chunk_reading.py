"""Layers read once more, to cut the files in them into chunks: largest first, in processes."""

from __future__ import annotations

import gc
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import InputError, LayerscopeError
from layerscope.files.chunking import chunk_layer
from layerscope.journeys.processes import processors, start_context, without_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.files.chunking import Chunks
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits

IN_PROCESS_BYTES = 48 * 1024 * 1024
"""Below this much work, starting processes costs more than they save."""


@dataclass(frozen=True, slots=True)
class ChunkTask:
    """A layer to be read, and which rows of its file table are to be cut (`chunk_layer`)."""

    layer: Layer
    wanted: bytes

    @property
    def stored_bytes(self) -> int:
        """What is read of it."""
        return self.layer.region.size if self.layer.region else 0


Cut = dict[str, "Chunks"]
Outcome = Cut | InputError
"""What became of one layer: its chunks by scheme, or what is wrong with it."""


def read_chunks(
    tasks: Sequence[ChunkTask],
    limits: Limits,
    *,
    jobs: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Outcome]:
    """The chunks of layers, in the order of the tasks.

    Args:
        tasks: The layers.
        limits: Bounds on each layer.
        jobs: Worker processes at the most; None takes one for each processor, 1 starts none.
        progress: Is given stored bytes of the layers that are done, and in all.

    A layer that cannot be read again is an outcome; nothing is raised for it.
    Raises: `LayerscopeError` if a worker process dies.
    """
    total = sum(task.stored_bytes for task in tasks)
    workers = min(processors() if jobs is None else jobs, len(tasks))
    context = start_context() if workers > 1 and total >= IN_PROCESS_BYTES else None
    # A spool has no name that a spawned process could open; a forked one inherits it.
    nameless = any(task.layer.region and task.layer.region.path is None for task in tasks)
    if context is not None and nameless and context.get_start_method() != "fork":
        context = None
    order = sorted(range(len(tasks)), key=lambda at: -tasks[at].stored_bytes)
    done = 0
    outcomes: dict[int, Outcome] = {}

    def take(at: int, outcome: Outcome) -> None:
        nonlocal done
        outcomes[at] = outcome
        done += tasks[at].stored_bytes
        if progress is not None:
            progress(done, total)

    if context is None:
        with without_collector():
            for at in order:
                take(at, _cut(tasks[at], limits))
        return [outcomes[at] for at in range(len(tasks))]
    from concurrent.futures import ProcessPoolExecutor, as_completed  # noqa: PLC0415 - see `processes`
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - the same
    from multiprocessing import active_children  # noqa: PLC0415 - the same

    with ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker) as executor:
        futures = {executor.submit(_cut, tasks[at], limits): at for at in order}
        try:
            for future in as_completed(futures):
                take(futures[future], future.result())
        except BrokenProcessPool as error:
            raise LayerscopeError(
                "a worker process died; it may have run out of memory", hint="try --jobs 1"
            ) from error
        except BaseException:
            # Workers ignore Ctrl-C, and nobody wants to wait for what they are reading.
            for worker in active_children():
                worker.terminate()
            executor.shutdown(wait=True, cancel_futures=True)
            raise
    return [outcomes[at] for at in range(len(tasks))]


def _start_worker() -> None:
    """Ctrl-C is the parent's business, and cutting makes no garbage cycles worth collecting."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _cut(task: ChunkTask, limits: Limits) -> Outcome:
    try:
        return dict(chunk_layer(task.layer, task.wanted, limits=limits))
    except InputError as error:
        return error
