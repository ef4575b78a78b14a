"""One stage of buildah while it is built.

Source: buildah 1.28, `Execute` in `imagebuildah/stage_executor.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of
from layerscope.cache.builders.buildah import history
from layerscope.cache.builders.buildah.evaluator import unknown
from layerscope.cache.builders.buildah.transfer import Sources, Transfer, order_of
from layerscope.cache.builders.content_known import Unknown
from layerscope.cache.builders.image_chain import Image, Key, Lookup
from layerscope.cache.builders.image_rows import why_missed
from layerscope.cache.builders.placing import place_command
from layerscope.cache.builders.plain_commands import after_commands
from layerscope.cache.builders.source_paths import joined
from layerscope.cache.builders.told import cannot_run, directories_made, told_to_fail, unknown_user
from layerscope.cache.step import Ingredient, StepFacts
from layerscope.dockerfile.stages import INSTRUCTIONS
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Hashable

    from layerscope.cache.builders.buildah.evaluator import Evaluator
    from layerscope.cache.builders.buildah.old_nodes import NodeStage
    from layerscope.cache.builders.buildah.one_build import BuildahBuild
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.cache.step import Selection
    from layerscope.dockerfile.node import Node

TRANSFERS = ("add", "copy")


@dataclass(frozen=True, slots=True)
class Started:
    """What a stage starts from.

    Attributes:
        identity: Of the image: its history and layers.
        files: Its files.
        name: What a reason calls it.
        env: Its environment.
        working_dir: Its working directory.
        user: Its user.
        missed: Line of the first miss in the stage that made it; 0 for none.
    """

    identity: Hashable
    files: Rootfs
    name: str
    env: tuple[str, ...] = ()
    working_dir: str = ""
    user: str = ""
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A step that is ready to be looked up."""

    key: Key
    ingredients: tuple[Ingredient, ...]
    selections: tuple[Selection, ...] = ()
    content_from: int | None = None
    files: Rootfs | None = None


