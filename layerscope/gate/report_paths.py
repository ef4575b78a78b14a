"""Numbers of the paths of an image, and splits by path: visible files, and copies that are hidden.

Every visible file counts once, under its first name, in the layer that stores it; every hidden copy
under the path where it was stored. So both together sum to what the layers store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError
from layerscope.gate.measured import Piece

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from layerscope.gate.report_tables import VisibleFiles
    from layerscope.report.document import DuplicateRow, WasteRow

NEEDS_FILES = frozenset({"content_bytes", "visible_bytes", "files"})
"""The numbers of paths that take the table `files`; hidden copies are in every report."""
NEEDS_WASTE = frozenset({"content_bytes", "wasted_bytes"})


def inside(pattern: str, paths: Sequence[str]) -> list[int]:
    """The positions of the paths that fit a pattern or lie in a folder that does, in order.

    Raises: `UsageError` if the pattern is none; `BadDocumentError` for a path that no image holds.
    """
    from layerscope.analysis.glob import Glob  # noqa: PLC0415 - few budgets ask

    try:
        names = [path.encode("utf-8", "surrogateescape") for path in paths]
    except UnicodeEncodeError as error:
        raise BadDocumentError("path: expected UTF-8 with escaped bytes", "report") from error
    glob = Glob(pattern)
    return sorted({*glob.matches(names), *glob.within().matches(names)})


@dataclass(frozen=True, slots=True)
class Stored:
    """The visible files and hidden copies that a number is about.

    Attributes:
        files: Of the image; None if the number is about hidden copies only.
        chosen: Positions in `files`.
        weights: What each of `files` counts: its size, or 1.
        hidden: Copies, each counts its bytes.
    """

    files: VisibleFiles | None
    chosen: Sequence[int]
    weights: Sequence[int]
    hidden: Sequence[WasteRow]

    def total(self) -> int:
        """The number."""
        visible = sum(map(self.weights.__getitem__, self.chosen))
        return visible + sum(row.bytes for row in self.hidden)

    def by_layer(self, among: Iterable[int]) -> dict[int, int]:
        """The number split by the layers that store what it is about, those of `among` at least."""
        found = dict.fromkeys(among, 0)
        if self.files is not None:
            layers, weights = self.files.layers, self.weights
            for at in self.chosen:
                found[layers[at]] += weights[at]
        for row in self.hidden:
            found[row.layer] += row.bytes
        return found

    def pieces(self) -> list[Piece]:
        """The number split by path, files that count nothing left out."""
        found = hidden_pieces(self.hidden)
        if self.files is not None:
            paths, layers, weights = self.files.paths, self.files.layers, self.weights
            found += [
                Piece(paths[at], weights[at], layer=layers[at]) for at in self.chosen if weights[at]
            ]
        return found


def stored(
    metric: str,
    files: VisibleFiles | None,
    waste: Sequence[WasteRow],
    among: Collection[int],
    pattern: str = "",
) -> Stored:
    """What a number of some layers is about, under a pattern if there is one.

    Args:
        metric: The number.
        files: Of the image, if the number is one of `NEEDS_FILES`.
        waste: Of the image, if the number is one of `NEEDS_WASTE`.
        among: Indexes of layers.
        pattern: On paths.

    Raises: as `inside` does.
    """
    if pattern:
        waste = [waste[at] for at in inside(pattern, [row.path for row in waste])]
    hidden = [row for row in waste if row.layer in among]
    if files is None:
        return Stored(None, (), (), hidden)
    chosen: Sequence[int] = range(len(files.paths))
    if pattern:
        chosen = inside(pattern, files.paths)
    if not set(files.layers) <= set(among):
        chosen = [at for at in chosen if files.layers[at] in among]
    weights = [1] * len(files.paths) if metric == "files" else files.sizes
    return Stored(files, chosen, weights, hidden)


def hidden_pieces(waste: Iterable[WasteRow]) -> list[Piece]:
    """A piece for each path and cause; its layer is None if several layers stored a copy."""
    return _joined((row.path, row.cause, row.bytes, row.layer) for row in waste)


def cause_pieces(waste: Iterable[WasteRow]) -> list[Piece]:
    """A piece for each cause."""
    return _joined((row.cause, "", row.bytes, row.layer) for row in waste)


def duplicate_pieces(groups: Iterable[DuplicateRow]) -> list[Piece]:
    """A piece for each content that is at several paths, under the first of them."""
    return _joined(
        (group.paths[0] if group.paths else "", "", group.bytes * (len(group.paths) - 1), None)
        for group in groups
    )


def _joined(rows: Iterable[tuple[str, str, int, int | None]]) -> list[Piece]:
    """Pieces of labels, kinds, amounts and layers: what is the same thing is one of them."""
    found: dict[tuple[str, str], tuple[int, int | None]] = {}
    for label, kind, amount, layer in rows:
        known = found.get((label, kind))
        if known is None:
            found[label, kind] = (amount, layer)
        else:
            found[label, kind] = (known[0] + amount, layer if layer == known[1] else None)
    return [
        Piece(label, amount, kind, layer=layer) for (label, kind), (amount, layer) in found.items()
    ]
