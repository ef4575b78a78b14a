"""What a gate judges and what it compares with, from images, saved reports and baseline files."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError, InputError, UnreadableInputError, UsageError, shown
from layerscope.gate.report_numbers import NO_DIVE, run_numbers
from layerscope.gate.report_subject import subjects_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from layerscope.cli.gate_reading import Reading
    from layerscope.gate.measured import Subject
    from layerscope.gate.policy import Policy
    from layerscope.gate.verdict import Number
    from layerscope.report.document import FaultRow, ImageRow, Report, SkippedRow

STDIN = "-"
TABLES = ("files", "packages")
"""What of an image tells which path and which package made it grow."""
CACHE_SCHEMA = "layerscope.cache/1"
CACHE_METRIC = "cache_steps_rebuilt"
DOCUMENT_BYTES = 2 * 1024**3
KEPT = b'"layerscope.baseline/'
"""What a baseline file has in it, however damaged."""

_CHUNK = 64


@dataclass(slots=True)
class Judged:
    """Images with what is known of each, and of the run as a whole.

    Attributes:
        rows: As in reports, one for each of `subjects`.
        run: Numbers of scope `run`.
        report: The report that was made or read; None of several.
    """

    subjects: list[Subject] = field(default_factory=list)
    rows: list[ImageRow] = field(default_factory=list)
    run: dict[str, Number] = field(default_factory=dict)
    skipped: list[SkippedRow] = field(default_factory=list)
    faults: list[FaultRow] = field(default_factory=list)
    report: Report | None = None

    def add(self, report: Report) -> None:
        """Take in a report; numbers of the run are those of the only one."""
        self.report = None if self.subjects else report
        self.run = run_numbers(report) if self.report else {}
        self.subjects += subjects_of(report)
        self.rows += report.images
        self.skipped += report.skipped
        self.faults += report.faults


def judged_reports(paths: Sequence[str]) -> Judged:
    """What saved documents say: reports, and predictions of `cache simulate` for the run.

    Raises: `UsageError` for an empty name; `InputError` for a file that cannot be read or is
        neither.
    """
    if "" in paths:
        # Such as a shell variable that is not set.
        raise UsageError("expected the name of a file, found an empty one", "--report")
    found = Judged()
    rebuilt: list[Number] = []
    for path in paths:
        try:
            values = _decoded(_read(path))
            if isinstance(values, dict) and values.get("schema") == CACHE_SCHEMA:
                rebuilt.append(_rebuilt(values))
            else:
                found.add(_report(values))
        except InputError as error:
            error.within(shown(path))
            raise
    if rebuilt:
        known = [number for number in rebuilt if number is not None]
        found.run[CACHE_METRIC] = sum(known) if len(known) == len(rebuilt) else None
    return found


def judged_images(images: Sequence[str], policy: Policy, read: Reading) -> Judged:
    """What the images hold, read now. Raises: as `journeys.analyze.analyze` does."""
    report = _analyzed(images, policy, read)
    found = Judged()
    found.add(report)
    return found


def refuse_without_dive(judged: Judged, policy: Policy) -> None:
    """Raises `UsageError` if dive's rules are asked of a whole report that has no such numbers.

    What dive cannot tell (NaN) passes, as it does in dive: what was never asked must not.
    """
    if _asks_for_dive(policy) and not judged.faults and any(not row.dive for row in judged.rows):
        raise UsageError(NO_DIVE, "--report")


def refuse_other_file(path: str) -> None:
    """Raises `UsageError` if the file is there and is no baseline: it would be lost."""
    if not os.path.lexists(path):
        return
    try:
        with open(path, "rb") as file:
            # One that a merge left half and half is no JSON, and is to be written anew as well.
            known = KEPT in file.read(DOCUMENT_BYTES)
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", shown(path)) from error
    if not known:
        raise UsageError(
            "expected a baseline file to write anew, found something else",
            shown(path),
            hint="give another --baseline, or remove the file",
        )


def candidates(
    texts: Sequence[str], policy: Policy, read: Reading
) -> tuple[list[tuple[str, Sequence[Subject]]], Mapping[str, Number], list[str]]:
    """The baselines that are there, the numbers of the run of the only one, those that are not.

    A baseline is a file of `gate --update-baseline`, a report, or an image; the name of each is
    what the user wrote.

    Raises: `InputError` for one that is there and cannot be read whole: a damaged baseline never
        lets anything pass.
    """
    found: list[tuple[str, Sequence[Subject]]] = []
    runs: list[Mapping[str, Number]] = []
    missing: list[str] = []
    for text in texts:
        if _is_missing(text):
            missing.append(text)
            continue
        subjects, run = _baseline(text, policy, read)
        found.append((text, subjects))
        runs.append(run)
    return found, runs[0] if len(runs) == 1 else {}, missing


def history(folder: str) -> list[tuple[str, Sequence[Subject]]]:
    """The reports and baseline files of a folder, oldest first: by name, numbers in it as numbers.

    Raises: `UsageError` if the folder holds none; `InputError` for a file that is neither.
    """
    if not folder:
        raise UsageError("expected the name of a folder, found an empty one", "--history")
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.name.endswith(".json")]
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", shown(folder)) from error
    if not names:
        raise UsageError("expected a folder of reports (*.json), found none", shown(folder))
    found = []
    for name in sorted(names, key=lambda name: (_natural(name), name)):
        path = os.path.join(folder, name)
        try:
            found.append((path, _subjects_in(_read(path))[0]))
        except InputError as error:
            error.within(shown(path))
            raise
    return found


def histories(
    subjects: Sequence[Subject], past: Sequence[tuple[str, Sequence[Subject]]]
) -> list[list[Subject]]:
    """For each image the same image of earlier runs, oldest first; empty without earlier runs.

    A lone image has a partner whatever it is called, and a series of several images is none.
    """
    if not past:
        return []
    from layerscope.gate.choose_baseline import choose  # noqa: PLC0415 - only for a history

    found: list[list[Subject]] = [[] for _ in subjects]
    for run in past:
        for earlier, chosen in zip(found, choose(subjects, [run]), strict=True):
            if chosen and not (chosen.other_name or chosen.other_platform):
                earlier.append(chosen.subject)
    return found


def dockerfile_lines(path: str, rows: Sequence[ImageRow]) -> dict[tuple[int, int], int]:
    """Lines of the Dockerfile by position of the image and index of the layer that it made.

    Raises: `InputError` if the file cannot be read or is no Dockerfile.
    """
    from layerscope.journeys.dockerfile import read_stages  # noqa: PLC0415 - few name one
    from layerscope.journeys.instruction_lines import instruction_lines  # noqa: PLC0415 - the same

    dockerfile = read_stages(path)
    return {
        (position, layer): line
        for position, row in enumerate(rows)
        for layer, line in instruction_lines(dockerfile, row).items()
    }


def _natural(name: str) -> list[tuple[int, int | str]]:
    import re  # noqa: PLC0415 - only for a history

    return [
        (0, int(part)) if part.isdecimal() else (1, part)
        for part in re.split(r"([0-9]{1,18})", name)
        if part
    ]


def _is_missing(text: str) -> bool:
    """Whether a text names a plain file that is not there: no transport, no glob, no list."""
    if os.path.lexists(text) or text == STDIN or text.startswith("@"):
        return False
    from layerscope.sources.arguments import wanted  # noqa: PLC0415 - only for what is not there

    try:
        found = wanted([text])
    except UsageError:
        return False
    return not any(os.path.lexists(one.path) for one in found)


def _baseline(
    text: str, policy: Policy, read: Reading
) -> tuple[Sequence[Subject], Mapping[str, Number]]:
    try:
        if _begins_as_json(text):
            return _subjects_in(_read(text))
        return _whole(_analyzed([text], policy, read))
    except InputError as error:
        error.within(f"baseline {shown(text)}")
        raise


def _subjects_in(data: bytes) -> tuple[Sequence[Subject], Mapping[str, Number]]:
    from layerscope.gate import baseline  # noqa: PLC0415 - if there is one

    values = _decoded(data)
    if baseline.is_baseline(values):
        return baseline.subjects_kept(baseline.load_baseline(data, "")), {}
    return _whole(_report(values))


def _whole(report: Report) -> tuple[Sequence[Subject], Mapping[str, Number]]:
    """The images of a report. Raises: `BadDocumentError` unless there are any, read whole."""
    for fault in report.faults:
        raise BadDocumentError(f"it is not whole: {shown(fault.message, 300)}")
    if not report.images:
        raise BadDocumentError("it holds no image")
    return subjects_of(report), run_numbers(report)


def _analyzed(images: Sequence[str], policy: Policy, read: Reading) -> Report:
    from layerscope.cli.catalog_options import say_catalog  # noqa: PLC0415 - not for saved reports
    from layerscope.cli.progress import Progress  # noqa: PLC0415 - the same
    from layerscope.cli.streams import standard_input  # noqa: PLC0415 - the same
    from layerscope.journeys.analyze import analyze  # noqa: PLC0415 - the same

    reading = read.options
    catalog = reading.open_catalog()
    with Progress(quiet=read.common.quiet, verbose=read.common.verbose) as progress:
        analysis = analyze(
            images,
            platform=reading.wanted_platform(),
            limits=reading.limits(),
            jobs=reading.jobs,
            stdin=standard_input(),
            progress=progress,
            dive=_asks_for_dive(policy),
            tables=_tables(policy),
            catalog=catalog,
            verify=reading.verify,
        )
    say_catalog(catalog, read.common)
    return analysis.report


def _asks_for_dive(policy: Policy) -> bool:
    return any(budget.metric.startswith("dive_") for budget in policy.budgets)


def _tables(policy: Policy) -> Collection[str]:
    """None for a policy of dive's rules alone, which name no culprit in them."""
    return () if all(each.metric.startswith("dive_") for each in policy.budgets) else TABLES


