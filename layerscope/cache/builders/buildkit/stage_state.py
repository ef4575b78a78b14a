"""What a stage has come to while its instructions are read: files, variables, settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.dockerfile.words import Environment

if TYPE_CHECKING:
    from layerscope.cache.build import Base, BaseConfig
    from layerscope.cache.builders.buildkit.platforms import Platform
    from layerscope.cache.definition import Vertex
    from layerscope.cache.filetree import FileTree
    from layerscope.dockerfile.instructions import Instruction, Stage

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_SHELL = ("/bin/sh", "-c")


@dataclass(slots=True, eq=False)
class Command:
    """One instruction of a stage.

    Attributes:
        instruction: What it says.
        sources: The stages it takes files from: one of `COPY --from`, one for each mount of `RUN`.
        trigger: Is it an `ONBUILD` trigger of the base?
    """

    instruction: Instruction
    sources: tuple[StageState, ...] = ()
    trigger: bool = False


@dataclass(slots=True, eq=False)
class StageState:
    """One stage, or an image that an instruction names directly.

    Attributes:
        base_name: What it starts from, expanded.
        stage: As written; None for an image that is named directly.
        index: Its place in the file; -1 for an image that is named directly.
        label: Its name in the output; `shown_label` is empty where there is only one.
        platform: Its own platform, or its base's once that is known.
        base: The stage it starts from.
        replacement: The named context that takes its place.
        commands: Its instructions, triggers of the base first.
        total: How many steps it will have, for names; `count` is how many have been named.
        vertex: Its files so far; None is an empty tree.
        env: Variables of later steps, in order; `image_env` those that the image will have.
        arguments: Names whose value comes from `ARG`.
        started_from: The base, for reasons.
        workdir: The image's working directory; `folder` the one of steps.
        onbuild: Triggers of the image it starts from.
        ready: Can other stages take files from it yet?
    """

    base_name: str
    stage: Stage | None
    index: int
    line: int
    label: str = ""
    shown_label: str = ""
    platform: Platform | None = None
    base: StageState | None = None
    replacement: FileTree | str | None = None
    commands: list[Command] = field(default_factory=list)
    needs: list[StageState] = field(default_factory=list)
    total: int = 0
    count: int = 0
    forced: bool = False
    resolved: bool = False
    triggers_read: bool = False
    ready: bool = False
    position: int = 0
    vertex: Vertex | None = None
    env: dict[str, str] = field(default_factory=dict)
    image_env: dict[str, str] = field(default_factory=dict)
    arguments: set[str] = field(default_factory=set)
    workdir: str = ""
    folder: str = "/"
    user: str = ""
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()
    started_from: str = ""
    _environment: Environment | None = None

    @property
    def named_directly(self) -> bool:
        """Is it an image that only `--from` names?"""
        return self.stage is None

    def set_variable(self, name: str, value: str, *, argument: bool = False) -> None:
        """Give a variable a value for later steps; it moves to the end of the list."""
        self.env.pop(name, None)
        self.env[name] = value
        (self.arguments.add if argument else self.arguments.discard)(name)
        self._environment = None

    def environment(self) -> Environment:
        """The variables, for expansion."""
        if self._environment is None:
            self._environment = Environment(dict(self.env))
        return self._environment

    def start_from_image(self, base: Base | None) -> None:
        """Take over the config of an image."""
        config: BaseConfig | None = None if base is None else base.config
        if config is None:
            return
        for entry in config.env:
            name, _, value = entry.partition("=")
            self.image_env[name] = value
        self.workdir = config.working_dir
        self.user = config.user
        self.shell = config.shell
        self.onbuild = config.onbuild

    def start_from_stage(self, base: StageState) -> None:
        """Take over what an earlier stage has come to."""
        self.vertex = base.vertex
        self.started_from = base.started_from
        self.platform = base.platform
        self.env = dict(base.env)
        self.image_env = dict(base.image_env)
        self.arguments = set(base.arguments)
        self.workdir, self.folder = base.workdir, base.folder
        self.user, self.shell = base.user, base.shell
        self.onbuild = ()
        self._environment = None

    def begin(self) -> None:
        """What happens before the first instruction: the image's variables are set once more."""
        self.image_env.setdefault("PATH", DEFAULT_PATH)
        for name, value in self.image_env.items():
            self.set_variable(name, value)
