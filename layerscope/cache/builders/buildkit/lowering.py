"""A Dockerfile as a graph of vertices: what one build does, before anything is looked up.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb/convert.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import copying, names, settings
from layerscope.cache.builders.buildkit.arguments import dispatch_argument, global_arguments
from layerscope.cache.builders.buildkit.dialect import (
    refuse_newer_language,
    with_frontend_image,
)
from layerscope.cache.builders.buildkit.frontend import Frontend, identity_of
from layerscope.cache.builders.buildkit.graph import Graph
from layerscope.cache.builders.buildkit.images import Images, normal_name
from layerscope.cache.builders.buildkit.options import EPOCH, epoch_ns, options_of
from layerscope.cache.builders.buildkit.platforms import parse_platform
from layerscope.cache.builders.buildkit.running import dispatch_run
from layerscope.cache.builders.buildkit.stage_graph import (
    SCRATCH,
    StageGraph,
    onbuild_expressions,
)
from layerscope.cache.definition import Image, Row
from layerscope.cache.step import Ingredient, StepFacts
from layerscope.dockerfile import stages
from layerscope.dockerfile.directives import detect_syntax
from layerscope.dockerfile.expand import expand
from layerscope.dockerfile.instructions import (
    Add,
    Arg,
    Copy,
    Env,
    Run,
    Shell,
    User,
    Workdir,
)
from layerscope.errors import DockerfileError, OverLimitError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.build import Build
    from layerscope.cache.builders.buildkit.dialect import Dialect
    from layerscope.cache.builders.buildkit.platforms import Platform
    from layerscope.cache.builders.buildkit.stage_state import Command, StageState
    from layerscope.cache.definition import Definition
    from layerscope.cache.filetree import FileTree
    from layerscope.dockerfile.instructions import Dockerfile


MOST_INSTRUCTIONS = 20_000


def lower(build: Build, rules: Dialect) -> Definition:
    """The graph of a build. Raises: `DockerfileError`."""
    dockerfile = stages.read(build.dockerfile)
    count = sum(len(stage.commands) for stage in dockerfile.stages)
    if count > MOST_INSTRUCTIONS:
        problem = f"a Dockerfile of {count} instructions; the limit is {MOST_INSTRUCTIONS}"
        raise OverLimitError(problem)
    if not rules.frontend:
        if detect_syntax(build.dockerfile) is not None:
            rules = with_frontend_image(rules)
        else:
            refuse_newer_language(dockerfile)
    graph = Graph()
    machine = parse_platform(build.build_platform)
    targets = [parse_platform(text) for text in build.platforms] or [machine]
    for target in targets:
        arguments = global_arguments(dockerfile, build, machine, target)
        frontend = Frontend(
            rules=rules,
            build=build,
            images=Images(build, named_contexts=rules.frontend),
            options=options_of(build, all_known=rules.frontend),
            escape=dockerfile.escape,
            graph=graph,
            target=target,
            several=len(targets) > 1,
            epoch_ns=_epoch_ns(build, dockerfile, arguments),
            global_args=arguments,
        )
        _lower_for_platform(frontend, dockerfile)
    return graph.definition()


def _epoch_ns(build: Build, dockerfile: Dockerfile, arguments: Mapping[str, str]) -> int | None:
    value = build.build_args.get(EPOCH) or arguments.get(EPOCH, "")
    names = [stage.name for stage in dockerfile.stages if stage.name]
    return epoch_ns(value, [*names, *build.named_contexts])


def _lower_for_platform(frontend: Frontend, dockerfile: Dockerfile) -> None:
    found = StageGraph(frontend, dockerfile)
    target = found.target(frontend.build.target)
    more = True
    while more:
        more = False
        for state in found.reachable(target):
            more = _resolve(frontend, found, state) or more
    for state in found.reachable(target):
        if not state.ready:
            _dispatch(frontend, state)
            state.ready = True


def _resolve(frontend: Frontend, found: StageGraph, state: StageState) -> bool:
    """Find out what a stage starts from; is something new needed because of its triggers?"""
    if not state.resolved:
        state.resolved = True
        try:
            _start(frontend, state)
        except DockerfileError as error:
            raise error.at(state.line, state.line) from None
    if state.triggers_read or state.named_directly or state.replacement is not None:
        return False
    state.triggers_read = True
    triggers = [*state.onbuild]
    if state.base is not None:
        triggers = onbuild_expressions(state.base)
    return found.read_triggers(state, triggers)


def _start(frontend: Frontend, state: StageState) -> None:
    if state.base is not None:
        return
    platform = state.platform or frontend.target
    if state.replacement is not None:
        _replace(frontend, state, state.label, state.replacement, platform)
        state.ready = True
        return
    if state.base_name == SCRATCH:
        state.platform = frontend.target
    else:
        state.platform = platform
        replacement = frontend.images.named_context(state.base_name)
        if replacement is not None:
            _replace(frontend, state, state.base_name, replacement, platform)
        else:
            _start_from_image(frontend, state, state.base_name, platform, row=True)
    state.ready = state.named_directly


def _replace(
    frontend: Frontend,
    state: StageState,
    name: str,
    replacement: FileTree | str,
    platform: Platform,
) -> None:
    """Start from a named context: a folder, or an image."""
    state.platform = platform
    if not isinstance(replacement, str):
        state.vertex = frontend.local(name, replacement)
        return
    image = replacement.removeprefix("docker-image://")
    if image != SCRATCH:
        _start_from_image(frontend, state, image, platform, row=False)


def _start_from_image(
    frontend: Frontend, state: StageState, name: str, platform: Platform, *, row: bool
) -> None:
    base = frontend.images.base(name, platform)
    state.start_from_image(base)
    empty = base is not None and not base.layers and base.files is None
    identity = (normal_name(name), str(platform), None if base is None else base.manifest)
    if not empty:
        state.vertex = frontend.graph.vertex(
            Image(name, str(platform), base),
            identity=("image", identity),
            key=("image", identity),
            line=state.line,
            stage=state.label,
        )
    if row and not empty:
        _from_row(frontend, state, name, platform)


def _from_row(frontend: Frontend, state: StageState, name: str, platform: Platform) -> None:
    """The row of a `FROM`, or of an image that an instruction names."""
    mark = str(platform) if frontend.several else None
    text = f"FROM {name}"
    title = text if state.named_directly else names.numbered(state, text, mark)
    facts = StepFacts(
        stage=None if state.named_directly else state.label,
        stage_index=state.index,
        position=-1,
        line=state.line,
        keyword="from",
        instruction=text if state.stage is None else state.stage.code,
        platform=mark,
        ingredients=(Ingredient("base", "", name),),
    )
    frontend.graph.row(Row(facts, title, None))


def _dispatch(frontend: Frontend, state: StageState) -> None:
    if state.base is None:
        state.started_from = identity_of(state.vertex)
    else:
        state.start_from_stage(state.base)
    state.begin()
    if state.workdir:
        copying.change_folder(state, state.workdir, modern=frontend.rules.frontend)
    for position, command in enumerate(state.commands):
        state.position = position
        location = command.instruction.location
        try:
            _dispatch_command(frontend, state, command)
        except DockerfileError as error:
            first = state.line if command.trigger else location.first_line
            raise error.at(first, max(first, location.last_line)) from None


def _dispatch_command(frontend: Frontend, state: StageState, command: Command) -> None:
    instruction = command.instruction
    if isinstance(instruction, Arg):
        dispatch_argument(frontend, state, instruction)
        return
    instruction = expand(instruction, state.environment(), escape=frontend.escape)
    command.instruction = instruction
    if isinstance(instruction, Env):
        for pair in instruction.pairs:
            state.set_variable(pair.key, pair.value)
            state.image_env[pair.key] = pair.value
    elif isinstance(instruction, Run):
        dispatch_run(frontend, state, command)
    elif isinstance(instruction, Copy | Add):
        copying.dispatch_transfer(frontend, state, command)
    elif isinstance(instruction, Workdir):
        copying.dispatch_workdir(frontend, state, command, instruction)
    elif isinstance(instruction, User):
        state.user = instruction.user
    elif isinstance(instruction, Shell):
        state.shell = instruction.shell
    else:
        settings.check(instruction)
