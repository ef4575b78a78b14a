"""All layers of all inputs, read once: which bytes are read by whom, and what came of it.

Every stored copy of a layer is verified; the tar inside is walked once per DiffID over all inputs.
Layers go to worker processes, largest first, so that the last to finish is a small one.
"""

from __future__ import annotations

import gc
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.errors import InputError, LayerscopeError
from layerscope.files.scan_layer import CopyCheck, LayerScan
from layerscope.journeys.layer_tasks import Copy, Options, Result, Task, read_task
from layerscope.journeys.processes import processors, start_context, without_collector
from layerscope.sources.compression import HEAD_BYTES, detect
from layerscope.sources.image import Fault
from layerscope.sources.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext
    from multiprocessing.sharedctypes import Synchronized

    from layerscope.journeys.layer_tasks import Scanner
    from layerscope.journeys.memory import Memory
    from layerscope.sources.image import Layer, OpenedInput

Place = tuple[int, int, int]
"""Position of an input, of an image in it, and of a layer in that."""

IN_PROCESS_BYTES = 48 * 1024 * 1024
"""Below this much work, starting processes costs more than they save."""

COMPRESSED_WEIGHT = 3
"""How much longer a compressed byte takes than a plain one: it becomes about that many."""

PROGRESS_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class LayerOutcome:
    """What became of one layer of one image: exactly one of the two is set."""

    scan: LayerScan | None
    fault: Fault | None


def read_layers(
    opened: Sequence[OpenedInput],
    *,
    jobs: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
    columns: bool = False,
    content: str | None = "blake3",
    progress: Callable[[int, int], None] | None = None,
    meanwhile: Callable[[], object] | None = None,
    memory: Memory | None = None,
    scanner: Scanner | None = None,
) -> dict[Place, LayerOutcome]:
    """The outcome of every layer that has bytes, by position of input, image and layer.

    Args:
        opened: The inputs.
        jobs: Worker processes at the most; None takes one for each processor, 1 starts none.
        limits: Bounds on each layer.
        columns: Whether file tables come back.
        content: The digest of file content, as for `scan_layer`.
        progress: Is given stored bytes read so far, and in all.
        meanwhile: Is called once if worker processes are reading and this one has only to wait.
        memory: What earlier runs found out, if columns and `blake3` are wanted: copies of archives
            that it remembers are not read, and others of layers that it knows are only verified.
        scanner: Who reads, if not processes of this program (`journeys.pool_cluster`).

    A damaged layer is an outcome with a fault; nothing is raised for it.
    Raises: `LayerscopeError` if a worker process dies.
    """
    copies: dict[Copy, Layer] = {}
    places: dict[Copy, list[Place]] = {}
    for place, layer in _layers(opened):
        if layer.region is not None:
            copy = Copy(layer.region, layer.digest, layer.size, layer.diff_id)
            copies.setdefault(copy, layer)
            places.setdefault(copy, []).append(place)
    options = Options(limits, columns, content, meanwhile, scanner)
    results = _read_all(copies, options, jobs, progress, memory)
    return {
        place: _outcome(results[copy], opened[place[0]], place)
        for copy in copies
        for place in places[copy]
    }


def _layers(opened: Sequence[OpenedInput]) -> Iterable[tuple[Place, Layer]]:
    for input_position, one in enumerate(opened):
        for image_position, image in enumerate(one.images):
            for layer in image.layers:
                yield (input_position, image_position, layer.index), layer


def _read_all(
    copies: dict[Copy, Layer],
    options: Options,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
    memory: Memory | None,
) -> dict[Copy, Result]:
    """A result for every copy; what only a walk finds comes from the copy that was walked."""
    groups: dict[object, list[Copy]] = {}
    for copy in copies:
        groups.setdefault(copy.diff_id or copy, []).append(copy)
    recognised = memory.recognised(copies) if memory else {}
    tasks = []
    for group in groups.values():
        unread = [copy for copy in group if copy not in recognised]
        has_table = memory is not None and memory.has_table_of(copies[group[0]])
        for position, copy in enumerate(unread):
            known = memory is not None and has_table and memory.unpacks_to(copies[copy])
            walk = position == 0 and not has_table
            tasks.append(_task(copy, copies[copy], walk=walk, known=known))
    results = _run(tasks, options, jobs, progress)
    options = replace(options, meanwhile=None)
    given: dict[object, LayerScan] = {}
    if memory is not None:
        results.update(memory.remembered(recognised))
        # Of what the catalog holds and cannot be made use of, nothing is known after all.
        tasks = [_task(copy, copies[copy], walk=False) for copy in recognised.keys() - results]
        results.update(_run(tasks, options, 1, None))
        given = memory.given(groups)
        jobs = 1  # This is as good as never, and not worth starting workers once more.
    while tasks := _second_choices(groups, results, copies, given):
        # A damaged copy must not hide that another one is whole: that one is walked instead.
        results.update(_run(tasks, options, jobs, None))
    for at, group in groups.items():
        walked = next((results[copy] for copy in group if _is_scan(results[copy])), given.get(at))
        if not isinstance(walked, LayerScan):
            continue
        for copy in group:
            check = results[copy]
            if isinstance(check, CopyCheck):
                results[copy] = replace(
                    walked,
                    digest=check.digest,
                    compressed_bytes=check.compressed_bytes,
                    compression=check.compression,
                    remembered=False,
                )
    return results


