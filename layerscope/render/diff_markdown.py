"""What differs between images as a comment on a pull request, in GitHub's Markdown.

Every text of an image stands in `<code>`, with all that Markdown or HTML could read in it written
as a character reference: no link, mention, image or tag comes out of an image.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.errors import shown
from layerscope.render.diff_words import (
    SIZE_WORDS,
    content_change,
    heading,
    kind_counts,
    largest_paths,
    largest_step_first,
    part_name,
    setting_name,
    signed,
    step_words,
    value_text,
    verdict,
    versions,
)
from layerscope.render.escape import instruction, line
from layerscope.render.page import sizes
from layerscope.render.text import image_title
from layerscope.units import count_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.report.diff_document import DiffDocument, GrowthRow, PairRow

ROWS = 10
"""How many rows each table has at most: the hosts of such comments bound their length."""
CHARACTERS = 160
"""How long one name may be."""

_SIGNS = {"+": "added", "-": "removed", "~": "changed", ">": "moved"}
_SAFE = frozenset(" /-.,+=")
_ADDRESS = re.compile(r"([^ ])&#64;")


def code(text: str) -> str:
    """A text as code that Markdown cannot read anything in, nor a page that shows it.

    >>> code("a|b <i> @me `x`")
    '<code>a&#124;b &#60;i&#62; &#64;me &#96;x&#96;</code>'
    """
    cut = text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
    if not cut.isprintable():
        cut = shown(cut, CHARACTERS)
    escaped = "".join(
        char if char.isalnum() or char in _SAFE or ord(char) > 0x7F else f"&#{ord(char)};"
        for char in cut
    )
    # Hosts make links of what begins with "www." and of mail addresses, in code that was written as
    # HTML too. No reference hides an address from them, but a comment parts it.
    escaped = _ADDRESS.sub(r"\1<!-- -->&#64;", escaped)
    return f"<code>{escaped.replace('.', '&#46;') if 'www.' in cut.lower() else escaped}</code>"


def diff_markdown(document: DiffDocument) -> bytes:
    """The differences as UTF-8 Markdown, the largest first; the whole is in the JSON document."""
    blocks: list[str] = []
    for pair in document.pairs:
        blocks += _pair(pair, semantic=document.semantic)
    for words, images in (
        ("Only in NEW", document.added_images),
        ("Only in OLD", document.removed_images),
    ):
        names = [f"- {code(image_title(image))} {code(str(image.platform))}" for image in images]
        if names:
            blocks.append("\n".join([f"**{words}**", "", *_cut(names)]))
    faults = [
        f"- {code(line(fault.input))}: {code(line(fault.message, 400))} ({code(line(fault.code))})"
        for fault in document.faults
    ]
    if faults:
        blocks.append("\n".join(["**Faults**", "", *_cut(faults)]))
    return ("\n\n".join(blocks) + "\n").encode("utf-8", "backslashreplace")


def _pair(pair: PairRow, *, semantic: bool) -> list[str]:
    blocks = [
        f"### {code(heading(pair))} {code(line(str(pair.new.platform), 40))}",
        f"**{verdict(pair, semantic=semantic)}**",
        _sizes(pair),
    ]
    blocks += [f"Not measured: {row.what}, {code(line(row.reason))}." for row in pair.not_measured]
    if pair.growth is not None:
        blocks += _growth(pair.growth)
    blocks += _rest(pair)
    return blocks


def _sizes(pair: PairRow) -> str:
    rows = []
    for name, (word, about) in SIZE_WORDS.items():
        row = getattr(pair.sizes, name)
        change = f"not measured: {code(row.reason)}" if row.delta is None else signed(row.delta)
        rows.append([f"{word} ({about})", *sizes(row.old, row.new), change])
    return table(["", "old", "new", "change"], rows)


def _growth(growth: GrowthRow) -> list[str]:
    if not growth.delta_bytes and not growth.by_folder and not growth.by_package:
        return []
    splits: list[tuple[str, list[tuple[list[str], int, int]]]] = []
    if growth.by_package is not None:
        packages = [
            (
                [f"{code(row.name) if row.name else 'no package'} {_code(versions(row))}".strip()],
                row.old_bytes,
                row.new_bytes,
            )
            for row in growth.by_package
        ]
        splits.append(("Package", packages))
    for header, parts in (("Folder", growth.by_folder), ("Type of file", growth.by_file_type)):
        cells = [([code(part_name(part))], part.old_bytes, part.new_bytes) for part in parts]
        splits.append((header, cells))
    blocks = [details("By instruction", _instructions(growth))] if growth.by_instruction else []
    return blocks + [
        details(f"By {header.lower()}", _split(header, rows)) for header, rows in splits if rows
    ]


def _instructions(growth: GrowthRow) -> str:
    rows = sorted(growth.by_instruction or [], key=largest_step_first)
    lines = [
        [
            code(instruction(row.created_by)),
            signed(row.delta_bytes),
            "?" if content_change(row) is None else signed(content_change(row) or 0),
        ]
        for row in rows[:ROWS]
    ]
    if len(rows) > ROWS:
        left = rows[ROWS:]
        visible = sum(row.delta_bytes for row in left)
        stored = sum(content_change(row) or 0 for row in left)
        lines.append([f"and {count_text(len(left))} more", signed(visible), signed(stored)])
    return table(["Instruction", "visible", "content"], lines)


def _split(header: str, rows: Sequence[tuple[list[str], int, int]]) -> str:
    """A table of a split; what is beyond its rows is summed up in the last one."""
    lines = [[*name, *sizes(old, new), signed(new - old)] for name, old, new in rows[:ROWS]]
    if len(rows) > ROWS:
        left = sum(new - old for _, old, new in rows[ROWS:])
        lines.append([f"and {count_text(len(rows) - ROWS)} more", "", "", signed(left)])
    return table([header, "old", "new", "change"], lines)


def _rest(pair: PairRow) -> list[str]:
    blocks = []
    settings = [row for row in pair.config or () if row.semantic]
    if settings:
        lines = []
        for row in settings:
            old, new = (_code(value_text(value, CHARACTERS)) for value in (row.old, row.new))
            lines.append(f"- {row.change}: {code(setting_name(row))} {old} to {new}")
        blocks.append(details(f"Config: {len(settings)} settings", "\n".join(_cut(lines))))
    if pair.history:
        lines = [f"- {row.change}: {code(step_words(row))}" for row in pair.history]
        blocks.append(details(f"Instructions: {kind_counts(pair.history)}", "\n".join(_cut(lines))))
    if pair.files:
        lines = [
            f"- {_SIGNS[sign]} {signed(delta) if delta is not None else ''}"
            f" {code(path)} {_code(why)}".rstrip()
            for sign, path, delta, why in largest_paths(pair.files, every=False)
        ]
        counts = (
            f"{count_text(len(pair.files.added))} added, "
            f"{count_text(len(pair.files.removed))} removed, "
            f"{count_text(len(pair.files.changed))} changed, "
            f"{count_text(len(pair.files.moved))} moved"
        )
        if lines:
            blocks.append(details(f"Files: {counts}", "\n".join(_cut(lines))))
    return blocks


def _code(text: str) -> str:
    return code(text) if text else ""


def _cut(lines: Sequence[str]) -> list[str]:
    more = [f"- and {count_text(len(lines) - ROWS)} more"] if len(lines) > ROWS else []
    return [*lines[:ROWS], *more]


def details(summary: str, body: str) -> str:
    """A part that is folded until someone wants it; `summary` has nothing of an image in it."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def table(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose first column is on the left, the others, numbers, on the right."""
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
