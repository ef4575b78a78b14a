"""`COPY`, `ADD` and `WORKDIR` as vertices.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb` (`convert_copy.go`, `dispatchWorkdir`) and
`solver/llbsolver/ops/file.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, names
from layerscope.cache.builders.buildkit.inputs import FileInputs
from layerscope.cache.builders.buildkit.transfer_words import (
    chosen_mode,
    destination_of,
    is_git,
    is_url,
    owner_of,
)
from layerscope.cache.builders.served import path_and_query
from layerscope.cache.definition import (
    CopyFiles,
    FileChanges,
    Input,
    MakeDirectory,
    MakeFile,
    Merge,
    Remote,
    Selector,
)
from layerscope.cache.step import Ingredient
from layerscope.dockerfile.instructions import Add, Copy
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from layerscope.cache.builders.buildkit.frontend import Frontend
    from layerscope.cache.builders.buildkit.stage_state import Command, StageState
    from layerscope.cache.definition import Vertex
    from layerscope.dockerfile.instructions import Workdir

UNNAMED = "__unnamed__"
DIRECTORY_MODE = 0o755
FILE_MODE = 0o644

Sources = list[tuple[str, int, Selector]]


def make_file(frontend: Frontend, name: str, mode: int, data: str, line: int) -> Vertex:
    """An inline document: one file in an empty tree."""
    action = MakeFile(f"/{name.lstrip('/')}", mode, data.encode("utf-8", "surrogateescape"))
    key = ("file", (("mkfile", action.path, mode, action.data),))
    return frontend.graph.vertex(
        FileChanges((action,), on_input=False), identity=key, key=key, line=line
    )


class Transfer:
    """One `COPY` or `ADD` on its way to a vertex."""

    def __init__(
        self, frontend: Frontend, stage: StageState, command: Command, built_on: Vertex | None
    ) -> None:
        """`built_on` is what the files are put on; None is an empty tree."""
        instruction = command.instruction
        if not isinstance(instruction, Copy | Add):
            raise TypeError(instruction.keyword)
        self._frontend = frontend
        self._stage = stage
        self._command = command
        self._instruction: Copy | Add = instruction
        self._inputs = FileInputs()
        self._base = self._inputs.add(built_on)
        self._actions: list[CopyFiles] = []
        self._sources: Sources = []
        modern = frontend.rules.frontend
        self._destination = destination_of(stage, instruction.destination, modern=modern)
        self._owner = owner_of(instruction.chown)
        self._mode = chosen_mode(instruction.chmod, strict=modern)

    def vertex(self) -> tuple[Vertex, Sources]:
        """The vertex, and what each source selects."""
        instruction = self._instruction
        for source in instruction.sources:
            if is_git(source) and self._frontend.rules.frontend:
                self._remote(source, git=True)
            elif is_url(source):
                self._remote(source, git=False)
            else:
                self._local(source)
        for document in instruction.contents:
            line = instruction.location.first_line
            vertex = make_file(self._frontend, document.path, FILE_MODE, document.content, line)
            path = f"/{document.path.lstrip('/')}"
            self._take(vertex, document.path, Selector(path, excludes=instruction.excludes))
        operation = FileChanges(tuple(self._actions), on_input=self._base >= 0)
        vertex = self._frontend.graph.vertex(
            operation,
            identity=("file", tuple(self._actions), self._base),
            key=("file", tuple(self._key(action) for action in self._actions), self._base),
            inputs=self._inputs.inputs(self._base),
            line=self._line(),
            stage=self._stage.label,
        )
        return vertex, self._sources

    def _line(self) -> int:
        trigger = self._command.trigger
        return self._stage.line if trigger else self._instruction.location.first_line

    def _key(self, action: CopyFiles) -> Hashable:
        """What a lookup compares: of the source path only the last component."""
        selector = action.selector
        return (
            gopath.base(selector.path),
            selector.follow,
            selector.includes,
            selector.excludes,
            selector.required,
            action.source,
            action.destination,
            action.owner,
            action.mode,
            action.contents_only,
            action.unpack,
        )

    def _take(
        self,
        vertex: Vertex | None,
        source: str,
        selector: Selector,
        *,
        contents_only: bool = False,
        unpack: bool = False,
        mode: bool = True,
    ) -> None:
        index = self._inputs.add(vertex)
        if index >= 0:
            self._inputs.select(index, selector)
            self._sources.append((source, index, selector))
        self._actions.append(
            CopyFiles(
                index,
                selector,
                self._destination,
                self._owner,
                self._mode if mode else None,
                contents_only=contents_only,
                unpack=unpack,
            )
        )

    def _local(self, source: str) -> None:
        instruction = self._instruction
        path = source
        includes: tuple[str, ...] = ()
        required: tuple[str, ...] = ()
        if isinstance(instruction, Copy) and instruction.parents:
            path, includes, required = _with_parents(source)
        absolute = gopath.clean(gopath.normalize("/", path, keep_slash=False))
        selector = Selector(
            gopath.join("/", absolute),
            follow=True,
            wildcard=gopath.has_wildcards(absolute),
            includes=includes,
            excludes=instruction.excludes,
            required=required,
        )
        unpack = isinstance(instruction, Add)
        if isinstance(instruction, Add) and instruction.unpack is not None:
            unpack = instruction.unpack
        vertex: Vertex | None
        if self._command.sources:
            origin = self._command.sources[0]
            if not origin.ready:
                problem = (
                    f"cannot copy from stage {shown(origin.base_name or origin.label)}: it has to"
                    f" be defined before the stage {shown(self._stage.label)}"
                )
                raise DockerfileError(problem)
            vertex = origin.vertex
        else:
            vertex = self._frontend.context()
        self._take(vertex, source, selector, contents_only=True, unpack=unpack)

    def _remote(self, source: str, *, git: bool) -> None:
        instruction = self._instruction
        if not isinstance(instruction, Add):
            kind = "a Git reference" if git else "a URL"
            problem = f"{shown(source)} is {kind}, which COPY cannot take; ADD can"
            raise DockerfileError(problem)
        if instruction.checksum and len(instruction.sources) != 1:
            problem = "--checksum is for one source"
            raise DockerfileError(problem)
        filename = "" if git else _file_name(source)
        operation = Remote(source, filename, instruction.checksum, git)
        key = ("remote", source, filename, instruction.checksum, instruction.keep_git_dir)
        vertex = self._frontend.graph.vertex(operation, identity=key, key=key, line=self._line())
        self._take(
            vertex,
            source,
            Selector(f"/{filename}", excludes=instruction.excludes),
            unpack=bool(instruction.unpack) and not git,
            mode=self._frontend.rules.frontend,
        )


def _with_parents(source: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Of a source of `--parents`: where it starts, the pattern below, what must be there."""
    parent, pivot, pattern = source.partition("/./")
    if not pivot:
        parent, pattern = "/", source
    pattern = gopath.normalize("/", pattern, keep_slash=False)
    required: tuple[str, ...] = ()
    if not gopath.has_wildcards(parent) and not gopath.has_wildcards(pattern):
        required = (gopath.join("/", gopath.join(parent, pattern)),)
    return parent, (pattern.removeprefix("/"),), required


