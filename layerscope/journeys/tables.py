"""The tables that a report holds on request: files, growth of layers, packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.analysis.snapshot import snapshot_of
from layerscope.errors import InputError, UsageError, shown
from layerscope.journeys.package_table import COLUMNS, package_rows
from layerscope.report.file_table import growth_table_of, table_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from layerscope.analysis.facts import Facts
    from layerscope.sources.image import OpenedInput
    from layerscope.sources.limits import Limits

    Cell = int | float | str | None

TABLES = ("files", "growth", "packages")


def table_names(text: str) -> tuple[str, ...]:
    """The tables in a list such as `files,packages`. Raises: `UsageError` for an unknown one."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        if name not in TABLES:
            known = ", ".join(TABLES)
            raise UsageError(f"expected tables of {known}, found {shown(name, 40)!r}", "--tables")
    return names


def tables(
    names: Collection[str],
    opened: Sequence[OpenedInput],
    facts: Mapping[tuple[int, int], Facts],
    limits: Limits,
) -> tuple[dict[str, dict[str, list[Cell]]], dict[tuple[int, int], InputError]]:
    """The tables of all images whose trees were kept, and what kept an image out of one.

    `image` in a table is the position in the report, the key of a problem that of input and image.

    Files of each squashed tree, with which `diff` compares a saved report, go together with the
    growth of visible bytes layer by layer, which cannot be told from them.
    """
    problems: dict[tuple[int, int], InputError] = {}
    found: dict[str, dict[str, list[Cell]]] = {}
    places = [(place, at) for place, one in enumerate(opened) for at in range(len(one.images))]
    trees = [
        (position, opened[place].images[at], tree, tree.squashed)
        for position, (place, at) in enumerate(places)
        for tree in [facts[place, at].tree]
        if tree is not None and tree.squashed is not None
    ]
    if {"files", "growth"} & set(names):
        snapshots = {
            position: snapshot_of(
                squashed,
                [str(layer.diff_id) if layer.diff_id else None for layer in image.layers],
            )
            for position, image, _, squashed in trees
        }
        if "files" in names:
            found["files"] = table_of(snapshots)
        found["growth"] = growth_table_of(snapshots)
    if "packages" in names:
        rows = []
        for position, image, tree, squashed in trees:
            hidden = {each.row for each in tree.wasted}
            try:
                rows += package_rows(position, image.layers, squashed, hidden, limits)
            except InputError as error:
                problems[places[position]] = error
        found["packages"] = {column: [row[at] for row in rows] for at, column in enumerate(COLUMNS)}
    return found, problems