def _is_scan(result: Result) -> bool:
    return isinstance(result, LayerScan)


def _second_choices(
    groups: dict[object, list[Copy]],
    results: dict[Copy, Result],
    copies: dict[Copy, Layer],
    given: dict[object, LayerScan],
) -> list[Task]:
    """For each DiffID that has whole copies and was walked in none: a walk of the next one."""
    tasks = []
    for at, group in groups.items():
        if at not in given and not any(_is_scan(results[copy]) for copy in group):
            whole = [copy for copy in group if isinstance(results[copy], CopyCheck)]
            if whole:
                tasks.append(_task(whole[0], copies[whole[0]], walk=True))
    return tasks


def _task(copy: Copy, layer: Layer, *, walk: bool, known: bool = False) -> Task:
    try:
        plain = known or detect(copy.region.read(0, HEAD_BYTES)) == "none"
    except InputError:
        plain = True  # The reading itself reports it.
    weight = copy.region.size * (1 if plain else COMPRESSED_WEIGHT)
    return Task(copy, layer, walk, weight, known)


def _outcome(result: Result, opened: OpenedInput, place: Place) -> LayerOutcome:
    if isinstance(result, LayerScan):
        return LayerOutcome(result, None)
    if isinstance(result, CopyCheck):
        # `_second_choices` leaves none behind; a plain sentence is better than a wrong number.
        raise LayerscopeError("a layer was verified but never read")
    _, position, layer = place
    # Where one image was picked, its position here is not its index in the input.
    image = opened.images[position].index
    of_image = f"image {image}, " if len(opened.images) > 1 else ""
    message = f"{of_image}layer {layer}: {result.message}"
    return LayerOutcome(
        None, Fault(opened.input, result.code, message, image=image, layer=layer, hint=result.hint)
    )


def _run(
    tasks: list[Task],
    options: Options,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
) -> dict[Copy, Result]:
    tasks = sorted(tasks, key=lambda task: -task.weight)
    if options.scanner is not None and tasks:
        return options.scanner(tasks, options, progress)
    allowed = processors() if jobs is None else jobs
    workers = min(allowed, len(tasks))
    if workers <= 1 or sum(task.weight for task in tasks) < IN_PROCESS_BYTES:
        return _run_here(tasks, options, progress, allowed)
    context = start_context()
    # A spool has no name that a spawned process could open; a forked one inherits it.
    nameless = any(task.copy.region.path is None for task in tasks)
    if context is None or (nameless and context.get_start_method() != "fork"):
        return _run_here(tasks, options, progress, allowed)
    return _run_there(tasks, options, context, workers, progress)


def _run_here(
    tasks: list[Task],
    options: Options,
    progress: Callable[[int, int], None] | None,
    allowed: int,
) -> dict[Copy, Result]:
    total = sum(task.copy.region.size for task in tasks)
    idle = (lambda: True) if allowed > 1 else None
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress is not None:
            progress(done, total)

    with without_collector():
        return {
            task.copy: read_task(task, options, advance if progress else None, idle)
            for task in tasks
        }


def _run_there(
    tasks: list[Task],
    options: Options,
    context: BaseContext,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> dict[Copy, Result]:
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait  # noqa: PLC0415 - see `processes`
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - the same
    from multiprocessing import active_children  # noqa: PLC0415 - the same

    total = sum(task.copy.region.size for task in tasks)
    counter = context.Value("q", 0) if progress is not None else None
    unfinished = context.Value("q", len(tasks))
    results: dict[Copy, Result] = {}
    with ProcessPoolExecutor(
        workers,
        mp_context=context,
        initializer=_start_worker,
        initargs=(_Shared(workers, unfinished, counter),),
    ) as executor:
        given = replace(options, meanwhile=None)
        futures: dict[Future[Result], Task] = {
            executor.submit(_work, task, given): task for task in tasks
        }
        if options.meanwhile is not None:
            options.meanwhile()
        waiting = set(futures)
        try:
            while waiting:
                finished, waiting = wait(
                    waiting,
                    timeout=PROGRESS_SECONDS if counter is not None else None,
                    return_when=FIRST_COMPLETED,
                )
                for future in finished:
                    results[futures[future].copy] = future.result()
                if progress is not None and counter is not None:
                    progress(counter.value, total)
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
    return results


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the parent and its workers count together."""

    workers: int
    unfinished: Synchronized[int]
    stored_bytes: Synchronized[int] | None


_shared: _Shared | None = None


def _start_worker(shared: _Shared) -> None:
    """Ctrl-C is the parent's business, and a scan makes no garbage cycles worth collecting."""
    global _shared  # noqa: PLW0603 - a process pool hands shared state to workers in no other way
    _shared = shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _work(task: Task, options: Options) -> Result:
    shared = _shared
    if shared is None:
        raise LayerscopeError("a worker was never started")
    stored_bytes = shared.stored_bytes
    unfinished = shared.unfinished.get_obj()

    def advance(count: int) -> None:
        if stored_bytes is not None:
            with stored_bytes.get_lock():
                stored_bytes.value += count

    def idle() -> bool:
        return unfinished.value < shared.workers

    try:
        return read_task(task, options, advance if stored_bytes is not None else None, idle)
    finally:
        with shared.unfinished.get_lock():
            unfinished.value -= 1