def _file_name(url: str) -> str:
    """What the download is called: the last component of the URL's path."""
    name = gopath.base(path_and_query(url)[0])
    return UNNAMED if name in {".", "/"} else name


def dispatch_transfer(frontend: Frontend, stage: StageState, command: Command) -> None:
    """Add a `COPY` or `ADD`, whose words are expanded, to a stage."""
    instruction = command.instruction
    if not isinstance(instruction, Copy | Add):
        raise TypeError(instruction.keyword)
    if isinstance(instruction, Add) and instruction.checksum:
        _require_remote(instruction)
    text = names.shown_text(instruction.code, stage.environment(), escape=frontend.escape)
    name = frontend.name(stage, command, text)
    below = stage.vertex
    linked = instruction.link and not instruction.chmod and frontend.rules.solver
    transfer = Transfer(frontend, stage, command, None if linked else below)
    vertex, sources = transfer.vertex()
    ingredients = [*_ingredients(stage, instruction)]
    if not linked:
        ingredients.insert(0, Ingredient("base", "", stage.started_from))
    frontend.row(stage, command, name=name, vertex=vertex, ingredients=ingredients, sources=sources)
    if not linked:
        stage.vertex = vertex
        return
    layers = [each for each in (below, vertex) if each is not None]
    if len(layers) == 1:
        # A merge with an empty tree is no step of its own.
        stage.vertex = vertex
        return
    line = stage.line if command.trigger else instruction.location.first_line
    merged = frontend.graph.vertex(
        Merge(),
        identity=("merge",),
        key=("merge", len(layers)),
        inputs=tuple(Input(each) for each in layers),
        line=line,
        stage=stage.label,
    )
    platform = frontend.platform_text(stage)
    mark = "ONBUILD LINK" if command.trigger else "LINK"
    link_name = names.numbered(stage, f"{mark} {text}", platform, advance=False)
    frontend.row(
        stage,
        command,
        name=link_name,
        vertex=merged,
        ingredients=[Ingredient("base", "", stage.started_from)],
    )
    stage.vertex = merged


