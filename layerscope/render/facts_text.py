"""What is known of one image, for people: what it is, what runs, what is wasted and by whom."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from os.path import commonprefix
from textwrap import fill
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, line
from layerscope.render.page import UNKNOWN, add_row, table_of
from layerscope.units import bytes_text, count_text, counted, share_text

if TYPE_CHECKING:
    from layerscope.render.page import Page
    from layerscope.report.document import (
        BaseRow,
        BuilderRow,
        DiveRow,
        ImageRow,
        RuntimeRow,
        WasteRow,
    )

SHOWN, SHOWN_VERBOSE = 8, 50
DUPLICATES_SHOWN = 5
JUNK_BYTES = 65_536
"""Junk of fewer bytes is left out unless all is asked for."""
FOLDER_DEPTH = 3
MANY_IN_A_FOLDER = 4


def facts_lines(page: Page, image: ImageRow, *, verbose: bool, width: int) -> None:
    """Put onto the page what the analyses say of an image; nothing where they were not asked."""
    if image.runtime is None:
        return
    page.line("")
    for name, text in _about(image):
        page.line(f"{name:<9}{text}")
    for trap in image.runtime.traps if image.runtime.known else ():
        page.line(_filled(f"note     {line(trap.text, 300)}", width, 9))
    _waste(page, image, SHOWN_VERBOSE if verbose else SHOWN, width)
    _duplicates(page, image, SHOWN_VERBOSE if verbose else DUPLICATES_SHOWN)
    _junk(page, image, verbose=verbose)
    if image.engine_differs:
        first = ", ".join(exact(path, 60) for path in image.engine_differs[:3])
        count = counted(len(image.engine_differs), "path")
        page.line(f"\n{count} where engines differ from this: {first}")
    if image.dive is not None:
        _dive(page, image, image.dive, width)


def _filled(text: str, width: int, indent: int) -> str:
    return fill(text, width, subsequent_indent=" " * indent, break_long_words=False)


def about(base: BaseRow | None, builder: BuilderRow | None) -> list[tuple[str, str]]:
    """What an image is built on, and by what: names and texts."""
    rows = []
    if base is not None:
        words = [line(base.image, 80)] if base.image else []
        if base.how and base.how != "root-filesystem" and base.layers:
            likely = "likely " if base.likely else ""
            words.append(f"{likely}{counted(base.layers, 'layer')}, by {line(base.how, 20)}")
        if base.root_filesystem:
            words.append("from a root file system put on an empty image")
        rows.append(("base", ", ".join(words) or "unknown"))
        rows.append(("distro", line(base.distro, 60) if base.distro else "unknown"))
    if builder is not None:
        version = f" {line(builder.version, 40)}" if builder.version else ""
        sure = "" if builder.confidence == "certain" else f" ({builder.confidence})"
        below = f", on a base by {line(builder.base_builder, 40)}" if builder.base_builder else ""
        name = line(builder.name, 40)
        rows.append(("builder", name if name == "unknown" else f"{name}{version}{sure}{below}"))
    return rows


def _about(image: ImageRow) -> list[tuple[str, str]]:
    rows, runtime = about(image.base, image.builder), image.runtime
    if runtime is not None:
        runs = runs_text(runtime) if runtime.known else "unknown: there is no config"
        rows.append(("runs", runs))
    if image.content_bytes is not None and image.visible_bytes is not None:
        seen = (
            share_text(image.visible_bytes, image.content_bytes) if image.content_bytes else "all"
        )
        wasted = bytes_text(image.wasted_bytes or 0)
        stored = bytes_text(image.content_bytes)
        rows.append(
            (
                "visible",
                f"{bytes_text(image.visible_bytes)} of {stored} ({seen}); wasted {wasted}",
            )
        )
    else:
        rows.append(("visible", f"{UNKNOWN} (not all layers could be put on each other)"))
    return rows


def runs_text(runtime: RuntimeRow) -> str:
    """What really runs, as whom and where."""
    words = line(json.dumps(runtime.runs, ensure_ascii=False), 300) if runtime.runs else "nothing"
    user = f" as {line(runtime.user, 40)}" if runtime.user else ""
    return f"{words}{user} in {line(runtime.workdir, 80)}"


def _waste(page: Page, image: ImageRow, shown: int, width: int) -> None:
    if not image.waste:
        return
    sums: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for row in image.waste:
        sums[row.cause] += row.bytes
        counts[row.cause] += 1
    causes = ", ".join(
        f"{cause} {bytes_text(size)} in {counted(counts[cause], 'file')}"
        for cause, size in sums.most_common()
    )
    page.title("waste", f"{bytes_text(sum(sums.values()))} are stored and never seen")
    page.line(_filled(causes, width, 0))
    table = table_of(
        ("bytes", "right"),
        ("files", "right"),
        ("path", "text"),
        ("cause", "left"),
        ("layers", "left"),
    )
    groups = grouped_waste(image.waste)
    for path, rows in groups[:shown]:
        first = rows[0]
        hider = "-" if first.hidden_by_layer is None else str(first.hidden_by_layer)
        size = sum(row.bytes for row in rows)
        cells = [bytes_text(size), count_text(len(rows)), exact(path)]
        add_row(table, [*cells, first.cause, f"{first.layer} > {hider}"])
    page.table(table)
    if len(groups) > shown:
        rest = [row for _, rows in groups[shown:] for row in rows]
        page.line(
            f"and {counted(len(rest), 'file')} more, {bytes_text(sum(row.bytes for row in rest))}"
        )
    _culprits(page, image, width)


def _culprits(page: Page, image: ImageRow, width: int) -> None:
    """The instructions that hid most."""
    by_layer: Counter[int] = Counter()
    for row in image.waste or ():
        if row.hidden_by_layer is not None:
            by_layer[row.hidden_by_layer] += row.bytes
    page.line("")
    for layer, size in by_layer.most_common(3):
        # A saved report may name a layer that it does not have.
        known = {row.index: row.created_by for row in image.layers}
        words = f"{bytes_text(size):>9}  hidden by layer {layer}: {instruction(known.get(layer))}"
        page.line(shorten(words, width))


def grouped_waste(waste: list[WasteRow]) -> list[tuple[str, list[WasteRow]]]:
    """Files of one folder, cause and pair of layers together if they are many; largest first."""
    folders: defaultdict[tuple[str, str, int, int | None], list[WasteRow]] = defaultdict(list)
    for row in waste:
        parts = row.path.split("/", FOLDER_DEPTH + 1)
        folder = "/".join(parts[: min(len(parts) - 1, FOLDER_DEPTH)])
        folders[folder, row.cause, row.layer, row.hidden_by_layer].append(row)
    groups: list[tuple[str, list[WasteRow]]] = []
    for rows in folders.values():
        if len(rows) >= MANY_IN_A_FOLDER:
            groups.append((_common_folder(rows), rows))
        else:
            groups += [(row.path, [row]) for row in rows]
    groups.sort(key=lambda group: (-sum(row.bytes for row in group[1]), group[0]))
    return groups


def _common_folder(rows: list[WasteRow]) -> str:
    """The folder that all of them are in, with a slash at its end."""
    paths = [row.path for row in rows]
    shared = commonprefix([min(paths), max(paths)])  # noqa: RUF071 - cut back to a slash below
    return shared[: shared.rfind("/") + 1]


def shorten(text: str, width: int) -> str:
    """A text that is cut where it is longer than the page is wide."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _duplicates(page: Page, image: ImageRow, shown: int) -> None:
    if not image.duplicates:
        return
    again = sum(row.bytes * (len(row.paths) - 1) for row in image.duplicates)
    contents = counted(len(image.duplicates), "content")
    page.title("duplicates", f"{bytes_text(again)} of equal files at several paths, {contents}")
    for row in image.duplicates[:shown]:
        copies = count_text(len(row.paths))
        page.line(f"{bytes_text(row.bytes):>9} x {copies:<4} {exact(row.paths[0], 100)}")


