"""Reports that `analyze --format json` wrote, given where images are expected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError, InputError, UnreadableInputError, UsageError, shown
from layerscope.report.document import FaultRow, Report
from layerscope.report.image_pairs import platform_of
from layerscope.report.store import load
from layerscope.sources.arguments import STDIN, Wanted, wanted
from layerscope.sources.names import is_named

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.oci.platform import Platform
    from layerscope.report.document import ImageRow, SkippedRow
    from layerscope.sources.select import Pick

REPORT_BYTES = 2 * 1024**3
"""The longest saved report that is read: the table of some millions of files."""

_HEAD_BYTES = 64


@dataclass(frozen=True, slots=True)
class SavedImages:
    """The images of saved reports that were asked for, in order, and what was wrong with those."""

    rows: list[ImageRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]


def split_arguments(texts: Sequence[str]) -> tuple[list[str], list[Wanted]]:
    """The arguments that are images, and the files of those that are saved reports.

    A glob or a list counts as reports if all of its files begin as JSON objects do.
    """
    images: list[str] = []
    reports: list[Wanted] = []
    for text in texts:
        files = wanted([text])
        if files and all(map(_is_report, files)):
            reports += files
        else:
            images.append(text)
    return images, reports


def saved_images(files: Sequence[Wanted], platform: Platform | None = None) -> SavedImages:
    """The images of saved reports; a report that cannot be read is a fault.

    Args:
        files: Of `split_arguments`.
        platform: Only images for it; None means all.

    Raises: `UsageError` if a report has no image that was asked for.
    """
    found = SavedImages([], [], [])
    for one in files:
        try:
            report = load_saved(one.path)
        except InputError as error:
            place = f"{error.reading}: " if error.reading else ""
            message = f"{place}{error.problem}"
            found.faults.append(FaultRow(input=one.path, code=error.code, message=message))
            continue
        rows = [
            row
            for row in report.images
            if picked(row, one.pick)
            and (platform is None or platform_of(row.platform).matches(platform))
        ]
        if report.images and not rows:
            problem = f"the report has {len(report.images)} images, and none that was asked for"
            raise UsageError(problem, shown(one.path))
        found.rows.extend(rows)
        found.skipped.extend(report.skipped)
        found.faults.extend(report.faults)
    return found


def _is_report(one: Wanted) -> bool:
    if one.transport or one.error or one.path == STDIN:
        return False
    try:
        with open(one.path, "rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        # A folder, or a fault that opening it as an image reports.
        return False
    return head.lstrip().startswith(b"{")


def load_saved(path: str) -> Report:
    """The report in a file. Raises: `UnreadableInputError`, `BadDocumentError`."""
    try:
        with open(path, "rb") as file:
            data = file.read(REPORT_BYTES + 1)
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}") from error
    if len(data) > REPORT_BYTES:
        raise BadDocumentError(f"the report has more than {REPORT_BYTES} bytes")
    return load(data, "")


def picked(row: ImageRow, pick: Pick | None) -> bool:
    """Is this the image that was picked? Without a pick every one is."""
    if pick is None:
        return True
    if pick.reference is None:
        return row.index == pick.index
    return any(is_named(pick.reference, name) for name in row.names)
