"""What differs between images, for people: the change first, then what caused it, then the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.diff_words import (
    SIZE_WORDS,
    content_change,
    fitted,
    heading,
    kind_counts,
    kind_of_step,
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
from layerscope.render.page import UNKNOWN, Page, add_row, sizes, table_of
from layerscope.render.text import DEFAULT_WIDTH, image_title, whence
from layerscope.units import count_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.answers import ImageName
    from layerscope.report.diff_document import (
        DiffDocument,
        FilesRow,
        GrowthRow,
        PairRow,
        PartRow,
    )

SHOWN = 8
"""How many rows of a list are printed unless all are asked for."""
VALUE_CHARACTERS = 200


def diff_text(
    document: DiffDocument,
    *,
    verbose: bool = False,
    width: int = DEFAULT_WIDTH,
    styled: bool = False,
) -> bytes:
    """The differences as UTF-8 text; nothing if there is nothing but faults.

    Args:
        document: What was found.
        verbose: Whether to print every row of every list.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    most = None if verbose else SHOWN
    for pair in document.pairs:
        _pair(page, pair, most, None if verbose else width, semantic=document.semantic)
    _alone(page, "only in NEW", document.added_images)
    _alone(page, "only in OLD", document.removed_images)
    for fault in document.faults if document.pairs else ():
        page.line(f"fault: {line(fault.message, 400)} ({line(fault.code)})", "red")
    if not verbose and any(_is_cut(pair) for pair in document.pairs):
        page.line("\n-v prints every row.")
    return page.encoded()


def _pair(
    page: Page, pair: PairRow, most: int | None, width: int | None, *, semantic: bool
) -> None:
    page.title(heading(pair), line(str(pair.new.platform), 40))
    page.line(f"old: {whence(pair.old)}")
    page.line(f"new: {whence(pair.new)}")
    page.line(verdict(pair, semantic=semantic), "bold")
    _sizes(page, pair)
    for row in pair.not_measured:
        page.line(f"not measured: {row.what} ({line(row.reason)})")
    if pair.growth is not None:
        _growth(page, pair.growth, most)
    _config(page, pair, most)
    _history(page, pair, most)
    if pair.files is not None:
        _files(page, pair.files, most, width)


def _sizes(page: Page, pair: PairRow) -> None:
    table = table_of(("", "left"), ("old", "right"), ("new", "right"), ("change", "right"))
    reasons = []
    for name, (word, about) in SIZE_WORDS.items():
        row = getattr(pair.sizes, name)
        change = "not measured" if row.delta is None else signed(row.delta)
        add_row(table, [f"{word} ({about})", *sizes(row.old, row.new), change])
        if row.reason:
            reasons.append(f"{word}: not measured, {line(row.reason)}")
    page.line("")
    page.table(table)
    for reason in reasons:
        page.line(reason)


def _growth(page: Page, growth: GrowthRow, most: int | None) -> None:
    changed = [
        growth.by_instruction or [],
        growth.by_package or [],
        growth.by_folder,
        growth.by_file_type,
    ]
    if not growth.delta_bytes and not any(changed):
        return
    page.title(
        f"what makes the difference of {signed(growth.delta_bytes)} visible",
        "each list sums to it",
    )
    _base(page, growth)
    _instructions(page, growth, most)
    if growth.by_package is not None:
        rows = [
            [
                line(row.name, 80) or "(no package)",
                versions(row),
                *sizes(row.old_bytes, row.new_bytes),
                signed(row.delta_bytes),
            ]
            for row in growth.by_package
        ]
        left = [row.delta_bytes for row in growth.by_package]
        _list(page, ("package", ("version", "text")), rows, sum(left[most:]) if most else 0, most)
    _parts(page, "folder", growth.by_folder, most)
    _parts(page, "type of file (by name)", growth.by_file_type, most)


def _base(page: Page, growth: GrowthRow) -> None:
    words = {"image": "of the base image", "shared-layers": "that both have from the base up"}
    for row in growth.by_base or []:
        count = growth.base_layers[1]
        about = (
            f"in the {counted(count, 'layer')} {words[growth.base_known_by]}"
            if row.name == "base"
            else "in the layers on top"
        )
        page.line(f"{signed(row.delta_bytes):>10}  {about}")


def _instructions(page: Page, growth: GrowthRow, most: int | None) -> None:
    """What each instruction did to what is seen, and what it stores: a deletion stores nothing."""
    rows = sorted(growth.by_instruction or [], key=largest_step_first)
    if not rows:
        return
    table = table_of(
        ("by instruction", "text"), ("layer", "right"), ("visible", "right"), ("content", "right")
    )
    for row in rows[:most]:
        stored = content_change(row)
        add_row(
            table,
            [
                instruction(row.created_by),
                _layers(row.old_layer, row.new_layer),
                signed(row.delta_bytes),
                UNKNOWN if stored is None else signed(stored),
            ],
        )
    if most is not None and len(rows) > most:
        left = rows[most:]
        stored = sum(content_change(row) or 0 for row in left)
        visible = sum(row.delta_bytes for row in left)
        add_row(table, [f"and {count_text(len(left))} more", "", signed(visible), signed(stored)])
    page.line("")
    page.table(table)