class StageRun:
    """The state of one stage; `step` does one instruction."""

    def __init__(
        self, owner: BuildahBuild, stage: NodeStage, start: Started, evaluator: Evaluator
    ) -> None:
        """`owner` is the build that the stage belongs to."""
        self._owner = owner
        self._build = owner.build
        self.stage = stage
        self.base = start.name
        self.identity = start.identity
        self.files = start.files
        self.missed = start.missed
        self.evaluator = evaluator
        self.evaluator.start(start.env, start.working_dir, start.user)
        self._history = history.History(evaluator)
        self._looking = not owner.build.no_cache
        self._position = 0

    def started(self) -> Started:
        """What a stage on top of this one starts from."""
        environment = {**self.evaluator.base_env, **self.evaluator.env}
        return Started(
            self.identity,
            self.files,
            f"stage {self.stage.shown_name}",
            tuple(f"{name}={value}" for name, value in environment.items()),
            self.evaluator.working_dir,
            self.evaluator.user,
            self.missed,
        )

    def step(self, node: Node, vertex: str, line: int) -> None:
        """Look one instruction up, or run it. Raises: `DockerfileError` if it cannot succeed."""
        facts = StepFacts(
            self.stage.shown_name,
            self.stage.index,
            self._position,
            line,
            node.keyword.lower(),
            node.original.strip(),
        )
        rows = self._owner.rows
        try:
            ready = self._prepare(node)
            if not self._position:
                base = Ingredient("base", "", self.base)
                ready = replace(ready, ingredients=(base, *ready.ingredients))
            facts = replace(facts, ingredients=ready.ingredients, selections=ready.selections)
            found = self._look_up(ready.key)
            if found.image is not None:
                rows.hit(facts, vertex)
                self._stand_on(node, found.image)
            else:
                self._run(node, ready)
                why = why_missed(
                    forced=self._build.no_cache,
                    miss_below=self.missed,
                    content_from=ready.content_from if found.content_differs else None,
                )
                rows.miss(facts, vertex, why)
                self.missed = self.missed or line
                self._looking = False
        except DockerfileError as error:
            rows.fails(facts, vertex, error.problem)
            raise DockerfileError(error.problem).at(line) from None
        self._position += 1

    def _look_up(self, key: Key) -> Lookup:
        if not self._looking:
            return Lookup(None)
        return self._owner.store.find(self.identity, key, newest_first=False)

    def _stand_on(self, node: Node, image: Image) -> None:
        keyword = node.keyword.lower()
        if keyword not in {"run", "arg", *TRANSFERS}:
            self.evaluator.apply(node)
        self.identity = image.identity
        self.files = image.files

    def _run(self, node: Node, ready: Prepared) -> None:
        """Do what was not found. Raises: `DockerfileError` if it cannot succeed."""
        keyword = node.keyword.lower()
        store = self._owner.store
        number = store.next_number()
        files = ready.files or self.files
        if keyword == "run":
            self._check_run(node)
            files = self._after(node, number)
        elif keyword not in {"arg", *TRANSFERS}:
            if keyword not in INSTRUCTIONS:
                raise unknown(node)
            self.evaluator.apply(node)
        if keyword in {"run", *TRANSFERS}:
            files = files.with_directory(joined(self.evaluator.working_dir))
        image = Image(number, ("built", number), ready.key, files)
        store.add(self.identity, image)
        self.identity = image.identity
        self.files = files

    def _after(self, node: Node, number: int) -> Rootfs:
        """The files after a command, told from its text if that is possible."""
        state = self.evaluator
        if not node.json_form and not node.flags:
            told = after_commands(
                self.files,
                " ".join(node.args),
                state.working_dir,
                user=state.user,
                number=number,
                build=self._owner.number,
            )
            if told is not None:
                return told
        return place_command(self.files, number, self._owner.number).with_made(
            directories_made(node, state.working_dir)
        )

    def _check_run(self, node: Node) -> None:
        for flag in node.flags:
            if not self.evaluator.expand_flag(flag).startswith("--mount="):
                problem = "RUN only supports the --mount flag"
                raise DockerfileError(problem)
        if told_to_fail(self._build, node):
            problem = f"{shown(node.original)}: exit status 1"
            raise DockerfileError(problem)
        cannot_run(self.files, node.args if node.json_form else ("/bin/sh",))
        unknown_user(self.files, self.evaluator.user)

    def _prepare(self, node: Node) -> Prepared:
        keyword = node.keyword.lower()
        if keyword == "run":
            return self._prepared_run(node)
        if keyword in TRANSFERS:
            return self._prepared_transfer(node)
        if keyword == "arg":
            self.evaluator.apply(node)
            self._history.note_argument(node)
            line = self._history.argument_line()
            names = tuple(sorted(self.evaluator.in_scope()))
            return Prepared(Key(line), (Ingredient("instruction", "", ("ARG", *names)),))
        line = history.other_line(node)
        return Prepared(Key(line), (Ingredient("instruction", "", node.original),))

    def _prepared_run(self, node: Node) -> Prepared:
        line = self._history.run_line(node)
        arguments = [entry.partition("=") for entry in self._history.arguments()]
        ingredients = (
            Ingredient("instruction", "", node.original[history.KEYWORD_LENGTH :]),
            *(Ingredient("argument", name, value) for name, _, value in arguments),
        )
        return Prepared(Key(line), ingredients)

    def _prepared_transfer(self, node: Node) -> Prepared:
        order = order_of(node, self.evaluator)
        origin = self._origin(order.from_name)
        copied = Transfer(
            self._build,
            self._owner.number,
            order,
            origin,
            self.evaluator.working_dir,
            self.files,
        ).do()
        made = any(isinstance(content, Unknown) for content in copied.contents)
        return Prepared(
            Key(history.transfer_line(node), copied.contents),
            copied.ingredients,
            copied.selections,
            origin.line if made else None,
            copied.files,
        )

    def _origin(self, name: str) -> Sources:
        if not name:
            return self._owner.context
        stage = self._owner.stage_of(name, self.stage.index)
        if stage is not None:
            shown_name = stage.stage.shown_name
            where = (shown_name, stage.stage.index)
            return Sources(f"stage {shown_name}", stage.files, stage.missed, stage=where)
        return Sources(f"image {name}", files_of(base_of(self._build, name), name))
