"""Two inputs in, what differs between their images out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from layerscope import __version__
from layerscope.analysis.snapshot import snapshot_of
from layerscope.errors import InputError, UsageError, shown
from layerscope.files.squash import squash
from layerscope.journeys.comparison import Side, compare_sides
from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.journeys.remembering import keep, memory_of
from layerscope.journeys.saved_reports import load_saved, picked
from layerscope.report.answers import image_name
from layerscope.report.diff_document import DiffDocument
from layerscope.report.document import FaultRow, Tool
from layerscope.report.file_table import snapshots_of
from layerscope.report.from_results import build
from layerscope.report.image_pairs import ImagePairs, pair_images, platform_of
from layerscope.sources.arguments import STDIN, wanted
from layerscope.sources.transport import open_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from layerscope.analysis.growth import Owned
    from layerscope.analysis.snapshot import Snapshot
    from layerscope.catalog.store import Catalog
    from layerscope.files.scan_layer import LayerScan
    from layerscope.files.squash import Squashed
    from layerscope.journeys.memory import Memory
    from layerscope.journeys.pool import LayerOutcome, Place
    from layerscope.oci.platform import Platform
    from layerscope.report.document import ImageRow, SkippedRow
    from layerscope.sources.arguments import Wanted
    from layerscope.sources.image import Image, OpenedInput
    from layerscope.sources.limits import Limits

    PackagesOf = Callable[[Image, Sequence[LayerScan], Squashed], Owned]

REPORT_BYTES = 2 * 1024**3
"""The longest saved report that is read: the table of some millions of files."""

_HEAD_BYTES = 64
_NO_TABLE = "the saved report has no table of files; analyze --tables files writes one"
_NO_PACKAGES = "a saved report does not say which package owns a file"
_NO_CONFIG = "a saved report does not hold the config"


@dataclass(slots=True)
class _Given:
    """What one argument stands for: opened inputs, or a saved report.

    `rows` are the images, `places` the position of the input and of the image in it that each row
    was made of; a saved report has none, and `snapshots` by the position of a row instead.
    """

    rows: list[ImageRow] = field(default_factory=list)
    opened: list[OpenedInput] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    faults: list[FaultRow] = field(default_factory=list)
    saved: bool = False


def compare(
    old: str,
    new: str,
    *,
    semantic: bool = False,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    packages_of: PackagesOf | None = None,
    progress: Callable[[int, int], None] | None = None,
    catalog: Catalog | None = None,
    verify: bool = False,
) -> DiffDocument:
    """The differences of the images of two inputs, in pairs (see `image_pairs.pair_images`).

    Args:
        old: An IMAGE, or a report that `analyze --format json` wrote.
        new: The same.
        semantic: Whether times, the order of entries and that of variables do not count.
        platform: Only images for it; None means all.
        limits: What an input may cost.
        jobs: Worker processes; None means one for each usable processor.
        stdin: Where `-` reads from.
        packages_of: Gives the packages of an image and who owns what; None leaves them out.
        progress: Called with bytes done and bytes in all.
        catalog: What earlier runs found out, to be added to; None remembers nothing.
        verify: Whether to read and check everything again in spite of the catalog.

    Layers of images without a partner are not read. What is wrong with an input is a row of
    `faults`, and what cannot be said without it is None.

    Raises: `UsageError` if an input makes no sense as one, or if images do not pair.
    """
    if old == new == STDIN:
        raise UsageError("standard input can be one of the two, not both", "OLD and NEW")
    sides = [_given(text, platform, limits, stdin) for text in (old, new)]
    faults = [fault for side in sides for fault in side.faults]
    pairing = ImagePairs()
    if all(side.rows for side in sides):
        # What is not there because an input cannot be read was neither added nor removed.
        pairing = pair_images(sides[0].rows, sides[1].rows)
    partners = [[pair[0] for pair in pairing.pairs], [pair[1] for pair in pairing.pairs]]
    memory = memory_of(catalog, limits, verify=verify, packages=packages_of is not None)
    read, skipped = _read(sides, partners, packages_of, limits, jobs, progress, memory, faults)
    pairs = [compare_sides(*two, semantic=semantic) for two in zip(*read, strict=True)]
    removed = [image_name(sides[0].rows[position]) for position in pairing.removed]
    added = [image_name(sides[1].rows[position]) for position in pairing.added]
    answers = [pair.equal for pair in pairs] + [False] * len(removed + added)
    return DiffDocument(
        tool=Tool(version=__version__),
        semantic=semantic,
        equal=_equal(answers, faults),
        pairs=pairs,
        removed_images=removed,
        added_images=added,
        skipped=skipped,
        faults=faults,
    )


def _equal(answers: Sequence[bool | None], faults: Sequence[FaultRow]) -> bool | None:
    if False in answers:
        return False
    return None if faults or None in answers else True


def _given(text: str, platform: Platform | None, limits: Limits, stdin: BinaryIO | None) -> _Given:
    one = _saved_report(text)
    if one is not None:
        return _from_report(text, one, platform)
    opened = with_no_image_faults(
        open_inputs([text], platform=platform, limits=limits, stdin=stdin)
    )
    rows = build(opened, {}).images
    places = [
        (place, position)
        for place, source in enumerate(opened)
        for position in range(len(source.images))
    ]
    return _Given(rows, opened, places)


def _saved_report(text: str) -> Wanted | None:
    """The file and the pick that a text stands for, if the file begins as a JSON object does."""
    found = wanted([text])
    if len(found) != 1 or found[0].transport or found[0].error or found[0].path == STDIN:
        return None
    try:
        with open(found[0].path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        # A folder, or a fault that opening it as an image reports.
        return None
    return found[0] if head.lstrip().startswith(b"{") else None


def _from_report(text: str, one: Wanted, platform: Platform | None) -> _Given:
    name = shown(one.path)
    try:
        report = load_saved(one.path)
        snapshots = snapshots_of(report, "")
    except InputError as error:
        # The input's name stands in front of every fault.
        place = f"{error.reading}: " if error.reading else ""
        fault = FaultRow(input=one.path, code=error.code, message=f"{place}{error.problem}")
        return _Given(faults=[fault], saved=True)
    kept = [
        position
        for position, row in enumerate(report.images)
        if picked(row, one.pick)
        and (platform is None or platform_of(row.platform).matches(platform))
    ]
    if not kept:
        there = f"{len(report.images)} images" if report.images else "no image"
        raise UsageError(
            f"the report has {there}, and none that was asked for", shown(text) or name
        )
    rows = [report.images[position] for position in kept]
    return _Given(
        rows,
        snapshots={
            place: snapshots[position]
            for place, position in enumerate(kept)
            if position in snapshots
        },
        faults=[fault for fault in report.faults if _concerns(fault, rows)],
        saved=True,
    )


def _concerns(fault: FaultRow, rows: Sequence[ImageRow]) -> bool:
    return any(fault.input == row.input and fault.image in {None, row.index} for row in rows)


def _read(  # noqa: PLR0917 - each is one thing that reading needs
    sides: Sequence[_Given],
    partners: Sequence[Sequence[int]],
    packages_of: PackagesOf | None,
    limits: Limits,
    jobs: int | None,
    progress: Callable[[int, int], None] | None,
    memory: Memory | None,
    faults: list[FaultRow],
) -> tuple[list[list[Side]], list[SkippedRow]]:
    """Both sides of every pair, read in one go, so that a layer that both have is walked once.

    Faults are put at the end of `faults`.
    """
    narrowed: list[OpenedInput] = []
    chosen: list[dict[int, tuple[int, int]]] = []
    for side, positions in zip(sides, partners, strict=True):
        chosen.append(_narrow(side, positions, narrowed))
    outcomes = read_layers(
        narrowed, jobs=jobs, limits=limits, columns=True, progress=progress, memory=memory
    )
    report = build(narrowed, outcomes)
    faults += report.faults
    rows = iter(report.images)
    by_place = {
        (place, position): next(rows)
        for place, source in enumerate(narrowed)
        for position in range(len(source.images))
    }
    read = []
    for side, positions, places in zip(sides, partners, chosen, strict=True):
        made: list[Side] = []
        for position in positions:
            if side.saved:
                made.append(_saved_side(side, position))
                continue
            place = places[position]
            image = narrowed[place[0]].images[place[1]]
            made.append(_read_side(image, by_place[place], place, outcomes, packages_of, faults))
        read.append(made)
    if memory is not None:
        keep(memory, narrowed, outcomes)
    return read, report.skipped


def _narrow(
    side: _Given, positions: Sequence[int], narrowed: list[OpenedInput]
) -> dict[int, tuple[int, int]]:
    """Where each row's image is in `narrowed`, to which the inputs with only those images go."""
    wanted_images: list[list[int]] = [[] for _ in side.opened]
    for position in sorted(positions) if not side.saved else ():
        wanted_images[side.places[position][0]].append(position)
    found = {}
    for source, inner in zip(side.opened, wanted_images, strict=True):
        for number, position in enumerate(inner):
            found[position] = (len(narrowed), number)
        images = tuple(source.images[side.places[position][1]] for position in inner)
        narrowed.append(replace(source, images=images))
    return found