def _require_remote(instruction: Add) -> None:
    if len(instruction.sources) != 1:
        problem = "--checksum is for one source"
        raise DockerfileError(problem)
    if not is_url(instruction.sources[0]) and not is_git(instruction.sources[0]):
        problem = "--checksum needs an HTTP(S) or Git source"
        raise DockerfileError(problem)


def _ingredients(stage: StageState, instruction: Copy | Add) -> list[Ingredient]:
    found = [Ingredient("option", "", instruction.keyword)]
    found.extend(
        Ingredient("source", str(index), gopath.base(source))
        for index, source in enumerate(instruction.sources)
    )
    found.extend(
        Ingredient("source", f"<<{each.path}", each.content) for each in instruction.contents
    )
    destination = destination_of(stage, instruction.destination, modern=True)
    found.append(Ingredient("destination", "", destination))
    if instruction.chown:
        found.append(Ingredient("owner", "", instruction.chown))
    if instruction.chmod:
        mode = chosen_mode(instruction.chmod, strict=False)
        shown_mode = f"{mode:04o}" if isinstance(mode, int) else instruction.chmod
        found.append(Ingredient("mode", "", shown_mode))
    if instruction.excludes:
        found.append(Ingredient("exclude", "", instruction.excludes))
    if isinstance(instruction, Copy) and instruction.parents:
        found.append(Ingredient("option", "--parents", value=True))
    if isinstance(instruction, Add) and instruction.unpack is not None:
        found.append(Ingredient("unpack", "", instruction.unpack))
    if instruction.link:
        found.append(Ingredient("option", "--link", value=True))
    return found


def dispatch_workdir(
    frontend: Frontend, stage: StageState, command: Command, instruction: Workdir
) -> None:
    """Add a `WORKDIR`, whose words are expanded, to a stage."""
    change_folder(stage, instruction.path, modern=frontend.rules.frontend)
    if stage.workdir == "/":
        return
    text = names.shown_text(instruction.code, stage.environment(), escape=frontend.escape)
    name = frontend.name(stage, command, text)
    owner = owner_of(stage.user)
    time_ns = frontend.epoch_ns if frontend.rules.frontend else None
    path = gopath.action_path(stage.workdir, keep_slash=False)
    action = MakeDirectory(path, DIRECTORY_MODE, owner, parents=True, time_ns=time_ns)
    inputs: Sequence[Input] = () if stage.vertex is None else (Input(stage.vertex),)
    key = ("file", ("mkdir", action), len(inputs))
    line = stage.line if command.trigger else instruction.location.first_line
    vertex = frontend.graph.vertex(
        FileChanges((action,), on_input=bool(inputs)),
        identity=key,
        key=key,
        inputs=inputs,
        line=line,
        stage=stage.label,
    )
    ingredients = [
        Ingredient("base", "", stage.started_from),
        Ingredient("workdir", "", action.path),
    ]
    if stage.user:
        ingredients.append(Ingredient("user", "", stage.user))
    if time_ns is not None:
        ingredients.append(Ingredient("epoch", "", time_ns))
    frontend.row(stage, command, name=name, vertex=vertex, ingredients=ingredients)
    stage.vertex = vertex


def change_folder(stage: StageState, path: str, *, modern: bool) -> None:
    """Let later steps start in another folder, spelled as `WORKDIR` has it."""
    if modern:
        stage.workdir = gopath.normalize(stage.workdir, path, keep_slash=False)
        stage.folder = stage.workdir
        return
    if gopath.is_absolute(path):
        stage.workdir = stage.folder = path
        return
    stage.workdir = gopath.join("/", stage.workdir, path)
    stage.folder = gopath.join(stage.folder or "/", path)
