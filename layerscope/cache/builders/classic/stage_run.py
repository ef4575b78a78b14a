"""One stage of the classic builder while it is built.

Source: docker 20.10, `builder/dockerfile/dispatchers.go` and `internals.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.builders.bases import base_of, files_of, is_image_name
from layerscope.cache.builders.classic import metadata, transfer
from layerscope.cache.builders.classic.settings import NO_OPERATION
from layerscope.cache.builders.content_known import Unknown
from layerscope.cache.builders.copied_from import CopiedFrom
from layerscope.cache.builders.image_chain import Entry, Image, Key, Lookup
from layerscope.cache.builders.image_rows import why_missed
from layerscope.cache.builders.placing import place_command, with_directory_made
from layerscope.cache.builders.plain_commands import after_commands
from layerscope.cache.builders.source_paths import joined
from layerscope.cache.builders.told import cannot_run, told_to_fail, unknown_user
from layerscope.cache.step import Ingredient, StepFacts
from layerscope.dockerfile.expand import expand
from layerscope.dockerfile.instructions import Copy, Run, Transfer, Workdir
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from layerscope.cache.builders.classic.arguments import Arguments
    from layerscope.cache.builders.classic.one_build import ClassicBuild
    from layerscope.cache.builders.classic.settings import Settings
    from layerscope.cache.builders.rootfs import Rootfs
    from layerscope.cache.step import Selection
    from layerscope.dockerfile.instructions import Instruction

NEEDS_BUILDKIT = "the --{} option requires BuildKit"


@dataclass(frozen=True, slots=True)
class Started:
    """What a stage starts from.

    Attributes:
        identity: Of the image.
        settings: Of its config.
        files: Its files.
        name: What a reason calls it.
        missed: Line of the first miss in the stage that made it; 0 for none.
        image: The image, where a stage made it.
        entry: The last entry of its history.
    """

    identity: Hashable
    settings: Settings
    files: Rootfs
    name: str
    missed: int = 0
    image: Image | None = None
    entry: Entry | None = None

    @classmethod
    def after(cls, run: StageRun) -> Started:
        """The image that an earlier stage ended with."""
        name = f"stage {run.name}"
        return cls(
            run.identity,
            run.settings.copy(),
            run.files,
            name,
            run.missed,
            run.image,
            run.entry,
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Which stage it is: its name and number, and the escape character of the file."""

    name: str
    index: int
    escape: str


@dataclass(slots=True)
class Prepared:
    """A step that is ready to be looked up.

    Attributes:
        text: What the history says of it.
        key: What it is looked up by.
        stored: What its image can be found by.
        ingredients: What it is looked up by, in words.
        selections: The files it copies.
        content_from: Line of the first miss where it copies from, if a command made that.
        made: The files after it; called when it runs.
    """

    text: str
    key: Key
    stored: Key
    made: Callable[[], Rootfs]
    ingredients: tuple[Ingredient, ...]
    selections: tuple[Selection, ...] = ()
    content_from: int | None = None


@dataclass(slots=True)
class _Here:
    """Where the step in hand stands."""

    vertex: str
    facts: StepFacts
    ready: Prepared | None = field(default=None)


