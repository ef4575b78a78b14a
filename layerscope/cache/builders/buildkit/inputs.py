"""The inputs of a step while it is put together: each vertex once, with all that is taken of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import selecting
from layerscope.cache.definition import Input, Selector

if TYPE_CHECKING:
    from layerscope.cache.definition import Vertex


@dataclass(slots=True)
class FileInputs:
    """The inputs of file operations; what they build on never counts by content."""

    vertices: list[Vertex] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    selectors: dict[int, list[Selector]] = field(default_factory=dict)

    def add(self, vertex: Vertex | None) -> int:
        """The index of an input; -1 for an empty tree."""
        if vertex is None:
            return -1
        if vertex.number not in self.places:
            self.places[vertex.number] = len(self.vertices)
            self.vertices.append(vertex)
        return self.places[vertex.number]

    def select(self, index: int, selector: Selector) -> None:
        """Take something of an input."""
        self.selectors.setdefault(index, []).append(selector)

    def inputs(self, built_on: int) -> tuple[Input, ...]:
        """The inputs in order; `built_on` is the index of the one that is changed, or -1."""
        found = []
        for index, vertex in enumerate(self.vertices):
            selectors = self.selectors.get(index)
            if selectors is None or index == built_on:
                found.append(Input(vertex))
            else:
                found.append(Input(vertex, selecting.names(selectors), tuple(selectors)))
        return tuple(found)


@dataclass(slots=True)
class MountInputs:
    """The inputs of a command; the last mount of an input says whether its content counts."""

    vertices: list[Vertex] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    paths: dict[int, list[str]] = field(default_factory=dict)
    by_content: dict[int, bool] = field(default_factory=dict)
    last_mount_decides: bool = True

    def mount(self, vertex: Vertex, path: str, *, by_content: bool) -> int:
        """The index of the input that is mounted from `path`, an absolute one."""
        if vertex.number not in self.places:
            self.places[vertex.number] = len(self.vertices)
            self.vertices.append(vertex)
        index = self.places[vertex.number]
        self.paths.setdefault(index, []).append(path)
        before = self.by_content.get(index, True)
        self.by_content[index] = by_content if self.last_mount_decides else by_content and before
        return index

    def inputs(self) -> tuple[Input, ...]:
        """The inputs in order."""
        found = []
        for index, vertex in enumerate(self.vertices):
            paths = self.paths[index]
            contents: tuple[Selector, ...] | None = None
            if self.by_content[index]:
                whole = "/" in paths
                contents = (
                    (Selector("/"),)
                    if whole
                    else tuple(Selector(path, follow=True) for path in dict.fromkeys(paths))
                )
            found.append(Input(vertex, tuple(paths), contents))
        return tuple(found)
