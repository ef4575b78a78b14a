"""The stages of a Dockerfile and what they need of one another.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb/convert.go` (`buildDispatchStates`,
`buildStageDependencyGraph`, `resolveStages`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.platforms import parse_platform
from layerscope.cache.builders.buildkit.stage_state import Command, StageState
from layerscope.dockerfile import stages as stage_reading
from layerscope.dockerfile.instructions import Add, Copy, Onbuild, Run, Workdir
from layerscope.dockerfile.mounts import first_look, parse_mount
from layerscope.dockerfile.suggestions import did_you_mean
from layerscope.dockerfile.words import Environment, expand
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.builders.buildkit.frontend import Frontend
    from layerscope.dockerfile.instructions import Dockerfile, Instruction, Stage

SCRATCH = "scratch"
STEPS = (Add, Copy, Run, Workdir)


class StageGraph:
    """All stages, and the images that instructions name directly."""

    def __init__(self, frontend: Frontend, dockerfile: Dockerfile) -> None:
        """Raises: `DockerfileError`."""
        self._frontend = frontend
        self._by_name: dict[str, StageState] = {}
        self.states: list[StageState] = []
        self._nothing = StageState(SCRATCH, None, -1, 0)
        env = Environment(dict(frontend.global_args))
        for index, stage in enumerate(dockerfile.stages):
            self._add(self._stage(index, stage, env))
        self._file_stages = len(self.states)
        for state in list(self.states):
            if state.stage is not None:
                state.commands = [self._command(each, state) for each in state.stage.commands]
        self._refuse_circles()
        if len(self.states) == 1:
            self.states[0].shown_label = ""

    def _stage(self, index: int, stage: Stage, env: Environment) -> StageState:
        frontend = self._frontend
        first, last = stage.location.first_line, stage.location.last_line
        try:
            base_name = _not_empty("base name", stage.base_name, env, frontend.escape)
            state = StageState(base_name, stage, index, first)
            if stage.platform:
                text = _not_empty("platform", stage.platform, env, frontend.escape)
                state.platform = parse_platform(text)
        except DockerfileError as error:
            raise error.at(first, last) from None
        state.label = state.shown_label = stage.name or f"stage-{index}"
        state.forced = is_forced(stage.name, frontend)
        if stage.name:
            state.replacement = frontend.images.named_context(stage.name)
        return state

    def _add(self, state: StageState) -> None:
        self.states.append(state)
        if state.replacement is None:
            state.base = self._by_name.get(state.base_name)
        if state.stage is None:
            return
        if state.stage.name:
            self._by_name[state.stage.name.lower()] = state
        if state.replacement is None:
            state.total = int(state.base_name != SCRATCH and state.base is None)
            state.total += sum(isinstance(each, STEPS) for each in state.stage.commands)

    def target(self, name: str | None) -> StageState:
        """The stage that is built. Raises: `DockerfileError`."""
        if not self._file_stages:
            problem = "the file has no stage to build"
            raise DockerfileError(problem)
        if not name:
            return self.states[self._file_stages - 1]
        found = self._by_name.get(name.lower())
        if found is None:
            problem = f"there is no stage {shown(name)} to build"
            raise DockerfileError(problem, hint=did_you_mean(name.lower(), tuple(self._by_name)))
        return found

    def _command(
        self, instruction: Instruction, state: StageState, *, trigger: bool = False
    ) -> Command:
        names: list[str | None] = []
        if isinstance(instruction, Copy) and instruction.from_name:
            names = [instruction.from_name]
        elif isinstance(instruction, Run):
            names = [self._mounted_from(text) for text in instruction.mounts]
        location = instruction.location
        line = state.line if trigger else location.first_line
        try:
            sources = [
                self._nothing
                if name is None
                else self._named(name, line, by_index=isinstance(instruction, Copy))
                for name in names
            ]
        except DockerfileError as error:
            raise error.at(line, max(line, location.last_line)) from None
        for source in sources:
            if source is self._nothing:
                continue
            state.needs.append(source)
            if source.named_directly:
                self._add(source)
        return Command(instruction, tuple(sources), trigger)

    def _mounted_from(self, text: str) -> str | None:
        """What a mount takes its files from; None is the context.

        Today's frontend has an empty stage for each mount without `from`, the older one for caches.
        It shows in names: with it there are several stages.
        """
        named = first_look(text).from_name
        if named or self._frontend.rules.frontend:
            return named or SCRATCH
        return SCRATCH if parse_mount(text).type == "cache" else None

    def _named(self, name: str, line: int, *, by_index: bool) -> StageState:
        """The stage that `--from` or a mount names, or the image."""
        if by_index and _is_number(name):
            index = int(name)
            if not 0 <= index < len(self.states):
                problem = f"there is no stage with the number {shown(name)}"
                raise DockerfileError(problem)
            return self.states[index]
        if by_index and "$" in name:
            problem = "--from has a variable, which is not expanded there"
            hint = "define a stage with FROM that uses the variable, and name that stage"
            raise DockerfileError(problem, hint=hint)
        found = self._by_name.get(name.lower())
        return found or StageState(name, None, -1, line)

    def reachable(self, target: StageState) -> list[StageState]:
        """The stages that `target` needs, itself included, in file order."""
        needed: dict[int, StageState] = {}
        waiting = [target]
        while waiting:
            state = waiting.pop()
            if id(state) in needed:
                continue
            needed[id(state)] = state
            if state.base is not None:
                waiting.append(state.base)
            waiting.extend(state.needs)
        return [state for state in self.states if id(state) in needed]

    def read_triggers(self, state: StageState, triggers: Sequence[str]) -> bool:
        """Put the `ONBUILD` triggers of a base before a stage's own instructions.

        Returns: Does the stage now need stages or images that it did not need before?
        """
        if not triggers:
            return False
        before = len(state.needs)
        commands = [
            self._command(
                stage_reading.trigger(text, escape=self._frontend.escape), state, trigger=True
            )
            for text in triggers
        ]
        state.commands = [*commands, *state.commands]
        if self._frontend.rules.frontend:
            # BuildKit counts all triggers, also those that make no step.
            state.total += len(commands)
        return len(state.needs) > before

    def _refuse_circles(self) -> None:
        """Raise for a stage that needs itself."""
        done: set[int] = set()
        for start in self.states:
            path: dict[int, StageState] = {}
            waiting: list[tuple[StageState, bool]] = [(start, False)]
            while waiting:
                state, leaving = waiting.pop()
                if leaving:
                    del path[id(state)]
                    done.add(id(state))
                    continue
                if id(state) in done:
                    continue
                if id(state) in path:
                    problem = f"the stage {shown(state.label or state.base_name)} needs itself"
                    raise DockerfileError(problem).at(state.line, state.line)
                path[id(state)] = state
                waiting.append((state, True))
                below = [] if state.base is None else [state.base]
                waiting.extend((each, False) for each in (*below, *state.needs))


def _not_empty(what: str, word: str, env: Environment, escape: str) -> str:
    text = expand(word, env, escape=escape)
    if not text:
        problem = f"the {what} {shown(word)} is empty once it is expanded"
        raise DockerfileError(problem)
    return text


def onbuild_expressions(state: StageState) -> list[str]:
    """The triggers that a stage leaves to those that start from it."""
    return [
        each.instruction.expression
        for each in state.commands
        if isinstance(each.instruction, Onbuild)
    ]


def is_forced(stage_name: str, frontend: Frontend) -> bool:
    """Does `--no-cache` or `--no-cache-filter` make a stage run?"""
    build = frontend.build
    wanted = {name.lower() for name in build.no_cache_filter}
    if wanted:
        return stage_name.lower() in wanted
    return build.no_cache


def _is_number(text: str) -> bool:
    digits = text[1:] if text.startswith(("-", "+")) else text
    return digits.isascii() and digits.isdigit()