def _layers(old: int | None, new: int | None) -> str:
    if old == new:
        return str(new)
    return f"{'-' if old is None else old} > {'-' if new is None else new}"


def _parts(page: Page, noun: str, parts: Sequence[PartRow], most: int | None) -> None:
    rows = [
        [part_name(part), *sizes(part.old_bytes, part.new_bytes), signed(part.delta_bytes)]
        for part in parts
    ]
    left = sum(part.delta_bytes for part in parts[most:]) if most else 0
    _list(page, (noun, None), rows, left, most)


def _list(
    page: Page,
    about: tuple[str, tuple[str, str] | None],
    rows: Sequence[Sequence[str]],
    left: int,
    most: int | None,
) -> None:
    """A table of the first rows; what the others come to stands in its last one.

    `about` is what the rows are by, and their second column if they have one.
    """
    if not rows:
        return
    noun, second = about
    columns = [(f"by {noun}", "text"), *([second] if second else [])]
    table = table_of(*columns, ("old", "right"), ("new", "right"), ("change", "right"))
    for row in rows[:most]:
        add_row(table, row)
    if most is not None and len(rows) > most:
        blanks = [""] * (len(columns) + 1)
        add_row(table, [f"and {count_text(len(rows) - most)} more", *blanks, signed(left)])
    page.line("")
    page.table(table)


def _config(page: Page, pair: PairRow, most: int | None) -> None:
    if not pair.config:
        return
    page.title("config", counted(len(pair.config), "setting"))
    rows = pair.config if most is None else [row for row in pair.config if row.semantic]
    for row in rows[:most]:
        name = setting_name(row)
        old, new = (value_text(value, VALUE_CHARACTERS) for value in (row.old, row.new))
        if row.change == "changed":
            page.line(f"~ {name}: {old}")
            page.line(f"  {' ' * len(name)}> {new}")
        else:
            sign, value = ("+", new) if row.change == "added" else ("-", old)
            page.line(f"{sign} {name}: {value}" if value else f"{sign} {name}")
    _more(page, len(rows), most)
    if derived := [setting_name(row) for row in pair.config if row not in rows]:
        page.line(f"~ {', '.join(derived)}: not what a container sees")


def _history(page: Page, pair: PairRow, most: int | None) -> None:
    if not pair.history:
        return
    page.title("instructions", kind_counts(pair.history))
    table = table_of(("", "left"), ("layer", "right"), ("instruction", "text"))
    for row in pair.history[:most]:
        layers = [side.layer for side in (row.old, row.new) if side is not None]
        number = next((str(layer) for layer in reversed(layers) if layer is not None), "-")
        add_row(table, [kind_of_step(row), number, step_words(row)])
    page.table(table)
    _more(page, len(pair.history), most)


def _files(page: Page, files: FilesRow, most: int | None, width: int | None) -> None:
    metadata = [row for row in files.changed if row.metadata_only]
    content = len(files.changed) - len(metadata)
    counts = {
        "added": len(files.added),
        "removed": len(files.removed),
        "changed": content,
        "moved": len(files.moved),
        "metadata only": len(metadata),
        "the same": files.unchanged,
    }
    about = [f"{count_text(count)} {word}" for word, count in counts.items() if count]
    page.title("files", ", ".join(about))
    rows = largest_paths(files, every=most is None)
    for sign, path, delta, why in rows[:most]:
        change = signed(delta) if delta is not None else ""
        shown = path if width is None else fitted(path, width - 13)
        page.line(f"{sign} {change:>9}  {shown}{f'  ({why})' if why else ''}")
    _more(page, len(rows), most)


def _more(page: Page, count: int, most: int | None) -> None:
    if most is not None and count > most:
        page.line(f"  and {count_text(count - most)} more")


def _alone(page: Page, words: str, images: Sequence[ImageName]) -> None:
    for image in images:
        page.title(image_title(image), f"{line(str(image.platform), 40)}  {words}")
        page.line(whence(image))


def _is_cut(pair: PairRow) -> bool:
    lists: list[Sequence[object]] = [pair.config or [], pair.history]
    if pair.files is not None:
        lists.append(largest_paths(pair.files, every=True))
    if pair.growth is not None:
        lists += [pair.growth.by_instruction or [], pair.growth.by_package or []]
        lists += [pair.growth.by_folder, pair.growth.by_file_type]
    return any(len(rows) > SHOWN for rows in lists)
