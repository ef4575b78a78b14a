"""A verdict in GitHub's Markdown: a comment on a pull request, and the summary of a job.

What is cut is cut between blocks, never within a table. Every text of an image or of a policy
stands in `<code>` as `diff_markdown.code` writes it; names have nowhere else to go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.diff_markdown import code, details, table
from layerscope.render.escape import line
from layerscope.render.gate_amounts import limit_words, relations
from layerscope.render.gate_rows import (
    number_cells,
    part_cells,
    shown_parts,
    size_cells,
    size_names,
)
from layerscope.render.gate_words import (
    COUNTS_WORDS,
    OUTCOME_WORDS,
    SKIPPED,
    check_title,
    culprits,
    image_title,
    part_place,
    result_word,
    result_words,
    split_label,
    split_words,
    titles,
    waiver_words,
    worst_first,
)
from layerscope.render.markdown_parts import COMMENT_BYTES, Room, cut_list, left_table, prose
from layerscope.units import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.verdict import CheckRow, JudgedImage, SplitRow, Verdict

MARKER = "<!-- layerscope:gate -->"
"""The hidden first line of a comment, by which the next run finds and replaces it."""

SUMMARY_BYTES = 1_000_000
"""How long the summary of a step may be: GitHub refuses more than 1 MiB, and takes what other
commands of the step write as well."""

IMAGES_APART = 3
"""Of how many images the sizes have a table each."""
IMAGES = 50
"""How many images the one table of sizes has."""
PARTS = 5
"""How many parts of a split are shown."""


def gate_markdown(verdict: Verdict, limit: int = COMMENT_BYTES) -> bytes:
    """A comment: UTF-8 Markdown of at most `limit` bytes, which should be 2,000 at least.

    Its first line is `MARKER`. Raises: `ValueError` if the result alone is longer than `limit`.
    """
    return _document(verdict, [MARKER], limit, checks=50, attributed=20)


def gate_summary(verdict: Verdict) -> bytes:
    """The summary of a job's step: UTF-8 Markdown of less than 1 MiB."""
    return _document(verdict, [], SUMMARY_BYTES, checks=1000, attributed=200)


def _document(
    verdict: Verdict, start: list[str], limit: int, *, checks: int, attributed: int
) -> bytes:
    """Blocks as they have room: the checks first, then what explains them, the worst first."""
    head = [
        *start,
        f"### layerscope gate: {result_word(verdict)}",
        f"**{result_words(verdict)}**",
    ]
    count = len(verdict.checks)
    room = Room(limit - 2)
    for block in (*head, _left_out(count, count)):
        if not room.take(block):
            message = f"a comment has no room in {limit} bytes"
            raise ValueError(message)
    rows = worst_first(verdict.checks)
    checks_table, shown = _checks(verdict, rows[:checks], room)
    lists = [block for block in _lists(verdict) if room.take(block)]
    size_tables = [block for block in _sizes(verdict.images) if room.take(block)]
    explained = []
    told = [row for row in rows if row.counts_as != "pass" and row.attribution]
    for row in told[:attributed]:
        block = _details(row, _image_of(verdict, row))
        if not room.take(block):
            break
        explained.append(block)
    left = _left_out(count - shown, len(told) - len(explained))
    blocks = [*head, *checks_table, *size_tables, *explained, *lists, *([left] if left else [])]
    return ("\n\n".join(blocks) + "\n").encode("utf-8", "backslashreplace")


def _left_out(checks: int, explained: int) -> str:
    """What had no room, so that nobody takes what is there for everything."""
    words = [f"{counted(checks, 'more check')}"] if checks else []
    words += [f"the parts of {counted(explained, 'more check')}"] if explained else []
    return f"… {' and '.join(words)}; the whole verdict is in the JSON." if words else ""


def _image_of(verdict: Verdict, check: CheckRow) -> str:
    """The image of a check if there are several; of a check of the run that it is of all."""
    if check.image is None:
        return "all images together"
    images = verdict.images
    return image_title(images[check.image].name) if len(images) > 1 else ""


def _checks(verdict: Verdict, rows: Sequence[CheckRow], room: Room) -> tuple[list[str], int]:
    """The table of as many checks as have room, and how many those are."""
    several = len(verdict.images) > 1
    headers = ["Result", "Budget", *(["Image"] if several else []), "Measured", "Most"]
    names = titles(verdict.images)
    lines: list[list[str]] = []
    for row in rows:
        image = "all" if row.image is None else code(names[row.image])
        cells = [
            f"**{OUTCOME_WORDS[row.outcome]}**" if row.outcome != "pass" else "PASS",
            code(check_title(row)),
            *([image] if several else []),
            _measured(row),
            _most(row),
        ]
        # The first row pays for the headers and the line below them.
        block = left_table(headers, [cells]) if not lines else f"| {' | '.join(cells)} |"
        if not room.take(block):
            break
        lines.append(cells)
    return ([left_table(headers, lines)] if lines else []), len(lines)


