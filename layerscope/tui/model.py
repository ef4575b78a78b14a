"""What the explorer shows of an image: the report's facts, the squashed layers, what is hidden."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.tui.index import Index
from layerscope.tui.levels import Levels
from layerscope.tui.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.analysis.waste import Wasted
    from layerscope.files.squash import Squashed
    from layerscope.report.document import ImageRow, LayerRow

KEPT_VIEWS = 8
"""Views that are kept, so that going to and fro between layers costs nothing."""


@dataclass(slots=True)
class Model:
    """One image with all its file tables.

    Attributes:
        image: Its row in a report.
        squashed: Its layers put on each other.
        wasted: Every hidden copy of a file, in the order it was stored.
        index: All paths that the image has after any layer.
    """

    image: ImageRow
    squashed: Squashed
    wasted: Sequence[Wasted]
    index: Index = field(init=False)
    _levels: Levels = field(init=False)
    _views: dict[tuple[int, bool], View] = field(init=False)
    _hidden: Mapping[bytes, Sequence[Wasted]] = field(init=False)
    _wasted: Sequence[tuple[int, Wasted]] = field(init=False)

    def __post_init__(self) -> None:
        """Makes the index of what is hidden; views come when asked for."""
        self._levels = Levels(self.squashed.layers)
        self._views = {}
        paths = {each.path for each in self.wasted}
        for layer in range(len(self.squashed.layers)):
            paths.update(self._levels.after(layer))
        self.index = Index.of(self.squashed, paths)
        hidden: defaultdict[bytes, list[Wasted]] = defaultdict(list)
        for each in self.wasted:
            hidden[each.path].append(each)
        self._hidden = dict(hidden)
        nodes = {path: self.index.find(path) or 0 for path in self._hidden}
        self._wasted = [(nodes[each.path], each) for each in self.wasted]

    @property
    def layers(self) -> Sequence[LayerRow]:
        """The layers' rows in the report, base first."""
        return self.image.layers

    def view(self, layer: int, *, aggregated: bool = False) -> View:
        """The tree after a layer, compared with that before it.

        Args:
            layer: Which; 0 is the base.
            aggregated: Whether to compare with the base layer's tree, as dive's aggregated view
                does, instead of with that of the layers below. For the base itself they are one.
        """
        aggregated = aggregated and layer > 0
        key = (layer, aggregated)
        view = self._views.pop(key, None)
        if view is None:
            before = 0 if aggregated else layer - 1
            stored = range(layer + 1) if aggregated else range(layer, layer + 1)
            view = View.of(
                self.squashed,
                self.index,
                lower=self._levels.after(before),
                upper=self._levels.after(layer),
                wasted=self._wasted,
                layer=layer,
                stored=stored,
            )
        self._views[key] = view
        while len(self._views) > KEPT_VIEWS:
            del self._views[next(iter(self._views))]
        return view

    def versions(self, path: bytes) -> Sequence[Wasted]:
        """The hidden copies at a path, lowest layer first."""
        return self._hidden.get(path, ())

    def biggest_waste(self) -> list[Wasted]:
        """Hidden copies, the biggest first; of equal ones that of the lower layer, then by path."""
        return sorted(self.wasted, key=lambda each: (-each.size_bytes, each.layer, each.path))