class StageRun:
    """The state of one stage; `step` does one instruction."""

    def __init__(
        self,
        owner: ClassicBuild,
        place: Place,
        start: Started,
        arguments: Arguments,
    ) -> None:
        """`owner` is the build that the stage belongs to."""
        self._owner = owner
        self._build = owner.build
        self.name = place.name
        self.index = place.index
        self.base = start.name
        self.identity = start.identity
        self.settings = start.settings
        self.files = start.files
        self.missed = start.missed
        self.image = start.image
        self.entry = start.entry
        self._arguments = arguments
        self._escape = place.escape
        self._looking = not owner.build.no_cache
        self._sources = owner.named_sources()
        self._position = 0

    def step(
        self, instruction: Instruction, vertex: str, line: int, *, expands: bool = True
    ) -> None:
        """Look one instruction up, or run it. Raises: `DockerfileError` if it cannot succeed."""
        facts = StepFacts(
            self.name,
            self.index,
            self._position,
            line,
            instruction.keyword,
            instruction.code.strip(),
        )
        here = _Here(vertex, facts)
        try:
            self._do(instruction, here, expands=expands)
        except DockerfileError as error:
            ready = here.ready
            self._owner.rows.fails(
                facts if ready is None else self._facts(facts, ready), vertex, error.problem
            )
            raise DockerfileError(error.problem).at(line) from None
        self._position += 1

    def _do(self, instruction: Instruction, here: _Here, *, expands: bool) -> None:
        below = self.settings.copy()
        ready = here.ready = self._prepare(instruction, below, expands=expands)
        facts = self._facts(here.facts, ready)
        found = self._look_up(ready)
        rows = self._owner.rows
        if found.image is not None:
            rows.hit(facts, here.vertex)
            self._stand_on(found.image)
            return
        if isinstance(instruction, Run):
            self._run(instruction)
        files = ready.made()
        store = self._owner.store
        number = store.next_number()
        if isinstance(instruction, Run):
            files = self._after(instruction, number)
        image = Image(
            number,
            ("built", number),
            ready.stored,
            files,
            Entry(number, ready.text)
            if self.entry is None
            else self.entry.then(number, ready.text),
        )
        store.add(self.identity, image)
        why = why_missed(
            forced=self._build.no_cache,
            miss_below=self.missed,
            content_from=ready.content_from if found.content_differs else None,
        )
        rows.miss(facts, here.vertex, why)
        self.missed = self.missed or here.facts.line
        self._looking = False
        self._stand_on(image)

    def _run(self, instruction: Run) -> None:
        """Fail as a command is known to. Raises: `DockerfileError`."""
        line = metadata.command_line(instruction, self.settings)
        if told_to_fail(self._build, instruction.node):
            problem = f"The command '{' '.join(line)}' returned a non-zero code"
            raise DockerfileError(problem)
        cannot_run(self.files, line)
        unknown_user(self.files, self.settings.user)

    def _after(self, instruction: Run, number: int) -> Rootfs:
        """The files after a command, told from its text if that is possible."""
        settings = self.settings
        if instruction.prepend_shell and not settings.shell:
            told = after_commands(
                self.files,
                " ".join(instruction.words),
                settings.working_dir,
                user=settings.user,
                number=number,
                build=self._owner.number,
            )
            if told is not None:
                return told
        return place_command(self.files, number, self._owner.number)

    def _look_up(self, ready: Prepared) -> Lookup:
        if not self._looking:
            return Lookup(None)
        if self._sources is not None:
            return self._sources.find(self.identity, self.entry, ready.key, ready.text)
        return self._owner.store.find(self.identity, ready.key, newest_first=True)

    def _stand_on(self, image: Image) -> None:
        self.image = image
        self.identity = image.identity
        self.files = image.files
        self.entry = image.entry

    def _facts(self, facts: StepFacts, ready: Prepared) -> StepFacts:
        base = (Ingredient("base", "", self.base),) if not self._position else ()
        return StepFacts(
            facts.stage,
            facts.stage_index,
            facts.position,
            facts.line,
            facts.keyword,
            facts.instruction,
            ingredients=(*base, *ready.ingredients),
            selections=ready.selections,
        )

    def _prepare(self, instruction: Instruction, below: Settings, *, expands: bool) -> Prepared:
        if isinstance(instruction, Run):
            return self._prepared_run(instruction)
        env = self._arguments.variables(self.settings.env)
        if expands:
            instruction = expand(instruction, env, escape=self._escape)
        if isinstance(instruction, Transfer):
            return self._prepared_transfer(instruction)
        return self._prepared_setting(instruction, below)

    def _prepared_run(self, instruction: Run) -> Prepared:
        if instruction.flags_used:
            raise DockerfileError(NEEDS_BUILDKIT.format(instruction.flags_used[0]))
        settings = self.settings
        line = metadata.command_line(instruction, settings)
        arguments = self._arguments.beside(settings.env)
        command = (*self._arguments.prefix(arguments), *line)
        key = Key(settings.compared(command, runs=True))
        marks = command[: len(command) - len(line)]
        ingredients = (
            Ingredient("instruction", "", instruction.words),
            *((Ingredient("shell", "", settings.shell_words()),) * instruction.prepend_shell),
            *(Ingredient("argument", name, value) for name, value in map(_pair, marks[1:])),
            *((Ingredient("argument", "(predefined)", "given"),) * (marks == ("|0",))),
            Ingredient("user", "", settings.user),
        )
        return Prepared(" ".join(command), key, key, lambda: self.files, ingredients)

    def _prepared_transfer(self, instruction: Transfer) -> Prepared:
        if instruction.chmod:
            raise DockerfileError(NEEDS_BUILDKIT.format("chmod"))
        origin = self._origin(instruction)
        taken = transfer.take(
            self._build, self._owner.number, instruction, origin, self._owner.context
        )
        contents = tuple(each.content for each in taken)
        command = (*self.settings.shell_words(), *transfer.command(instruction))
        key = Key(self.settings.compared(command), contents)
        made = any(isinstance(content, Unknown) for content in contents)

        def files() -> Rootfs:
            return transfer.written(self.files, instruction, taken, self.settings.working_dir)

        return Prepared(
            f"{' '.join(command)} {contents}",
            key,
            key,
            files,
            transfer.ingredients(instruction, taken),
            tuple(each.selection for each in taken),
            origin.line if made else None,
        )

    def _origin(self, instruction: Transfer) -> CopiedFrom:
        if not isinstance(instruction, Copy) or not instruction.from_name:
            return CopiedFrom("context", None)
        name = instruction.from_name
        stage = self._owner.stage_of(name)
        if stage is not None:
            where = (stage.name, stage.index)
            return CopiedFrom(f"stage {stage.name}", stage.files, stage.missed, stage=where)
        if not is_image_name(name):
            problem = f"invalid from flag value {shown(name)}: invalid reference format"
            raise DockerfileError(problem)
        return CopiedFrom(f"image {name}", files_of(base_of(self._build, name), name))

    def _prepared_setting(self, instruction: Instruction, below: Settings) -> Prepared:
        settings = self.settings
        text = metadata.apply(instruction, settings, self._arguments)
        if isinstance(instruction, Workdir):
            command = (*settings.shell_words(), NO_OPERATION + text)
            directory = joined(settings.working_dir)
        else:
            command = (*settings.shell_words(), NO_OPERATION, text)
            directory = ""
        return Prepared(
            " ".join(command),
            Key(settings.compared(command)),
            Key(settings.stored(command, below)),
            lambda: with_directory_made(self.files, directory),
            (Ingredient("instruction", "", text),),
        )


def _pair(entry: str) -> tuple[str, str]:
    name, _, value = entry.partition("=")
    return name, value
