"""One reading of one stored copy of a layer: what a worker is given, and what it gives back.

These are values that can be sent to another process, of this machine or of another one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import InputError
from layerscope.files.scan_layer import (
    CopyCheck,
    LayerScan,
    scan_layer,
    verify_blob,
    verify_copy,
)

if TYPE_CHECKING:
    from layerscope.oci.digest import DiffID, Digest
    from layerscope.sources.image import Layer
    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region


@dataclass(frozen=True, slots=True)
class Copy:
    """One stored copy of a layer with all that is claimed of it; equal copies are read once."""

    region: Region
    digest: Digest | None
    size: int | None
    diff_id: DiffID | None


@dataclass(frozen=True, slots=True)
class Task:
    """One reading of one copy: `known` if it is known what a blob of its digest unpacks to."""

    copy: Copy
    layer: Layer
    walk: bool
    weight: int
    known: bool = False


@dataclass(frozen=True, slots=True)
class Damage:
    """An error as a value, so that it survives the trip from a worker."""

    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Options:
    """How layers are read: as the arguments of `journeys.pool.read_layers`."""

    limits: Limits
    columns: bool
    content: str | None
    meanwhile: Callable[[], object] | None = None
    scanner: Scanner | None = None


Result = LayerScan | CopyCheck | Damage

Scanner = Callable[[Sequence[Task], Options, Callable[[int, int], None] | None], dict[Copy, Result]]
"""Who reads instead of this program's own processes: tasks and options to a result for each copy.

The function in the middle is given stored bytes read so far, and in all.
"""


def read_task(
    task: Task,
    options: Options,
    advance: Callable[[int], object] | None,
    idle: Callable[[], bool] | None,
) -> Result:
    """What one reading found; an input's error is a value.

    Args:
        task: What to read, and whether to look into it.
        options: How.
        advance: Is given the number of stored bytes read since the last call.
        idle: Says whether a processor is idle, as for `scan_layer`.
    """
    try:
        if task.walk:
            return scan_layer(
                task.layer,
                limits=options.limits,
                content=options.content,
                columns=options.columns,
                on_progress=advance,
                idle=idle,
            )
        if task.known and task.layer.diff_id is not None:
            return verify_blob(task.layer, task.layer.diff_id, on_progress=advance)
        return verify_copy(task.layer, limits=options.limits, on_progress=advance, idle=idle)
    except InputError as error:
        place = f"{error.reading}: " if error.reading else ""
        return Damage(error.code, f"{place}{error.problem}", error.hint)