def _junk(page: Page, image: ImageRow, *, verbose: bool) -> None:
    rows = [
        row
        for row in image.junk or ()
        if verbose or (row.sure and row.visible_bytes + row.hidden_bytes >= JUNK_BYTES)
    ]
    if not rows:
        return
    page.title("known junk", "stored, visible or not; what could avoid it")
    for row in sorted(rows, key=lambda row: not row.sure):
        size = bytes_text(row.visible_bytes + row.hidden_bytes)
        where = ", ".join(map(str, row.layers[:8]))
        perhaps = "" if row.sure else " (some images need it)"
        page.line(f"{size:>9}  {line(row.title)}, layer {where}{perhaps}")
        page.line(f"{'':>9}  {line(row.remedy, 300)}")


def _dive(page: Page, image: ImageRow, dive: DiveRow, width: int) -> None:
    page.title("dive", "its numbers by its own rules, beside layerscope's")
    table = table_of(("", "text"), ("dive", "right"), ("layerscope", "right"))
    ours = UNKNOWN if image.efficiency is None else f"{image.efficiency:.4f}"
    add_row(table, ["efficiency", f"{dive.efficiency:.4f}", ours])
    wasted = UNKNOWN if image.wasted_bytes is None else bytes_text(image.wasted_bytes)
    add_row(table, ["wasted bytes", bytes_text(dive.wasted_bytes), wasted])
    ratio = "NaN" if dive.user_wasted_ratio is None else f"{dive.user_wasted_ratio:.4f}"
    if any(each.code == "infinite-ratio" for each in dive.differences):
        ratio = "infinite"
    add_row(table, ["wasted / user bytes", ratio, ""])
    page.table(table)
    for each in dive.differences:
        sign = "-" if each.bytes < 0 else "+"
        size = sign + bytes_text(abs(each.bytes))
        text = f"{size:>10}  {line(each.measure, 40)}: {line(each.text, 300)}"
        page.line(_filled(text, width, 12))
