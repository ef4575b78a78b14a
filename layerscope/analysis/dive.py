"""dive's numbers by dive's own rules, to the byte and in linear time.

dive stacks all layers below again for every whiteout it meets; here they are stacked once. Where a
layer is not to be understood by dive, the numbers are wrong in the way that dive's are, since
people come with those numbers: `analysis.dive_differences` says what is wrong with them.
Source: dive 0.13.1, dive/filetree/efficiency.go, file_tree.go, dive/image/image.go.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.analysis.dive_tree import (
    IMPLIED_DIRECTORIES,
    NO_ROW,
    WHITEOUT,
    DiveTree,
    leaves,
    seen_path,
)
from layerscope.files.columns import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.files.columns import FileColumns

_DIR, _WHITEOUT = KINDS.index("dir"), KINDS.index("whiteout")

Use = tuple[int, int, int]
"""One time that dive met a path: the layer, the row in it (or `NO_ROW`), the bytes it counted."""


@dataclass(frozen=True, slots=True)
class InefficientFile:
    """A path that dive met in more than one layer.

    Attributes:
        path: Absolute; of a whiteout what it hides.
        size_bytes: Sum over all uses, the live copy too.
        uses: From the base up.
    """

    path: bytes
    size_bytes: int
    uses: tuple[Use, ...]

    @property
    def count(self) -> int:
        """How many times dive met the path."""
        return len(self.uses)


@dataclass(frozen=True, slots=True)
class DiveNumbers:
    """What dive says of an image.

    Attributes:
        efficiency: `smallest_bytes / discovered_bytes`; 1.0 where nothing was discovered.
        wasted_bytes: Sum over `inefficient`.
        size_bytes: Sum of the sizes of all members.
        user_size_bytes: The same without layer 0, whatever the real base is.
        user_wasted_ratio: `wasted_bytes / user_size_bytes`: above 1 where layer 0 holds what is
            wasted, infinite where only `user_size_bytes` is 0, None where both are (dive's NaN).
        inefficient: In the order of dive's export, the largest first. Equal sizes come last met
            first; from the 13th file on, dive's sort is unstable and may have those otherwise.
        smallest_bytes: Sum over all paths of the smallest size met.
        discovered_bytes: Sum over all paths of all sizes met.
        layer_bytes: `size_bytes` of each layer.
        ended: Layers that dive left early, each with the path whose whiteout it stumbled over.
    """

    efficiency: float
    wasted_bytes: int
    size_bytes: int
    user_size_bytes: int
    user_wasted_ratio: float | None
    inefficient: tuple[InefficientFile, ...]
    smallest_bytes: int
    discovered_bytes: int
    layer_bytes: tuple[int, ...]
    ended: Mapping[int, bytes]


def dive_numbers(layers: Sequence[FileColumns]) -> DiveNumbers:
    """Dive's numbers for an image whose layers are given from the base up.

    Sizes are those of regular files; dive takes what any header says, and no known writer of layers
    says more than 0 for others. Sums do not overflow as dive's may, and a name that leads out of
    the root (`../x`) stays apart from those in it.

    Raises: `OverLimitError` if the names imply more directories than anyone would make.
    """
    visit = _Visit()
    stack = _Stack(layers)
    implied_left = IMPLIED_DIRECTORIES
    for index, columns in enumerate(layers):
        tree = DiveTree(columns, implied_left)
        implied_left -= tree.implied
        stack.begin(index, tree)
        visit.layer(index, tree, columns, stack)
        stack.finish(index, tree)
    layer_bytes = tuple(sum(columns.size_bytes) for columns in layers)
    inefficient = visit.inefficient()
    smallest, discovered = visit.sums()
    wasted, user = sum(file.size_bytes for file in inefficient), sum(layer_bytes[1:])
    return DiveNumbers(
        efficiency=float(smallest) / float(discovered) if discovered else 1.0,
        wasted_bytes=wasted,
        size_bytes=sum(layer_bytes),
        user_size_bytes=user,
        user_wasted_ratio=_ratio(wasted, user),
        inefficient=inefficient,
        smallest_bytes=smallest,
        discovered_bytes=discovered,
        layer_bytes=layer_bytes,
        ended=visit.ended,
    )


def _ratio(wasted: int, user: int) -> float | None:
    if user:
        return float(wasted) / float(user)
    return math.inf if wasted else None


class _Visit:
    """dive's walk over the leaves of all layers, and what it adds up."""

    def __init__(self) -> None:
        self.ended: dict[int, bytes] = {}
        self._first: dict[bytes, Use] = {}
        # In the order in which paths are met for the second time, which dive sorts from.
        self._again: dict[bytes, list[Use]] = {}

    def layer(self, index: int, tree: DiveTree, columns: FileColumns, stack: _Stack) -> None:
        first, again, sizes = self._first, self._again, columns.size_bytes
        for name, node in leaves(tree):
            path = seen_path(name, node)
            if name.startswith(WHITEOUT):
                size = stack.deleted_bytes(index, path)
                if size is None:
                    # dive's visitor returns an error here, and the rest of the layer goes unseen.
                    self.ended[index] = path
                    return
            else:
                size = sizes[node.row] if node.row != NO_ROW else 0
            use = (index, node.row, size)
            if path not in first:
                first[path] = use
            elif path in again:
                again[path].append(use)
            else:
                again[path] = [first[path], use]

    def inefficient(self) -> tuple[InefficientFile, ...]:
        files = [
            InefficientFile(path, sum(size for _, _, size in uses), tuple(uses))
            for path, uses in self._again.items()
        ]
        files.sort(key=lambda file: file.size_bytes)
        return tuple(reversed(files))

    def sums(self) -> tuple[int, int]:
        """Over all paths: the smallest sizes, all sizes."""
        smallest = discovered = sum(size for _, _, size in self._first.values())
        for uses in self._again.values():
            first = uses[0][2]
            smallest += min(size for _, _, size in uses) - first
            discovered += sum(size for _, _, size in uses) - first
        # A path that dive has only stumbled over keeps the -1 that its smallest size starts from.
        smallest -= sum(path not in self._first for path in set(self.ended.values()))
        return smallest, discovered


class _Stacked:
    """One name in the tree of all layers below.

    `total` is the size of all that is in it, as of the layer `counted_in`.
    """

    __slots__ = ("children", "counted_in", "is_dir", "size", "total")

    def __init__(self) -> None:
        self.size = 0
        self.is_dir = False
        self.children: dict[bytes, _Stacked] = {}
        self.counted_in = -1
        self.total = 0


class _Stack:
    """The layers below, put on each other as dive does it, as far up as a whiteout asks for them.

    A directory that an upper layer only implies loses what a lower one said of it, and a whiteout
    acts when its own name's turn comes, after siblings that sort before it.
    """

    def __init__(self, layers: Sequence[FileColumns]) -> None:
        self._layers = layers
        asking = [index for index, columns in enumerate(layers) if _WHITEOUT in columns.kinds]
        self._last_asking = max(asking, default=-1)
        self._root = _Stacked()

    def begin(self, index: int, tree: DiveTree) -> None:
        """Called before a layer is visited: the tree that dive stacks on starts as layer 0."""
        if index == 0 and self._last_asking >= 0:
            self._graft(index, tree, obey=False)

    def finish(self, index: int, tree: DiveTree) -> None:
        """Called when a layer has been visited."""
        if index < self._last_asking:
            # dive stacks layer 0 on itself, which is how the whiteouts in it come to act.
            self._graft(index, tree, obey=_WHITEOUT in self._layers[index].kinds)

    def deleted_bytes(self, asking: int, path: bytes) -> int | None:
        """What dive takes a whiteout for: 0 for a file, all in it for a directory.

        None if nothing is there. A directory that nothing described is taken for a file.
        """
        node = self._root
        for part in path.split(b"/"):
            if part:
                child = node.children.get(part)
                if child is None:
                    return None
                node = child
        return _total(node, asking) if node.is_dir else 0

    def _graft(self, index: int, tree: DiveTree, *, obey: bool) -> None:
        columns = self._layers[index]
        sizes, kinds = columns.size_bytes, columns.kinds
        pending = [(self._root, tree.root)]
        while pending:
            target, node = pending.pop()
            children = node.children or {}
            marked = obey and any(name.startswith(WHITEOUT) for name in children)
            for name in sorted(children) if marked else children:
                child = children[name]
                whiteout = obey and name.startswith(WHITEOUT)
                if whiteout:
                    self._remove(target, name[len(WHITEOUT) :])
                    if not child.children:
                        continue
                below = target.children.get(name)
                if below is None:
                    below = target.children[name] = _Stacked()
                if not whiteout:
                    below.size = sizes[child.row] if child.row != NO_ROW else 0
                    below.is_dir = child.row != NO_ROW and kinds[child.row] == _DIR
                if child.children:
                    pending.append((below, child))

    def _remove(self, target: _Stacked, name: bytes) -> None:
        if name:
            target.children.pop(name, None)
        elif target is not self._root:
            # A bare ".wh." names the directory that it is in.
            target.children = {}


def _total(top: _Stacked, asking: int) -> int:
    """The size of a node with all in it. Each node is added up once for each asking layer.

    What was added up is gone with the whiteout that asked, so all layers together take linear time.
    """
    if top.counted_in != asking:
        order = [top]
        for node in order:
            order += [child for child in node.children.values() if child.counted_in != asking]
        for node in reversed(order):
            node.total = node.size + sum(child.total for child in node.children.values())
            node.counted_in = asking
    return top.total
