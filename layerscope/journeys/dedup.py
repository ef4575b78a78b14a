"""What is left to store of all images given, from whole layers to chunks of files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.errors import InputError
from layerscope.files.chunking import SCHEMES
from layerscope.fleet.dedup import distinct_layers, ladder, object_level
from layerscope.fleet.dedup_chunks import ContentChunks, cut_first
from layerscope.fleet.dedup_files import files_of_columns
from layerscope.journeys.chunk_reading import ChunkTask, read_chunks
from layerscope.journeys.fleet_inputs import read_fleet
from layerscope.report.dedup_document import DedupDocument, dedup_document
from layerscope.report.document import FaultRow
from layerscope.sources.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    import numpy as np
    import numpy.typing as npt

    from layerscope.catalog.store import Catalog
    from layerscope.fleet.dedup import Level
    from layerscope.fleet.dedup_files import Files
    from layerscope.journeys.chunk_reading import Outcome
    from layerscope.journeys.fleet_inputs import FleetInputs
    from layerscope.journeys.layer_tasks import Scanner
    from layerscope.oci.platform import Platform
    from layerscope.sources.image import Image, Layer
    from layerscope.sources.limits import Limits


def dedup(
    inputs: Sequence[str],
    *,
    chunks: bool = False,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    jobs: int | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
    scanner: Scanner | None = None,
) -> DedupDocument:
    """The document of a fleet: images in the order of the inputs, then those of saved reports.

    Reports hold no file tables, so with one among the images nothing is known of files and chunks.
    With `chunks` layers are read once more, and the files in them are cut. The other arguments, and
    what is raised, are those of `journeys.fleet_inputs.read_fleet`.
    """
    reading, cutting = _in_two_passes(progress) if progress else (None, None)
    fleet = read_fleet(
        inputs,
        columns=True,
        platform=platform,
        limits=limits,
        jobs=jobs,
        stdin=stdin,
        progress=reading,
        catalog=catalog,
        verify=verify,
        scanner=scanner,
    )
    names = distinct_layers(fleet.frames)
    files, sources = _files(fleet, names)
    objects = ((one.digests, one.sizes) if one is not None else None for one in files)
    levels = [object_level(fleet.frames, "file", objects)]
    faults = list(fleet.faults)
    if chunks:
        outcomes = _cut(files, sources, limits, jobs, cutting)
        levels += _chunk_levels(fleet, files, outcomes)
        faults += _faults(outcomes, sources)
    return dedup_document(
        fleet.tool,
        fleet.rows,
        fleet.frames.images["same_as"].tolist(),
        ladder(fleet.frames, levels),
        skipped=fleet.skipped,
        faults=faults,
    )


Progress = Callable[[int, int], None]


def _in_two_passes(progress: Progress) -> tuple[Progress, Progress]:
    """Who is told of the first pass and who of the second, so that bytes are counted on."""
    read = 0

    def first(done: int, total: int) -> None:
        nonlocal read
        read = done
        progress(done, total)

    def second(done: int, total: int) -> None:
        progress(read + done, read + total)

    return first, second


_Source = tuple["Image", "Layer"]


def _files(
    fleet: FleetInputs, names: Sequence[str]
) -> tuple[list[Files | None], list[_Source | None]]:
    """For each distinct layer its files and a copy of it; None where no copy was read."""
    place = {name: at for at, name in enumerate(names)}
    files: list[Files | None] = [None] * len(names)
    sources: list[_Source | None] = [None] * len(names)
    for image, scans in zip(fleet.images, fleet.scans, strict=True):
        for layer, scan in zip(image.layers, scans, strict=True):
            if scan is None or scan.columns is None:
                continue
            name = str(scan.diff_id)
            at = place.get(name)
            if at is not None and files[at] is None:
                files[at] = files_of_columns(scan.columns, name)
                # Whatever is read again has to be what was read the first time.
                sources[at] = (image, replace(layer, diff_id=scan.diff_id))
    return files, sources


def _cut(
    files: Sequence[Files | None],
    sources: Sequence[_Source | None],
    limits: Limits,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
) -> dict[int, tuple[Files, Outcome]]:
    """For each layer with a content that no layer before it has: those files, and their chunks."""
    tasks: dict[int, tuple[Files, ChunkTask]] = {}
    for at, (one, source, wanted) in enumerate(zip(files, sources, cut_first(files), strict=True)):
        if one is not None and source is not None and wanted.any():
            chosen = one.chosen(wanted)
            rows = bytearray(int(chosen.rows[-1]) + 1)
            for row in chosen.rows.tolist():
                rows[row] = 1
            tasks[at] = (chosen, ChunkTask(source[1], bytes(rows)))
    outcomes = read_chunks(
        [task for _, task in tasks.values()], limits, jobs=jobs, progress=progress
    )
    return {
        at: (chosen, outcome)
        for (at, (chosen, _)), outcome in zip(tasks.items(), outcomes, strict=True)
    }


def _chunk_levels(
    fleet: FleetInputs,
    files: Sequence[Files | None],
    outcomes: dict[int, tuple[Files, Outcome]],
) -> list[Level]:
    levels = []
    for scheme in SCHEMES:
        parts = [
            (chosen.digests, outcome[scheme])
            for chosen, outcome in outcomes.values()
            if not isinstance(outcome, InputError)
        ]
        levels.append(object_level(fleet.frames, scheme, _chunks(files, ContentChunks(parts))))
    return levels


def _chunks(
    files: Sequence[Files | None], contents: ContentChunks
) -> Iterator[tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]] | None]:
    """For each layer the digests and sizes of its chunks, one layer after the other."""
    for one in files:
        yield contents.of(one) if one is not None else None


def _faults(
    outcomes: dict[int, tuple[Files, Outcome]], sources: Sequence[_Source | None]
) -> list[FaultRow]:
    """What is wrong with layers that could be read once and not a second time."""
    faults = []
    for at, (_, outcome) in outcomes.items():
        source = sources[at]
        if isinstance(outcome, InputError) and source is not None:
            image, layer = source
            place = f"{outcome.reading}: " if outcome.reading else ""
            message = f"layer {layer.index}: read again for its chunks: {place}{outcome.problem}"
            faults.append(
                FaultRow(
                    input=image.input,
                    code=outcome.code,
                    message=message,
                    image=image.index,
                    layer=layer.index,
                    hint=outcome.hint,
                )
            )
    return faults
