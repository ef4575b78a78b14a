"""One run of `buildah build --layers`: the stages that the target needs, step after step.

Source: buildah 1.28, `imagebuildah/executor.go` and `imagebuildah/build.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of, nothing
from layerscope.cache.builders.buildah.evaluator import Evaluator, heading_arguments
from layerscope.cache.builders.buildah.needed import needed
from layerscope.cache.builders.buildah.old_nodes import read_nodes, stage_name
from layerscope.cache.builders.buildah.stage_run import StageRun, Started
from layerscope.cache.builders.buildah.transfer import Sources
from layerscope.cache.builders.ignored_directories import ignored_in
from layerscope.cache.builders.image_rows import Rows, check_steps
from layerscope.cache.predefined import platform_arguments
from layerscope.cache.step import Failure, StepFacts
from layerscope.dockerfile import words
from layerscope.dockerfile.parser import parse
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildah.old_nodes import NodeFile, NodeStage
    from layerscope.cache.builders.image_chain import Store
    from layerscope.dockerfile.node import Node

NOT_TRIGGERS = ("from", "maintainer", "onbuild")


class BuildahBuild:
    """One build; `run` does it once."""

    def __init__(self, build: Build, number: int, store: Store) -> None:
        """`number` counts the builds of the sequence from 0."""
        self.build = build
        self.number = number
        self.store = store
        self.rows = Rows(cold=number == 0)
        self.context = Sources("context", None, hidden=ignored_in(build))
        self._finished: list[StageRun] = []
        self._stages: tuple[NodeStage, ...] = ()
        platform = build.platforms[0] if build.platforms else build.build_platform
        self._builtin = platform_arguments(platform, build.build_platform)

    def run(self) -> tuple[Rows, Failure | None]:
        """Build the stages that the target needs."""
        try:
            file = read_nodes(self.build.dockerfile, self.build.labels)
            above = heading_arguments(file.above, self._evaluator({}))
            self._stages = self._wanted(file)
        except DockerfileError as error:
            return self.rows, Failure(error.problem, error.first_line, parse=True)
        check_steps(len(file.above) + sum(len(stage.nodes) + 1 for stage in file.stages))
        try:
            names = needed(self._stages, self.build.build_args)
            for stage in self._stages:
                if stage.name in names:
                    self._stage(stage, above)
        except DockerfileError as error:
            return self.rows, Failure(error.problem, error.first_line)
        return self.rows, None

    def _evaluator(self, above: dict[str, str]) -> Evaluator:
        return Evaluator(self.build.build_args, above, self._builtin)

    def _wanted(self, file: NodeFile) -> tuple[NodeStage, ...]:
        target = self.build.target
        if not target:
            return file.stages
        for stage in file.stages:
            if stage.name == target:
                return file.stages[: stage.index + 1]
        problem = f"The target {shown(target)} was not found in the provided Dockerfile"
        raise DockerfileError(problem)

    def _stage(self, stage: NodeStage, above: dict[str, str]) -> None:
        start = stage.start
        line = start.location.first_line
        try:
            name, platform = self._base_name(stage, above)
        except DockerfileError as error:
            raise error.at(line) from None
        total = len(stage.nodes) + 1
        text = start.original.strip()
        facts = StepFacts(stage.shown_name, stage.index, -1, line, "from", text)
        self.rows.no_step(facts, self._vertex(stage, 1, total, _from_text(stage, name)))
        try:
            started, triggers = self._start(name, platform, line)
        except DockerfileError as error:
            raise error.at(line) from None
        run = StageRun(self, stage, started, self._evaluator(above))
        self._finished.append(run)
        total += len(triggers)
        places = [(node, line) for node in triggers]
        places += [(node, node.location.first_line) for node in stage.nodes]
        for number, (node, at) in enumerate(places, 2):
            run.step(node, self._vertex(stage, number, total, node.original), at)

    def _vertex(self, stage: NodeStage, number: int, total: int, text: str) -> str:
        count = len(self._stages)
        prefix = f"[{stage.index + 1}/{count}] " if count > 1 else ""
        return f"{prefix}STEP {number}/{total}: {text.rstrip()}"

    def _base_name(self, stage: NodeStage, above: dict[str, str]) -> tuple[str, str | None]:
        """The image and platform that a FROM names. Raises: `DockerfileError`."""
        args = stage.start.args
        known = {**above, **self._builtin, **self.build.build_args}
        variables = [f"{name}={value}" for name, value in known.items()]
        if not args:
            problem = "FROM requires either one argument, or three: FROM <source> [as <name>]"
            raise DockerfileError(problem)
        platform = None
        for flag in stage.start.flags:
            text = words.expand(flag, variables)
            if not text.startswith("--platform="):
                problem = "FROM only supports the --platform flag"
                raise DockerfileError(problem)
            platform = text.removeprefix("--platform=")
        return words.expand(args[0], variables), platform

    def _start(
        self, name: str, platform: str | None, line: int
    ) -> tuple[Started, tuple[Node, ...]]:
        """What a stage starts from, and the triggers of its base.

        A stage leaves no triggers: buildah's images are OCI images, which cannot hold any.
        """
        for done in self._finished:
            if done.stage.name == name:
                return done.started(), ()
        if name == "scratch":
            return Started(("scratch",), nothing(), "scratch"), ()
        base = base_of(self.build, name, platform)
        if base is None:
            self._refuse_stage(name)
        files = files_of(base, name)
        if base is None:
            return Started(files.origin.name, files, name), ()
        identity = ("image", base.layers, base.created)
        config = base.config
        if config is None:
            return Started(identity, files, base.manifest), ()
        started = Started(
            identity, files, base.manifest, config.env, config.working_dir, config.user
        )
        return started, self._triggers(config.onbuild, line)

    @staticmethod
    def _triggers(texts: tuple[str, ...], line: int) -> tuple[Node, ...]:
        if not texts:
            return ()
        try:
            nodes = parse("\n".join(texts).encode("utf-8", "surrogateescape")).nodes
        except DockerfileError as error:
            raise error.at(line) from None
        for node in nodes:
            if node.keyword.lower() in NOT_TRIGGERS:
                problem = f"{node.keyword.upper()} isn't allowed as an ONBUILD trigger"
                raise DockerfileError(problem).at(line)
        return tuple(nodes)

    def stage_of(self, name: str, before: int) -> StageRun | None:
        """The stage that `--from` names, by name or number; None for an image.

        Raises: `DockerfileError` for a number that is no earlier stage, or a stage that is not
            built.
        """
        name = stage_name(self._stages, name)
        for done in self._finished:
            if done.stage.name == name and done.stage.index < before:
                return done
        self._refuse_stage(name)
        return None

    def _refuse_stage(self, name: str) -> None:
        """Refuse a name that must be of an image, but is that of a stage, or nearly so.

        Raises: `DockerfileError`, since there is hardly an image of that name.
        """
        names = {stage.name.lower() for stage in self._stages}
        if name.lower() in names or (name.isascii() and name.isdigit()):
            problem = f"{shown(name)}: no stage or image found with that name"
            raise DockerfileError(problem)


def _from_text(stage: NodeStage, name: str) -> str:
    named = stage.name != str(stage.index)
    return f"FROM {name} AS {stage.name}" if named else f"FROM {name}"
