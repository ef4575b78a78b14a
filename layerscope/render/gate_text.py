"""A verdict for people and for the log of a build: what passed, what failed, who made it grow.

The worst stands last, nearest to the result, which is where a log is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.render.gate_amounts import limit_words, relations
from layerscope.render.gate_lines import GAP, aligned, laid_out
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
    badness,
    check_title,
    compared_with,
    culprit,
    ended,
    part_place,
    result_word,
    result_words,
    split_label,
    split_words,
    titles,
    waiver_words,
)
from layerscope.units import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.gate.verdict import CheckRow, JudgedImage, SplitRow, Verdict

WIDTH = 80
NARROWEST = 60
"""Columns below which lines are as long as if there were so many."""
WIDE = 100
"""Columns from which on parts have their old size too; below, the room is for their names."""
INDENT = 6
PARTS = 5
PARTS_OF_ALL = 50
"""How many parts of a split are printed, and how many if all are asked for."""
IMAGES = 20
"""Of how many images the checks are printed unless all are asked for."""
PASSED = 30
"""How many passed checks of an image are printed unless all are asked for."""
LISTED = 10
SIZES = ("compressed_bytes", "visible_bytes", "wasted_bytes")
"""Numbers of an image that are printed even if no budget is about them."""
STYLES = {"fail": "bold red", "warn": "yellow", "waived": "yellow", "not-measured": "yellow"}
USUAL_FILE = "layerscope.toml"
"""Budgets of any other file are said to be of it: one in a folder above surprises people."""


def gate_text(
    verdict: Verdict, *, verbose: bool = False, width: int = WIDTH, styled: bool = False
) -> bytes:
    """The verdict as UTF-8 text; no line is wider than the page.

    Args:
        verdict: What was judged.
        verbose: Whether to print every image, all limits of passed checks, and longer splits.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = _GatePage(width, styled=styled, verbose=verbose)
    of: dict[int | None, list[CheckRow]] = {None: []}
    for check in verdict.checks:
        of.setdefault(check.image, []).append(check)
    if verbose or verdict.policy.file != USUAL_FILE:
        page.put([f"budgets of {line(verdict.policy.file)}"])
    left = _images(page, verdict, of)
    if of[None]:
        page.heading(["all images together"])
        _checks(page, of[None])
    _rules(page, verdict)
    if left:
        page.put(["", left])
    _remarks(page, verdict)
    style = "bold green" if verdict.passed else "bold red"
    page.blank()
    page.put(
        [f"Result: {result_word(verdict)}  {result_words(verdict, waivers=True)}"],
        style,
        indent=len("Result: "),
    )
    return page.encoded()


class _GatePage:
    """A page on which no line is wider than it.

    Without styles no rich is loaded for it, which takes longer than all the rest of a gate.
    """

    def __init__(self, width: int, *, styled: bool, verbose: bool) -> None:
        self.width = max(width, NARROWEST)
        self.verbose = verbose
        self._styled = styled
        self._lines: list[tuple[str, str]] = []
        self._empty = True

    def line(self, text: str, style: str = "") -> None:
        """One line of safe text."""
        self._lines.append((text, style))

    def encoded(self) -> bytes:
        """The page so far, each line without blanks at its end."""
        if self._styled:
            from layerscope.render.page import Page  # noqa: PLC0415 - see above

            page = Page(self.width, styled=True)
            for text, style in self._lines:
                page.line(text, style)
            return page.encoded()
        lines = (f"{text.rstrip()}\n" for text, _ in self._lines)
        return "".join(lines).encode("utf-8", "backslashreplace")

    def put(self, pieces: Sequence[str], style: str = "", indent: int = INDENT) -> None:
        """Pieces side by side, broken into lines; the first line has the style."""
        for number, text in enumerate(laid_out(pieces, self.width, indent)):
            self.line(text, "" if number else style)
        self._empty = False

    def blank(self) -> None:
        """An empty line, unless nothing stands above it."""
        if not self._empty:
            self.line("")

    def heading(self, pieces: Sequence[str]) -> None:
        """A heading with an empty line above it."""
        self.blank()
        self.put(pieces, "bold", 2)


def _images(page: _GatePage, verdict: Verdict, of: dict[int | None, list[CheckRow]]) -> str:
    """Every image, or of many only those with something to say; a sentence on the others."""
    names = titles(verdict.images)
    shown = [number for number in range(len(names)) if page.verbose or len(names) <= IMAGES]
    if not shown:
        troubled = [
            number
            for number in range(len(names))
            if any(row.outcome != "pass" for row in of.get(number, []))
        ]
        shown = troubled[:IMAGES]
    for number in shown:
        checks = of.get(number, [])
        page.heading([names[number], compared_with(verdict.images[number])])
        _sizes(page, verdict.images[number], checks)
        _checks(page, checks)
    left = set(range(len(names))) - set(shown)
    if not left:
        return ""
    rows = [row for number in left for row in of.get(number, [])]
    bad = [row for row in rows if row.counts_as == "fail"]
    return (
        f"{counted(len(left), 'more image')} with {counted(len(rows), 'check')}, "
        f"{len(bad):,} of them failed; -v prints them"
    )


