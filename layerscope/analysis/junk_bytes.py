"""Known junk in an image: how many bytes of each class are visible, and how many are hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from layerscope.analysis.junk import JUNK_CLASSES, junk_rows
from layerscope.files.tree import FILE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.analysis.junk_classes import JunkClass
    from layerscope.analysis.waste import Wasted
    from layerscope.files.squash import Squashed


class JunkBytes(NamedTuple):
    """What a class holds: stored copies of files that are not empty, and in which layers.

    `name` is a key of `JUNK_CLASSES`.
    """

    name: str
    kind: JunkClass
    files: int
    visible_bytes: int
    hidden_bytes: int
    layers: tuple[int, ...]


def junk_bytes(squashed: Squashed, wasted: Sequence[Wasted]) -> list[JunkBytes]:
    """The classes that hold anything, the most bytes first."""
    hidden = {each.row for each in wasted}
    sums: dict[str, list[int]] = {}
    layers: dict[str, set[int]] = {}
    for layer, columns in enumerate(squashed.layers):
        start = squashed.starts[layer]
        sizes, kinds = columns.size_bytes, columns.kinds
        for row, name in junk_rows(squashed.paths[layer], squashed.folders[layer]):
            if kinds[row] == FILE and sizes[row]:
                found = sums.setdefault(name, [0, 0, 0])
                found[0] += 1
                found[2 if start + row in hidden else 1] += sizes[row]
                layers.setdefault(name, set()).add(layer)
    rows = [
        JunkBytes(name, JUNK_CLASSES[name], files, seen, gone, tuple(sorted(layers[name])))
        for name, (files, seen, gone) in sums.items()
    ]
    return sorted(rows, key=lambda row: (-row.visible_bytes - row.hidden_bytes, row.name))
