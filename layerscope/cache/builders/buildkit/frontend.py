"""What all instructions of one build for one platform have in common while they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import names
from layerscope.cache.definition import Image, Local, Row
from layerscope.cache.step import Ingredient, StepFacts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.builders.buildkit.graph import Graph
    from layerscope.cache.builders.buildkit.images import Images
    from layerscope.cache.builders.buildkit.options import Options
    from layerscope.cache.builders.buildkit.platforms import Platform
    from layerscope.cache.builders.buildkit.stage_state import Command, StageState
    from layerscope.cache.definition import Selector, Vertex
    from layerscope.cache.filetree import FileTree


@dataclass(slots=True)
class Frontend:
    """One build for one platform.

    Attributes:
        rules: The version's rules.
        build: The build.
        images: Its images and named contexts.
        options: What is the same for all steps.
        escape: The Dockerfile's escape character.
        graph: What comes out; other platforms add to the same one.
        target: The platform that is built for.
        several: Is it one of several platforms?
        epoch_ns: `SOURCE_DATE_EPOCH`.
        global_args: Values of the `ARG`s above the first `FROM`, and of the predefined ones.
    """

    rules: Dialect
    build: Build
    images: Images
    options: Options
    escape: str
    graph: Graph
    target: Platform
    several: bool
    epoch_ns: int | None
    global_args: dict[str, str]

    def context(self) -> Vertex:
        """The main context."""
        return self.local("", self.build.context)

    def local(self, name: str, tree: FileTree) -> Vertex:
        """A folder that the client sends."""
        key = ("local", name)
        return self.graph.vertex(Local(name, tree), identity=key, key=key)

    def platform_text(self, stage: StageState) -> str | None:
        """The platform as names and rows have it; None in builds for one."""
        if not self.several:
            return None
        return names.platform_mark(stage.platform or self.target, stage.env)

    def name(self, stage: StageState, command: Command, text: str) -> str:
        """The name of the next step."""
        trigger = "ONBUILD " if command.trigger and self.rules.frontend else ""
        return names.numbered(stage, trigger + text, self.platform_text(stage))

    def row(
        self,
        stage: StageState,
        command: Command,
        *,
        name: str,
        vertex: Vertex,
        ingredients: Iterable[Ingredient],
        sources: Iterable[tuple[str, int, Selector]] = (),
    ) -> None:
        """Add the row of a step."""
        instruction = command.instruction
        line = stage.line if command.trigger else instruction.location.first_line
        facts = StepFacts(
            stage=stage.label,
            stage_index=stage.index,
            position=stage.position,
            line=line,
            keyword=instruction.keyword,
            instruction=instruction.code,
            platform=self.platform_text(stage),
            ingredients=tuple(ingredients),
        )
        self.graph.row(Row(facts, name, vertex, tuple(sources)))
        if stage.forced and instruction.keyword != "workdir":
            self.graph.forced.add(vertex.number)


def identity_of(vertex: Vertex | None) -> str:
    """What a stage starts from, in the words of a reason."""
    if vertex is None:
        return "scratch"
    operation = vertex.operation
    if isinstance(operation, Image):
        return operation.name if operation.base is None else ", ".join(operation.base.layers)
    return f"context {operation.name}" if isinstance(operation, Local) else ""
