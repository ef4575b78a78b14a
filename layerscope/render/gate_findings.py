"""What the formats of CI systems ask of a check: where to show it, how bad it is, in which words.

All texts are on one line and printable, as `render.gate_words` makes them; places are files as the
user named them.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.render.gate_amounts import amount, relations, signed_amount
from layerscope.render.gate_rows import shown_parts
from layerscope.render.gate_words import (
    badness,
    check_title,
    culprit,
    ended,
    part_place,
    scope_words,
    split_label,
    split_words,
    titles,
    waiver_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.gate.verdict import CheckRow, LimitRow, PartRow, SplitRow, Verdict
    from layerscope.report.document import FaultRow

ALL_IMAGES = "all images"
"""What a check of the whole run is about."""

PARTS = 10
"""How many parts of a split are told; the others are summed up."""

_LABEL_CHARACTERS = 200
_BLAME_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file.

    Attributes:
        path: As the user named it, without `./` in front; may hold any character.
        line: From 1 on; 0 if it is not known.
    """

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Finding:
    """A check and what is needed to tell of it.

    Attributes:
        image: The title of its image, or `ALL_IMAGES`.
        title: The budget and which part of the image it bounds.
        message: One sentence: what is wrong.
        place: None if there is no file to show it in.
        fingerprint: 64 hex digits that no other check of the verdict has.
    """

    check: CheckRow
    image: str
    title: str
    message: str
    place: Place | None
    fingerprint: str


def findings(verdict: Verdict) -> list[Finding]:
    """All checks of a verdict, in its order."""
    names = [" ".join(name.split()) for name in titles(verdict.images)]
    marks = _fingerprints(verdict.checks)
    return [
        Finding(
            check=check,
            image=ALL_IMAGES if check.image is None else names[check.image],
            title=check_title(check),
            message=_message(check),
            place=_place(verdict, check),
            fingerprint=mark,
        )
        for check, mark in zip(verdict.checks, marks, strict=True)
    ]


def worst_findings(rows: Sequence[Finding]) -> list[Finding]:
    """Findings by what they count as, then by outcome, then by how far they are over a limit."""
    return sorted(rows, key=lambda row: (*badness(row.check), -overshoot(row.check)))


def overshoot(check: CheckRow) -> float:
    """How far a check is beyond the limit that it breaks most, as a part of that limit.

    Infinite where the limit is zero, or a percentage of nothing; 0.0 where no limit is broken.
    """
    return max((_excess(check, row) for row in check.limits if row.holds is False), default=0.0)


def _excess(check: CheckRow, limit: LimitRow) -> float:
    measured = check.delta if limit.kind.startswith("max-increase") else check.value
    if measured is None:
        return 0.0
    if limit.kind == "max-increase-percent":
        if not check.baseline:
            return math.inf
        measured = 100 * measured / check.baseline
    return abs(measured - limit.limit) / abs(limit.limit) if limit.limit else math.inf


def fails_gate(verdict: Verdict, check: CheckRow) -> bool:
    """Whether a gate with this check alone would fail, by what it was told to fail on."""
    return check.counts_as in {"fail", verdict.fail_on}


def scope_text(check: CheckRow) -> str:
    """Which part of what a check is about: `image` for all of one, `run` for all images."""
    return scope_words(check) or ("run" if check.image is None else "image")


def blame_lines(check: CheckRow) -> list[str]:
    """Who is to blame, one part a line, then the waiver if there is one; often empty."""
    blame = culprit(check, _BLAME_CHARACTERS)
    return [text for text in (blame, waiver_words(check)) if text]


def attribution_lines(check: CheckRow) -> Iterator[str]:
    """Every split of a check: its first parts, and what is left, so that sums hold."""
    for split in check.attribution:
        total = _size(split, split.delta, split.new)
        yield f"{line(split.metric)} by {split_words(split)}: {total}"
        kept, left = shown_parts(split, PARTS)
        rows = kept if left is None else [*kept, left]
        cells = [(_size(split, row.delta, row.new), _label(split, row)) for row in rows]
        width = max((len(size) for size, _ in cells), default=0)
        yield from (f"  {size:>{width}}  {label}" for size, label in cells)


def fault_text(fault: FaultRow) -> str:
    """What is wrong with an input, on one line."""
    text = f"{line(fault.input)}: {line(fault.message, 400)} ({line(fault.code, 40)})"
    return f"{text}; hint: {line(fault.hint, 400)}" if fault.hint else text


def _label(split: SplitRow, part: PartRow) -> str:
    label = ended(split_label(split, part, _LABEL_CHARACTERS), _LABEL_CHARACTERS)
    place = part_place(part)
    return label + (f", {place}" if place else "")


def _size(split: SplitRow, delta: int | None, new: int | None) -> str:
    return amount(new, split.unit) if delta is None else signed_amount(delta, split.unit)


def _message(check: CheckRow) -> str:
    reason = line(check.reason, 400)
    if check.outcome == "pass" or not reason:
        return relations(check)
    return reason


def _place(verdict: Verdict, check: CheckRow) -> Place | None:
    if verdict.dockerfile and check.line:
        return Place(_plain(verdict.dockerfile), check.line)
    if verdict.policy.file:
        return Place(_plain(verdict.policy.file), check.policy_line)
    return None


def _plain(path: str) -> str:
    """A path as CI systems compare it with those of the repository: they do not know `./`."""
    while path.startswith("./") and path.strip("./"):
        path = path[2:].lstrip("/")
    return path


def _fingerprints(checks: Sequence[CheckRow]) -> list[str]:
    """One for each check; checks that share theirs are told apart by part, layer and order."""
    taken: set[str] = set()
    # How many copies of a check there were: to count from 0 again would be quadratic.
    copies: Counter[tuple[object, ...]] = Counter()
    marks = []
    for check in checks:
        mark = check.fingerprint
        while not mark or mark in taken:
            about = (check.fingerprint, check.budget, check.part, check.layer, check.image)
            mark = _mixed(about, copies[about])
            copies[about] += 1
        taken.add(mark)
        marks.append(mark)
    return marks


def _mixed(about: tuple[object, ...], copy: int) -> str:
    import hashlib  # noqa: PLC0415 - only checks that share a fingerprint need it

    text = repr([*about, copy])
    return hashlib.sha256(text.encode("ascii", "backslashreplace")).hexdigest()
