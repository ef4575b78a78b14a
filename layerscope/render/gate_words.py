"""The words for verdicts that all formats of a gate share.

Every text of an image comes out of here escaped for a terminal: on one line, nothing but printable
characters. Formats with an escape of their own put it on top.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, line
from layerscope.render.gate_amounts import amount, signed_amount
from layerscope.units import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.verdict import CheckRow, JudgedImage, PartRow, Split, SplitRow, Verdict
    from layerscope.report.answers import ImageName

OUTCOME_WORDS = {
    "fail": "FAIL",
    "warn": "WARN",
    "waived": "WAIVED",
    "not-measured": "not measured",
    "pass": "PASS",
}
"""By outcome, its word; the worst first, but see `worst_first`."""

COUNTS_WORDS = {
    "fail": "counts as a failure",
    "warn": "counts as a warning",
    "pass": "is let pass",
}
"""By what a check counts as, those words for one that was not measured; the worst first."""

SKIPPED = "SKIP"
"""The word for a rule that is switched off."""

PART_WORDS = {"all": "", "own": "own layers", "base": "base layers"}
SPLIT_WORDS = {
    "base": "base and own layers",
    "instruction": "instruction",
    "package": "package",
    "path": "path",
    "cause": "cause",
}
PATH_CHARACTERS = 4096
PATTERN_CHARACTERS = 200
REASON_CHARACTERS = 400
_BLAMED: tuple[Split, ...] = ("instruction", "package", "path")


def scope_words(check: CheckRow) -> str:
    """Which part of an image a check is about; empty if it is the whole image."""
    kind, pattern = check.scope.kind, line(check.scope.pattern, PATTERN_CHARACTERS)
    words = [PART_WORDS[check.part]]
    if check.layer is not None:
        words.insert(0, f"layer {check.layer}")
    elif kind == "layer":
        words.insert(0, f"{pattern} layers" if pattern in {"own", "base"} else f"layer {pattern}")
    elif kind not in {"image", "run"}:
        words.insert(0, f"{kind} {pattern}")
    return ", ".join(word for word in words if word)


def check_title(check: CheckRow) -> str:
    """The budget, what it bounds, and of which part of the image, unless its name says so."""
    budget = line(check.budget, 100)
    words = set(budget.lower().replace("-", "_").split())
    metric = "" if words & {check.metric, check.metric.removesuffix("_bytes")} else check.metric
    said = f"{check.scope.kind} {check.scope.pattern}" in check.budget
    if check.scope.pattern and said and check.layer is None:
        # Such as a budget that has no name and is called "wasted_bytes of path /opt/**".
        scope = PART_WORDS[check.part]
    else:
        scope = scope_words(check)
    about = ", ".join(word for word in (line(metric), scope) if word)
    return f"{budget}: {about}" if about else budget


def titles(images: Sequence[JudgedImage]) -> list[str]:
    """What each image is called, with its platform, so that no two are called alike."""
    names = names_apart(images)
    return [
        f"{name}  {line(str(image.name.platform), 40)}"
        for name, image in zip(names, images, strict=True)
    ]


def names_apart(images: Sequence[JudgedImage]) -> list[str]:
    """The name of each image; those of one name and platform with their input in front."""
    keys = [(image_title(image.name), str(image.name.platform)) for image in images]
    seen = Counter(keys)
    return [
        key[0] if seen[key] == 1 else f"{line(image.name.input.rpartition('/')[2], 40)}: {key[0]}"
        for key, image in zip(keys, images, strict=True)
    ]


def image_title(image: ImageName) -> str:
    """The first name of an image, else the input with the image's number."""
    return line(image.names[0]) if image.names else f"{line(image.input)}:@{image.index}"


def compared_with(image: JudgedImage) -> str:
    """What an image was compared with, in words."""
    if image.baseline is None:
        return "compared with nothing"
    name, source = image_title(image.baseline), line(image.baseline_from)
    return f"compared with {name}" + (f" of {source}" if source and source != name else "")


def step(part: PartRow) -> str:
    """An instruction as people write it; of which the history says nothing is `<missing>`."""
    return instruction(part.label or None)


def split_words(split: SplitRow) -> str:
    """What the parts of a split are, such as `package of the whole image`."""
    return SPLIT_WORDS[split.by] + (" of the whole image" if split.whole_image else "")


def split_label(split: SplitRow, part: PartRow, characters: int = PATH_CHARACTERS) -> str:
    """What a part is: an instruction as people write it, a path, a package with its kind.

    A path that is longer than `characters` is cut in its middle.
    """
    if part.rest:
        return f"{line(part.label)} {line(part.detail, PATTERN_CHARACTERS)}".rstrip()
    if split.by == "instruction":
        return step(part)
    about = f" ({line(part.kind, 40)})" if part.kind else ""
    if split.by == "path":
        # That it was added or removed is seen in its sizes; the room is for the path.
        room = max(characters - len(about), 8)
        return middle(exact(part.label, PATH_CHARACTERS), room) + about
    about += f" {line(part.detail, 80)}" if part.detail else ""
    if split.by == "package":
        return (line(part.label) or "(no package)") + about
    return line(part.label) + about


def part_place(part: PartRow) -> str:
    """Where a part comes from: `line 7`, else `layer 4`, else nothing."""
    if part.line is not None:
        return f"line {part.line}"
    return f"layer {part.layer}" if part.layer is not None else ""


