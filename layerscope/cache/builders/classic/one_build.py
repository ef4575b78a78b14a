"""One run of the classic builder: stage after stage, step after step.

Source: docker 20.10, `builder/dockerfile/builder.go`, `evaluator.go` and `imageprobe.go`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of, nothing
from layerscope.cache.builders.classic.arguments import Arguments
from layerscope.cache.builders.classic.cache_from import NamedSources
from layerscope.cache.builders.classic.content import Sources
from layerscope.cache.builders.classic.old_dialect import check, read_old
from layerscope.cache.builders.classic.settings import Settings
from layerscope.cache.builders.classic.stage_run import Place, StageRun, Started
from layerscope.cache.builders.ignored_directories import ignored_in
from layerscope.cache.builders.image_chain import Entry
from layerscope.cache.builders.image_rows import Rows, check_steps
from layerscope.cache.step import Failure, StepFacts
from layerscope.dockerfile import words
from layerscope.dockerfile.expand import expand
from layerscope.dockerfile.instructions import KeyValue, Label
from layerscope.dockerfile.location import Location
from layerscope.dockerfile.node import Node
from layerscope.dockerfile.stages import trigger
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Build
    from layerscope.cache.builders.image_chain import Image, Store
    from layerscope.dockerfile.instructions import Dockerfile, Instruction, Stage

# As Go's `strconv.Atoi` takes them; longer ones are out of any range.
NUMBER = re.compile(r"[+-]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Finished:
    """A stage that was built: its name, and what it ended with."""

    name: str
    run: StageRun


class ClassicBuild:
    """One build; `run` does it once."""

    def __init__(self, build: Build, number: int, store: Store, before: Image | None) -> None:
        """`before` is the image of the last build that succeeded."""
        self.build = build
        self.number = number
        self.store = store
        self.rows = Rows(cold=number == 0)
        self.result: Image | None = None
        self.finished: list[Finished] = []
        self.before = before
        self.context = Sources(build.context, of_image=False, hidden=ignored_in(build))
        self._step = 0
        self._steps = 0

    def run(self) -> tuple[Rows, Failure | None]:
        """Build all stages up to the target."""
        try:
            dockerfile = read_old(self.build.dockerfile)
            stages = self._wanted(dockerfile)
        except DockerfileError as error:
            return self.rows, Failure(error.problem, error.first_line, parse=True)
        self._steps = len(dockerfile.meta_args) + len(stages)
        self._steps += sum(len(stage.commands) for stage in stages) + len(self.build.labels)
        check_steps(self._steps)
        try:
            self._all(dockerfile, stages)
        except DockerfileError as error:
            return self.rows, Failure(error.problem, error.first_line)
        return self.rows, None

    def _wanted(self, dockerfile: Dockerfile) -> tuple[Stage, ...]:
        target = self.build.target
        if not target:
            return dockerfile.stages
        for index, stage in enumerate(dockerfile.stages):
            if stage.name.lower() == target.lower():
                return dockerfile.stages[: index + 1]
        problem = f"failed to reach build target {shown(target)} in Dockerfile"
        raise DockerfileError(problem)

    def _all(self, dockerfile: Dockerfile, stages: tuple[Stage, ...]) -> None:
        arguments = Arguments(self.build.build_args, {})
        for instruction in dockerfile.meta_args:
            self._step += 1
            expanded = expand(instruction, arguments.allowed(), escape=dockerfile.escape)
            for argument in expanded.arguments:
                arguments.declare_above(argument.key, argument.value)
        for index, stage in enumerate(stages):
            self._stage(index, stage, arguments.for_stage(), dockerfile.escape)
            if index == len(stages) - 1:
                self._labels()
                self.result = self.finished[-1].run.image

    def _stage(self, index: int, stage: Stage, arguments: Arguments, escape: str) -> None:
        line = stage.location.first_line
        if stage.name and any(stage.name == done.name for done in self.finished):
            problem = f"{shown(stage.name)} stage name already used"
            raise DockerfileError(problem).at(line)
        name = stage.node.args[2] if stage.name else f"stage-{index}"
        facts = StepFacts(name, index, -1, line, "from", stage.code.strip())
        vertex = self.next_vertex(stage.code.strip())
        self.rows.no_step(facts, vertex)
        base, platform = self._base_name(stage, arguments, escape)
        run = StageRun(self, Place(name, index, escape), self._start(base, platform), arguments)
        self.finished.append(Finished(stage.name, run))
        triggers, run.settings.triggers = run.settings.triggers, ()
        for text in triggers:
            run.step(self._triggered(text, line), text, line)
        for command in stage.commands:
            text = command.code.strip()
            run.step(command, self.next_vertex(text), command.location.first_line)

    @staticmethod
    def _base_name(stage: Stage, arguments: Arguments, escape: str) -> tuple[str, str | None]:
        """The image and platform that a FROM names. Raises: `DockerfileError`."""
        line = stage.location.first_line
        try:
            base = words.expand(stage.base_name, arguments.above(), escape=escape)
            platform = words.expand(stage.platform, arguments.above(), escape=escape)
        except DockerfileError as error:
            raise error.at(line) from None
        if not base:
            problem = f"base name ({shown(stage.base_name)}) should not be blank"
            raise DockerfileError(problem).at(line)
        return base, platform or None

    def _start(self, base: str, platform: str | None) -> Started:
        """The image that a stage starts from: an earlier stage, nothing, or one from outside."""
        for done in self.finished:
            if done.name and done.name == base.lower():
                return Started.after(done.run)
        if base == "scratch":
            return Started(("scratch",), Settings.of(None), nothing(), "scratch")
        image = base_of(self.build, base, platform)
        if image is None:
            known = files_of(None, base)
            name = known.origin.name
            return Started(name, Settings.of(None), known, base, entry=Entry(name))
        return Started(
            ("image", image.manifest),
            Settings.of(image.config),
            files_of(image, base),
            image.manifest,
            entry=Entry(("base", image.layers, image.created)),
        )

    @staticmethod
    def _triggered(text: str, line: int) -> Instruction:
        try:
            instruction = trigger(text)
            check(instruction.node)
        except DockerfileError as error:
            raise error.at(line) from None
        return instruction

    def _labels(self) -> None:
        """The LABEL steps that `--label` adds to the last stage; their text is not expanded."""
        run = self.finished[-1].run
        for key, value in sorted(self.build.labels.items()):
            code = f"LABEL {key}={value}"
            node = Node("LABEL", (), (key, value, "="), False, Location(0, 0), code)  # noqa: FBT003 - a Node by place
            pairs = (KeyValue(key, value),)
            label = Label("label", node.location, code, node, pairs=pairs)
            run.step(label, self.next_vertex(code), 0, expands=False)

    def next_vertex(self, text: str) -> str:
        """The header of the next step."""
        self._step += 1
        return f"Step {self._step}/{self._steps} : {text}"

    def named_sources(self) -> NamedSources | None:
        """What `--cache-from` allows to be hit; None where it is not given."""
        if not self.build.cache_from:
            return None
        return NamedSources(self.build, self.store, self.before)

    def stage_of(self, name: str) -> StageRun | None:
        """The finished stage that `COPY --from` names, by name or number.

        Raises: `DockerfileError` for a number that is no finished stage.
        """
        done = self.finished[:-1]
        for stage in done:
            if stage.name and stage.name == name.lower():
                return stage.run
        if not NUMBER.fullmatch(name):
            return None
        index = int(name)
        if index == len(done):
            problem = f"invalid from flag value {shown(name)}: refers to current build stage"
            raise DockerfileError(problem)
        if not 0 <= index < len(done):
            problem = f"invalid from flag value {shown(name)}: index out of bounds"
            raise DockerfileError(problem)
        return done[index].run
