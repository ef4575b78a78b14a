"""Two trees of one image laid on each other: what became of each path, sums over directories."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import accumulate
from typing import TYPE_CHECKING

from layerscope.files.squash import IMPLIED_MODE
from layerscope.files.tree import DIR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from layerscope.analysis.waste import Wasted
    from layerscope.files.squash import Squashed
    from layerscope.tui.index import Index

NO_ROW = -(1 << 40)
"""Stands for the global row of a node that neither tree has, and of a root without an entry."""


class State(IntEnum):
    """What became of a path, against the tree that it is compared with."""

    UNCHANGED = 0
    ADDED = 1
    CHANGED = 2
    REMOVED = 3


ABSENT = 4
"""Of a node that neither tree has; it is not shown, unless something below it was removed."""


@dataclass(frozen=True, slots=True, repr=False)
class View:
    """The nodes of an index as one layer has them.

    Attributes:
        index: The nodes.
        rows: The global row of each: in the upper tree, or of a removed path what it was.
        states: Each node's own `State` or `ABSENT`, as a byte: of a directory that both trees have
            that of its own attributes. `state` adds what is below.
        sizes: Bytes of each regular file, an inode's at one of its names only.
        hidden: Bytes stored at each path, up to this layer, that a container never sees; 0 where
            the path is `ABSENT`.
    """

    index: Index
    rows: list[int]
    states: bytes
    sizes: list[int]
    hidden: list[int]
    _differing: list[int]
    _there: list[int]
    _gone: list[int]
    _hidden: list[int]

    def __repr__(self) -> str:
        """How much there is, not what."""
        return f"<View of {len(self.index)} paths>"

    @classmethod
    def of(
        cls,
        squashed: Squashed,
        index: Index,
        *,
        lower: Mapping[bytes, int],
        upper: Mapping[bytes, int],
        wasted: Sequence[tuple[int, Wasted]],
        layer: int,
        stored: range,
    ) -> View:
        """The view of a layer.

        Args:
            squashed: The layers that the rows are of.
            index: All paths of both trees, and of hidden copies.
            lower: The tree to compare with: path to global row.
            upper: The tree after the layer.
            wasted: Every hidden copy of the image with its node.
            layer: Hidden copies of it and of layers below it count.
            stored: Hidden copies of these layers are `REMOVED` where neither tree has their path,
                such as a file that one layer stores and another takes away again.
        """
        states, rows = _states(squashed, index, lower, upper)
        only_stored: dict[int, int] = {}
        for node, each in wasted:
            if each.layer in stored and states[node] == ABSENT:
                only_stored[node] = each.row
        for node, row in only_stored.items():
            states[node], rows[node] = State.REMOVED, row
        hidden = [0] * len(index)
        for node, each in wasted:
            if each.layer <= layer and states[node] != ABSENT:
                hidden[node] += each.size_bytes
        sizes = _sizes(squashed, index, rows, states)
        removed = int(State.REMOVED)
        gone = [size if state == removed else 0 for state, size in zip(states, sizes, strict=True)]
        there_table = bytes(code not in {removed, ABSENT} for code in range(256))
        differs_table = bytes(
            code in {State.ADDED, State.CHANGED, State.REMOVED} for code in range(256)
        )
        there = map(int.__mul__, sizes, states.translate(there_table))
        return cls(
            index=index,
            rows=rows,
            states=bytes(states),
            sizes=sizes,
            hidden=hidden,
            _differing=_running(states.translate(differs_table)),
            _there=_running(there),
            _gone=_running(gone),
            _hidden=_running(hidden),
        )

    def state(self, node: int) -> State:
        """The state of a node; a directory is changed if anything below it is not as it was."""
        own = self.states[node]
        if own == ABSENT:
            return State.REMOVED
        if own == State.UNCHANGED:
            end = self.index.ends[node]
            if self._differing[end] > self._differing[node]:
                return State.CHANGED
        return State(own)

    def total(self, node: int) -> int:
        """Bytes at a node and below it in the upper tree; of what is removed those it had."""
        if self.states[node] in {State.REMOVED, ABSENT}:
            return self.removed_bytes(node)
        return self._there[self.index.ends[node]] - self._there[node]

    def removed_bytes(self, node: int) -> int:
        """Bytes at a node and below it that the upper tree has no longer."""
        return self._gone[self.index.ends[node]] - self._gone[node]

    def hidden_total(self, node: int) -> int:
        """Hidden bytes at a node and below it."""
        return self._hidden[self.index.ends[node]] - self._hidden[node]


def _running(amounts: Iterable[int]) -> list[int]:
    """Sums of all amounts before each position, and of all at the end."""
    return list(accumulate(amounts, initial=0))


def _states(
    squashed: Squashed,
    index: Index,
    lower: Mapping[bytes, int],
    upper: Mapping[bytes, int],
) -> tuple[bytearray, list[int]]:
    news, olds = map(upper.get, index.paths), map(lower.get, index.paths)
    states, rows = bytearray(len(index)), [NO_ROW] * len(index)
    for node, (new, old) in enumerate(zip(news, olds, strict=True)):
        if new is None:
            if old is not None:
                rows[node] = old
            states[node] = ABSENT if old is None else State.REMOVED
            continue
        rows[node] = new
        if old is None:
            states[node] = State.ADDED
        elif old != new and _differs(squashed, old, new):
            states[node] = State.CHANGED
    if states[0] != State.CHANGED:
        # The root is there whether or not a layer describes it.
        states[0] = State.UNCHANGED
    return states, rows


def _differs(squashed: Squashed, old: int, new: int) -> bool:
    """Whether an entry that took the place of another changes anything.

    A directory that a layer lists again as it was is not changed. All else is stored anew, so that
    it costs its bytes even where they are equal.
    """
    kinds = squashed.kinds
    both = (old < 0 or kinds[old] == DIR) and (new < 0 or kinds[new] == DIR)
    return not both or _attributes(squashed, old) != _attributes(squashed, new)


def _attributes(squashed: Squashed, row: int) -> tuple[object, ...]:
    if row < 0:
        return IMPLIED_MODE, 0, 0, ()
    layer, at = squashed.place(row)
    columns = squashed.layers[layer]
    return columns.modes[at], columns.uids[at], columns.gids[at], columns.xattrs.get(at, ())


def _sizes(
    squashed: Squashed, index: Index, rows: Sequence[int], states: bytes | bytearray
) -> list[int]:
    """Bytes at each node: an inode's count once, and not as gone while a name of it is left.

    They count at its own name if the view has it, else at the first of its links.
    """
    row_sizes = index.row_sizes
    sizes = [row_sizes[row] if row >= 0 else 0 for row in rows]
    if not index.links:
        return sizes
    links = [node for node, row in enumerate(rows) if row in index.links]
    linked = {squashed.inode(rows[node]) for node in links}
    removed = int(State.REMOVED)
    holders = {row: node for node, row in enumerate(rows) if row in linked}
    # What is there goes first: a name that is gone takes no bytes along while another is left.
    for node in sorted(links, key=lambda node: states[node] == removed):
        inode = squashed.inode(rows[node])
        holder = holders.get(inode)
        if holder is None or (states[holder] == removed != states[node]):
            if holder is not None:
                sizes[holder] = 0
            holders[inode] = node
            sizes[node] = squashed.size(inode)
    return sizes