def _begins_as_json(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(_CHUNK).lstrip().startswith(b"{")
    except (OSError, ValueError):
        # A folder, or a fault that opening it as an image reports.
        return False


def _read(path: str) -> bytes:
    """The bytes of a document; of standard input for `-`."""
    try:
        if path == STDIN:
            from layerscope.cli.streams import standard_input  # noqa: PLC0415 - few ask for it

            stream = standard_input()
            data = stream.read(DOCUMENT_BYTES + 1) if stream else b""
        else:
            with open(path, "rb") as file:
                data = file.read(DOCUMENT_BYTES + 1)
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}") from error
    if len(data) > DOCUMENT_BYTES:
        raise BadDocumentError(f"the document has more than {DOCUMENT_BYTES} bytes")
    return data


def _decoded(data: bytes) -> object:
    import json  # noqa: PLC0415 - images need none

    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        hint = "gate --update-baseline writes it anew" if KEPT in data else ""
        raise BadDocumentError(
            f"expected a report in JSON: {shown(error, 80)}", hint=hint
        ) from error


def _report(values: object) -> Report:
    from layerscope.report.store import report_of  # noqa: PLC0415 - images are not loaded

    return report_of(values, "")


def _rebuilt(values: dict[str, object]) -> Number:
    """How many steps run again; None if that is not known of some."""
    from layerscope.report.cache_document import CacheDocument  # noqa: PLC0415 - few have one
    from layerscope.report.store import convert  # noqa: PLC0415 - the same

    document = convert(values, CacheDocument, "")
    return None if document.unknown or document.faults else document.misses