def blamed(check: CheckRow) -> list[tuple[SplitRow, PartRow, bool]]:
    """The part of each split that did most to break a check: instruction, package, path.

    With a baseline that is the largest change in the direction of what broke, then the last item is
    true; if no part went there, or without a baseline, the largest part. Nothing where too little
    is what is wrong, and no part became less. What is of no package is no culprit.
    """
    found = []
    splits = {split.by: split for split in reversed(check.attribution)}
    kinds: tuple[Split, ...] = _BLAMED if splits.keys() & set(_BLAMED) else ("cause",)
    for by in kinds:
        split = splits.get(by)
        if split is None:
            continue
        # Too low a share of bytes comes of too many bytes, those that the split is of.
        less = split.unit == check.unit and _is_too_little(check)
        parts = [row for row in split.parts if not row.rest and (row.label or by != "package")]
        moved = [row for row in parts if (row.delta or 0) * (-1 if less else 1) > 0]
        largest = [row for row in parts if row.new and not less]
        if moved:
            found.append((split, max(moved, key=lambda row: abs(row.delta or 0)), True))
        elif largest:
            found.append((split, max(largest, key=lambda row: row.new or 0), False))
    return found


def _is_too_little(check: CheckRow) -> bool:
    return any(row.kind == "min" and row.holds is False for row in check.limits)


def culprits(check: CheckRow, characters: int = 48) -> list[tuple[str, str]]:
    """Who is to blame: the name of the largest part of each split, and by how much and where.

    Such as `RUN pip install …` and `+12.3 MB, line 7`. Names are cut to `characters`; only they
    are texts of an image.
    """
    return [_blame(split, part, characters, moved=moved) for split, part, moved in blamed(check)]


def culprit(check: CheckRow, characters: int = 48) -> str:
    """Who is to blame in one line; empty if nothing tells.

    Such as `RUN pip install … +12.3 MB, line 7; package torch 2.1 to 2.2 +9.0 MB;
    /usr/lib/x.so +8.0 MB`.
    """
    return "; ".join(" ".join(pair) for pair in culprits(check, characters))


def _blame(split: SplitRow, part: PartRow, characters: int, *, moved: bool) -> tuple[str, str]:
    if split.by == "instruction":
        name = ended(step(part), characters)
    elif split.by == "package":
        detail = f" {line(part.detail, 40)}" if part.detail else ""
        name = f"package {ended(line(part.label), characters)}{detail}"
    elif split.by == "path":
        name = middle(exact(part.label, PATH_CHARACTERS), characters)
    else:
        name = ended(line(part.label), characters)
    size = signed_amount(part.delta, split.unit) if moved else amount(part.new, split.unit)
    place = part_place(part)
    return name, f"{size}, {place}" if place else size


def ended(text: str, characters: int) -> str:
    """A text cut at its end to fit."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def middle(text: str, characters: int) -> str:
    """A text cut in its middle to fit, since both ends of a path say something."""
    if len(text) <= characters:
        return text
    head = (characters - 1) // 3
    return f"{text[:head]}…{text[len(text) - (characters - 1 - head) :]}"


def waiver_words(check: CheckRow) -> str:
    """Until when a check is waived, or was, and why; empty without a waiver."""
    waiver = check.waiver
    if waiver is None:
        return ""
    word = "the waiver ended" if waiver.expired else "waived until"
    return f"{word} {line(waiver.until, 20)}: {line(waiver.reason, REASON_CHARACTERS)}"


def worst_first(checks: Sequence[CheckRow]) -> list[CheckRow]:
    """The checks by what they count as, then by outcome, in their own order where those agree."""
    return sorted(checks, key=badness)


def badness(check: CheckRow) -> tuple[int, int]:
    """What checks are sorted by, the worst first: what they count as, then their outcome."""
    return tuple(COUNTS_WORDS).index(check.counts_as), tuple(OUTCOME_WORDS).index(check.outcome)


def result_word(verdict: Verdict) -> str:
    """PASS or FAIL, by what the gate was told to fail on."""
    return "PASS" if verdict.passed else "FAIL"


def result_words(verdict: Verdict, *, waivers: bool = False) -> str:
    """How many budgets are broken, and how many checks came out otherwise.

    With `waivers` also until when and why the first one is waived; else no name is in it.
    """
    counts = verdict.counts
    budgets = len({row.budget for row in verdict.checks})
    broken = len({row.budget for row in verdict.checks if row.outcome == "fail"})
    words = [f"{broken:,} of {counted(budgets, 'budget')} broken"]
    if counts.passed == len(verdict.checks):
        words = ["the budget is kept" if budgets == 1 else f"all {budgets:,} budgets are kept"]
    if counts.fail > broken:
        words[0] += f" ({counted(counts.fail, 'check')})"
    if counts.warn:
        fails = " (--fail-on warn)" if verdict.fail_on == "warn" else ""
        words.append(f"{counted(counts.warn, 'warning')}{fails}")
    if counts.waived:
        words.append(f"{counts.waived:,} waived{_first_waiver(verdict) if waivers else ''}")
    if counts.not_measured:
        failing = sum(
            row.outcome == "not-measured" and row.counts_as == "fail" for row in verdict.checks
        )
        about = f" ({failing:,} counts as a failure)" if failing == 1 else ""
        about = f" ({failing:,} count as failures)" if failing > 1 else about
        words.append(f"{counts.not_measured:,} not measured{about}")
    disabled = len(verdict.policy.disabled)
    words += [f"{disabled:,} switched off"] if disabled else []
    if verdict.faults:
        # What could not be read may be an image that no check is about.
        words.append(f"not all was judged: {counted(len(verdict.faults), 'fault')} in the inputs")
    return ", ".join(words)


def _first_waiver(verdict: Verdict) -> str:
    found = [row.waiver for row in verdict.checks if row.outcome == "waived" and row.waiver]
    start = "the first " if len(found) > 1 else ""
    found.sort(key=lambda row: row.until)
    return "".join(
        f" ({start}until {line(first.until, 20)}: {ended(line(first.reason), 100)})"
        for first in found[:1]
    )