def _sizes(page: _GatePage, image: JudgedImage, checks: Sequence[CheckRow]) -> None:
    asked = {check.metric for check in checks}
    names = [
        name
        for name in size_names(image)
        if page.verbose or name in SIZES or (name in asked and image.new.get(name) is not None)
    ]
    if not names:
        return
    has_old = image.baseline is not None
    headers = ["", "then", "now", "change"] if has_old else ["", "now"]
    rows = [headers]
    for name in names:
        cells = size_cells(image, name)
        rows.append([ended(line(name), 24), *(cells if has_old else cells[1:2])])
    widths = [max(len(row[column]) for row in rows) for column in range(len(headers))]
    page.blank()
    for row in rows:
        page.line(" " * 2 + aligned(row, widths))
    page.line("")


def _checks(page: _GatePage, checks: Sequence[CheckRow]) -> None:
    """The checks, the worst last."""
    rows = sorted(checks, key=badness, reverse=True)
    passed = sum(row.outcome == "pass" for row in rows)
    hidden = 0 if page.verbose else max(0, passed - PASSED)
    if hidden:
        page.put([f"{OUTCOME_WORDS['pass']}  {hidden:,} more"])
    above = False
    for row in rows[hidden:]:
        if above:
            page.line("")
        above = _check(page, row)


def _check(page: _GatePage, check: CheckRow) -> bool:
    """One check; whether it ended with a table."""
    most = culprit(check) if check.outcome != "pass" else ""
    unknown = check.outcome == "not-measured"
    pieces = [OUTCOME_WORDS[check.outcome], check_title(check)]
    pieces += [] if unknown and check.value is None else [relations(check)]
    pieces += [COUNTS_WORDS[check.counts_as]] if unknown else []
    page.put([*pieces, *([f"(most: {most})"] if most else [])], STYLES.get(check.outcome, ""))
    said = [check.reason if page.verbose or unknown else ""]
    if page.verbose or unknown:
        said += [
            f"{limit_words(row, check.unit)}: {row.reason}"
            for row in check.limits
            if row.reason and row.reason not in check.reason
        ]
    if page.verbose or check.outcome in {"waived", "fail"}:
        said.append(waiver_words(check))
    for text in said:
        if text:
            page.put([" " * (INDENT - len(GAP)), line(text, 600)])
    splits = check.attribution if page.verbose or check.outcome == "fail" else []
    for split in splits:
        _split(page, check, split)
    return bool(splits)


def _split(page: _GatePage, check: CheckRow, split: SplitRow) -> None:
    """A split as a table whose rows sum to its last one."""
    rows, rest = shown_parts(split, PARTS_OF_ALL if page.verbose else PARTS)
    if not rows and not rest:
        return
    changes = split.delta is not None
    about = f" ({line(split.metric)})" if split.metric != check.metric else ""
    numbers = [
        ["then", "now", "change"] if changes else ["now"],
        *(part_cells(row, split) for row in ([*rows, rest] if rest else rows)),
        number_cells(split.old, split.new, split.delta, split.unit, changes=changes),
    ]
    if changes and page.width < WIDE:
        numbers = [row[1:] for row in numbers]
    widths = [max(map(len, column)) for column in zip(*numbers, strict=True)]
    places = ["", *map(part_place, rows), *([""] if rest else []), ""]
    place = max(map(len, places))
    room = page.width - INDENT - sum(widths) - len(GAP) * (len(widths) + bool(place)) - place
    labels = [
        f"by {split_words(split)}{about}",
        *(split_label(split, row, room) for row in rows),
        *([split_label(split, rest)] if rest else []),
        "sum",
    ]
    rows_of_text = [""]
    for label, cells, where in zip(labels, numbers, places, strict=True):
        text = aligned([label, *cells], [room, *widths])
        rows_of_text.append(" " * INDENT + (f"{text}{GAP}{where}" if where else text))
    # Printing is slow by the call, not by the line.
    page.line("\n".join(rows_of_text))


def _rules(page: _GatePage, verdict: Verdict) -> None:
    """Rules that are switched off, as dive lists them."""
    for name in verdict.policy.disabled:
        page.put([SKIPPED, line(name), "switched off"])


def _remarks(page: _GatePage, verdict: Verdict) -> None:
    rows = [f"note: {line(row.text, 400)}" for row in verdict.remarks]
    rows += [
        f"fault: {line(row.input)}: {line(row.message, 400)} ({line(row.code)})"
        for row in verdict.faults
    ]
    if not rows and not verdict.skipped:
        return
    page.blank()
    most = len(rows) if page.verbose else LISTED
    for text in rows[:most]:
        page.put([text], indent=2)
    if len(rows) > most:
        page.put([f"and {len(rows) - most:,} more notes and faults"])
    if verdict.faults:
        page.put([f"{counted(len(verdict.faults), 'fault')} in the inputs"])
    if verdict.skipped:
        page.put([f"{counted(len(verdict.skipped), 'part')} of the inputs skipped"])
