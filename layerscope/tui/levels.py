"""The tree as it is after each layer of an image: from what a view compares."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from layerscope.files.bulk import put_layer
from layerscope.files.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.files.columns import FileColumns

KEPT_PATHS = 2_000_000
"""As many paths as the trees that are kept may have together; two are kept in any case."""


class Levels:
    """The trees of an image's layers put on each other, made when asked for.

    Going up costs what the next layer holds; going down starts again, unless the tree is kept.

    Args:
        layers: File tables from the base up.
        kept_paths: How much is kept.
    """

    def __init__(self, layers: Sequence[FileColumns], kept_paths: int = KEPT_PATHS) -> None:
        self._layers = tuple(layers)
        self._kept_paths = kept_paths
        self._tree = Tree(self._layers)
        self._done = 0
        self._known: OrderedDict[int, dict[bytes, int]] = OrderedDict()

    def after(self, layer: int) -> Mapping[bytes, int]:
        """Path to global row, as `Squashed.rows`, once `layer` and all below it are put on.

        Below the base (-1) there is nothing. Raises: `OverLimitError`, as `files.squash` does.
        """
        if layer < 0:
            return {}
        known = self._known.get(layer)
        if known is None:
            if self._done > layer + 1:
                self._tree, self._done = Tree(self._layers), 0
            while self._done <= layer:
                put_layer(self._tree, self._done)
                self._done += 1
            known = self._known[layer] = dict(self._tree.rows)
        self._known.move_to_end(layer)
        self._forget()
        return known

    def _forget(self) -> None:
        paths = sum(map(len, self._known.values()))
        while paths > self._kept_paths and len(self._known) > 2:
            _, oldest = self._known.popitem(last=False)
            paths -= len(oldest)