def _measured(check: CheckRow) -> str:
    words = prose(relations(check))
    if check.outcome == "not-measured":
        return f"{words}, {COUNTS_WORDS[check.counts_as]}"
    return words


def _most(check: CheckRow) -> str:
    if check.outcome == "pass":
        return ""
    if check.outcome == "not-measured":
        return prose(line(check.reason))
    return "<br>".join(f"{code(name)} {about}" for name, about in culprits(check))


def _sizes(images: Sequence[JudgedImage]) -> list[str]:
    """A table for each image, or of many images one with a row for each."""
    if len(images) > IMAGES_APART:
        return [_sizes_of_all(images)]
    blocks = []
    for image, title in zip(images, titles(images), strict=True):
        names = [name for name in size_names(image) if image.new.get(name) is not None]
        rows = [[code(line(name, 40)), *size_cells(image, name)] for name in names]
        headers = ["", "then", "now", "change"]
        if image.baseline is None:
            headers, rows = ["", "now"], [[row[0], row[2]] for row in rows]
        words = f"{code(title)} {_compared(image)}"
        blocks.append(f"{words}\n\n{table(headers, rows)}" if rows else words)
    return blocks


def _sizes_of_all(images: Sequence[JudgedImage]) -> str:
    name = "compressed_bytes"
    rows = [
        [code(title), *size_cells(image, name)]
        for image, title in zip(images[:IMAGES], titles(images), strict=False)
    ]
    more = f"\n\n… {counted(len(images) - IMAGES, 'more image')}" if len(images) > IMAGES else ""
    return table(["Image (compressed)", "then", "now", "change"], rows) + more


def _compared(image: JudgedImage) -> str:
    if image.baseline is None:
        return "compared with nothing"
    source = f" of {code(line(image.baseline_from))}" if image.baseline_from else ""
    return f"compared with {code(image_title(image.baseline))}{source}"


def _details(check: CheckRow, image: str) -> str:
    """The parts of a check's number, folded."""
    of = f" of {code(image)}" if image else ""
    title = f"{OUTCOME_WORDS[check.outcome]} {code(check_title(check))}{of}"
    body = [f"{prose(line(check.reason, 400))}"] if check.reason else []
    body += [_split(check, split) for split in check.attribution]
    return details(f"{title}: {prose(relations(check))}", "\n\n".join(body))


def _split(check: CheckRow, split: SplitRow) -> str:
    rows, rest = shown_parts(split, PARTS)
    changes = split.delta is not None
    about = f" ({prose(split.metric)})" if split.metric != check.metric else ""
    headers = [f"By {split_words(split)}{about}", *(["then"] if changes else []), "now"]
    headers += ["change"] if changes else []
    lines = []
    for row in rows:
        place = part_place(row)
        label = code(split_label(split, row, 100)) + (f" {place}" if place else "")
        lines.append([label, *part_cells(row, split)])
    if rest:
        label = code(split_label(split, rest)) if rest.detail else "all other"
        lines.append([label, *part_cells(rest, split)])
    numbers = number_cells(split.old, split.new, split.delta, split.unit, changes=changes)
    lines.append(["**sum**", *numbers])
    return table(headers, lines)


def _lists(verdict: Verdict) -> list[str]:
    """Waivers, what could not be judged, notes, faults, and rules that are switched off."""
    waivers = [
        f"- {code(check_title(row))}: {code(waiver_words(row))}"
        for row in worst_first(verdict.checks)
        if row.waiver and row.outcome in {"waived", "fail"}
    ]
    unknown = [
        f"- {code(check_title(row))}: {prose(limit_words(limit, row.unit))}: "
        f"{prose(line(limit.reason, 200))}"
        for row in worst_first(verdict.checks)
        for limit in row.limits
        if row.outcome == "not-measured" and limit.reason and limit.reason not in row.reason
    ]
    notes = [f"- {prose(line(row.text, 400))}" for row in verdict.remarks]
    faults = [
        f"- {code(line(row.input))}: {code(line(row.message, 400))} ({code(line(row.code))})"
        for row in verdict.faults
    ]
    off = [f"- {SKIPPED} {code(line(name))}" for name in verdict.policy.disabled]
    listed = {
        "Waivers": waivers,
        "Not judged": unknown,
        "Notes": notes,
        "Faults": faults,
        "Switched off": off,
    }
    blocks = [
        "\n".join([f"**{words}**", "", *cut_list(lines)])
        for words, lines in listed.items()
        if lines
    ]
    skipped = len(verdict.skipped)
    return [*blocks, f"{counted(skipped, 'part')} of the inputs skipped."] if skipped else blocks