def _saved_side(side: _Given, position: int) -> Side:
    snapshot = side.snapshots.get(position)
    return Side(
        side.rows[position],
        snapshot,
        no_files="" if snapshot else _NO_TABLE,
        no_packages=_NO_PACKAGES,
        no_config=_NO_CONFIG,
    )


def _read_side(  # noqa: PLR0917 - each is one thing that a side is made of
    image: Image,
    row: ImageRow,
    place: tuple[int, int],
    outcomes: Mapping[Place, LayerOutcome],
    packages_of: PackagesOf | None,
    faults: list[FaultRow],
) -> Side:
    scans = []
    for layer in image.layers:
        outcome = outcomes.get((*place, layer.index))
        if outcome is None or outcome.scan is None or outcome.scan.columns is None:
            return _side(image, row, no_files=f"layer {layer.index} could not be read")
        scans.append(outcome.scan)
    try:
        squashed = squash([scan.columns for scan in scans if scan.columns is not None])
        packages = packages_of(image, scans, squashed) if packages_of else None
    except InputError as error:
        faults.append(
            FaultRow(input=image.input, code=error.code, message=error.problem, image=image.index)
        )
        return _side(image, row, no_files="its layers cannot be put on each other, or read again")
    return _side(
        image, row, snapshot_of(squashed, [layer.diff_id for layer in row.layers]), packages
    )


def _side(
    image: Image,
    row: ImageRow,
    snapshot: Snapshot | None = None,
    packages: Owned | None = None,
    *,
    no_files: str = "",
) -> Side:
    return Side(
        row,
        snapshot,
        image.config,
        packages,
        no_files=no_files,
        no_packages="" if packages else no_files or "packages were not read",
        no_config="" if image.config else "the input has no config",
    )
