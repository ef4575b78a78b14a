"""The graph of one build while it grows: vertices, each only once, and the rows they have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.definition import Definition, Row, Vertex

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from layerscope.cache.definition import Input, Operation


@dataclass(slots=True)
class Graph:
    """Vertices and rows so far."""

    vertices: list[Vertex] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    forced: set[int] = field(default_factory=set)
    whole_context: bool = False
    _known: dict[Hashable, Vertex] = field(default_factory=dict)
    _rows_known: set[Hashable] = field(default_factory=set)

    def vertex(
        self,
        operation: Operation,
        *,
        identity: Hashable,
        key: Hashable,
        inputs: Sequence[Input] = (),
        line: int = 0,
        stage: str = "",
    ) -> Vertex:
        """The vertex that does this with these inputs; equal ones are one.

        `identity` is all that it is told to do; `key` what of it a lookup compares.
        """
        whole = (identity, tuple((each.vertex.number, each.selector) for each in inputs))
        known = self._known.get(whole)
        if known is None:
            number = len(self.vertices)
            known = Vertex(number, operation, key, tuple(inputs), line, stage)
            self._known[whole] = known
            self.vertices.append(known)
        return known

    def row(self, row: Row) -> None:
        """Add a row, unless the same one is there: a stage that several platforms share."""
        facts = row.facts
        number = None if row.vertex is None else row.vertex.number
        place = (facts.stage_index, facts.position, facts.line, facts.platform)
        mark = (number, row.name, place)
        if mark not in self._rows_known:
            self._rows_known.add(mark)
            self.rows.append(row)

    def definition(self) -> Definition:
        """All of it."""
        forced = frozenset(self.forced)
        return Definition(
            tuple(self.vertices), tuple(self.rows), forced, whole_context=self.whole_context
        )
