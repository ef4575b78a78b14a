"""The mounts of a `RUN`: what of them is in its key, and what they take files from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath
from layerscope.cache.definition import FileChanges, Input, MakeDirectory, Owner, Selector
from layerscope.cache.step import Ingredient
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from layerscope.cache.builders.buildkit.frontend import Frontend
    from layerscope.cache.builders.buildkit.inputs import MountInputs
    from layerscope.cache.builders.buildkit.stage_state import StageState
    from layerscope.cache.definition import Vertex
    from layerscope.dockerfile.mounts import Mount

ROOT = "/"
CACHE_MODE = 0o755
SECRET_MODE = 0o400
AGENT_MODE = 0o600
SECRETS = "/run/secrets/"
AGENT_SOCKET = "/run/buildkit/ssh_agent."
SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Placed:
    """One mount: where, of what kind, and its options in the key.

    `source` is the path within the input, which is in no key.
    """

    target: str
    kind: str
    vertex: Vertex | None = None
    source: str = ""
    readonly: bool = False
    output: bool = False
    options: tuple[Hashable, ...] = ()


class Mounting:
    """The mounts of one command while they are put together."""

    def __init__(self, frontend: Frontend, stage: StageState, inputs: MountInputs) -> None:
        self._frontend = frontend
        self._stage = stage
        self._inputs = inputs
        self._placed: list[Placed] = []
        self._secrets: list[tuple[Hashable, ...]] = []
        self._secret_env: list[tuple[Hashable, ...]] = []
        self._agents: list[tuple[Hashable, ...]] = []
        self._selections: list[tuple[str, int, Selector]] = []
        self.secret_names: list[str] = []
        self.agents: list[str] = []

    def root(self, vertex: Vertex | None) -> None:
        """What the command runs in."""
        self._placed.append(Placed(ROOT, "bind", vertex, output=True))

    def add(self, target: str, vertex: Vertex | None, *, source: str, readonly: bool) -> None:
        """Files of a vertex; what a command writes there is lost."""
        self._placed.append(Placed(target, "bind", vertex, source, readonly=readonly))

    def tmpfs(self, target: str, size: int) -> None:
        """Memory."""
        self._placed.append(Placed(target, "tmpfs", options=(size,)))

    def mount(self, mount: Mount, origin: StageState) -> None:
        """One `--mount`; `origin` is what its `from` names. Raises: `DockerfileError`."""
        if mount.type == "secret":
            self._secret(mount)
            return
        if mount.type == "ssh":
            self._agent(mount)
            return
        vertex = self._vertex(mount, origin)
        target = mount.target
        if not gopath.is_absolute(gopath.clean(target)):
            target = gopath.join("/", self._stage.folder, target)
        if target == ROOT:
            problem = f"{shown(target)} cannot be the target of a mount"
            raise DockerfileError(problem)
        if mount.type == "tmpfs":
            if not mount.from_name:
                # It takes nothing from the context, but counts as if it took all of it.
                self._frontend.graph.whole_context = True
            size = mount.size_limit if self._frontend.rules.frontend else 0
            self._placed.append(Placed(target, "tmpfs", readonly=mount.read_only, options=(size,)))
            return
        source = gopath.join("/", mount.source)
        owned = (mount.uid, mount.gid, mount.mode) != (None, None, None)
        if source == ROOT:
            source = ""
            if owned:
                vertex = self._own_folder(mount, vertex)
                source = "/cache"
        options: tuple[Hashable, ...] = ()
        if mount.type == "cache":
            options = self._cache_options(mount, target)
        self._placed.append(
            Placed(target, mount.type, vertex, source, readonly=mount.read_only, options=options)
        )

    def _vertex(self, mount: Mount, origin: StageState) -> Vertex | None:
        if mount.type == "tmpfs":
            return None
        if not mount.from_name:
            return None if mount.type == "cache" else self._frontend.context()
        if not origin.ready:
            problem = (
                f"cannot mount from stage {shown(mount.from_name)}: it has to be defined before"
                " this command"
            )
            raise DockerfileError(problem)
        return origin.vertex

    def _own_folder(self, mount: Mount, below: Vertex | None) -> Vertex:
        """The folder that a cache starts as, where its owner or mode is given."""
        mode = CACHE_MODE if mount.mode is None else mount.mode
        owner = Owner(mount.uid or 0, mount.gid or 0)
        action = MakeDirectory("/cache", mode & 0o777, owner, parents=False)
        inputs = () if below is None else (Input(below),)
        key = ("file", ("mkdir", action), len(inputs))
        return self._frontend.graph.vertex(
            FileChanges((action,), on_input=bool(inputs)), identity=key, key=key, inputs=inputs
        )

    def _cache_options(self, mount: Mount, target: str) -> tuple[Hashable, ...]:
        """What of a cache's id and sharing is in the key.

        The id counts only where it is the target's own and sharing is the default; all other ids
        and modes are one key.
        """
        own = mount.cache_id or gopath.clean(mount.target)
        name = f"{self._frontend.options.cache_namespace}/{own}"
        sharing = mount.cache_sharing or SHARED
        if not self._frontend.rules.solver:
            return (name, sharing)
        _, slash, rest = name.partition("/")
        usual = name == target or (bool(slash) and rest == target)
        return (name, sharing) if usual and sharing == SHARED else ("", SHARED)

    def _secret(self, mount: Mount) -> None:
        name = mount.source or mount.cache_id
        if not name:
            if not mount.target:
                problem = "a secret needs an id, a source or a target"
                raise DockerfileError(problem)
            name = gopath.base(mount.target)
        target = mount.target
        if mount.env is None and not target:
            target = SECRETS + gopath.base(name)
        optional = not mount.required
        if mount.env is not None:
            self._secret_env.append((name, mount.env, optional))
            self.secret_names.append(mount.env)
        if target:
            mode = SECRET_MODE if mount.mode is None else mount.mode
            ids = (mount.uid or 0, mount.gid or 0, mode)
            self._secrets.append((target, "secret", name, optional, ids))

    def _agent(self, mount: Mount) -> None:
        if mount.source:
            problem = "an ssh mount has no source"
            raise DockerfileError(problem)
        target = mount.target or f"{AGENT_SOCKET}{len(self.agents)}"
        mode = AGENT_MODE if mount.mode is None else mount.mode
        ids = (mount.uid or 0, mount.gid or 0, mode)
        self.agents.append(target)
        self._agents.append((target, "ssh", mount.cache_id, not mount.required, ids))

    def finished(self) -> tuple[tuple[Hashable, ...], tuple[Hashable, ...]]:
        """What of all mounts is in the key, and the secrets that become variables.

        A root that nothing is mounted into is left out.
        """
        self._placed.sort(key=lambda each: each.target)
        found: list[Hashable] = []
        output = 0
        for each in self._placed:
            index = self._take(each)
            number = -1
            if each.output:
                number, output = output, output + 1
            found.append((each.target, each.kind, index, each.readonly, number, each.options))
        found.extend(self._secrets)
        found.extend(self._agents)
        alone = len(found) == 1
        return (() if alone else tuple(found)), tuple(self._secret_env)

    def _take(self, each: Placed) -> int:
        """The index of a mount's input; -1 if it has none."""
        if each.vertex is None:
            return -1
        path = gopath.join("/", each.source)
        is_root = each.target == ROOT
        index = self._inputs.mount(each.vertex, path, by_content=not is_root)
        if not is_root:
            whole = path == ROOT
            self._selections.append((path, index, Selector(path, follow=not whole)))
        return index

    def identity(self) -> Hashable:
        """What a command is told of its mounts besides what is in its key."""
        return tuple((each.target, each.source) for each in self._placed)

    def selections(self) -> Iterator[tuple[str, int, Selector]]:
        """What is mounted: the path as written, the input, what of it."""
        yield from self._selections


def mounts_of(mounts: Iterable[Hashable], secret_env: Iterable[Hashable]) -> Iterator[Ingredient]:
    """The mounts in the words of a reason."""
    for mount in mounts:
        if isinstance(mount, tuple) and mount[0] != ROOT:
            yield Ingredient("mount", str(mount[0]), mount[1:2] + mount[3:])
    for secret in secret_env:
        if isinstance(secret, tuple):
            yield Ingredient("mount", f"secret {secret[1]}", secret)
