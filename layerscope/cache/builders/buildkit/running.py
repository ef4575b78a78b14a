"""`RUN` as a vertex.

Source: BuildKit, `frontend/dockerfile/dockerfile2llb` (`dispatchRun`, `convert_runmount.go`,
`convert_secrets.go`, `convert_ssh.go`), `client/llb/exec.go` and `solver/llbsolver/ops/exec.go`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit import gopath, names
from layerscope.cache.builders.buildkit.copying import make_file
from layerscope.cache.builders.buildkit.inputs import MountInputs
from layerscope.cache.builders.buildkit.mounting import Mounting, mounts_of
from layerscope.cache.builders.buildkit.stage_state import DEFAULT_SHELL
from layerscope.cache.definition import Exec
from layerscope.cache.step import Ingredient
from layerscope.dockerfile.devices import parse_device
from layerscope.dockerfile.heredoc import parse_heredoc, without_leading_tabs
from layerscope.dockerfile.instructions import Run
from layerscope.dockerfile.mounts import parse_mount
from layerscope.dockerfile.words import Environment

if TYPE_CHECKING:
    from layerscope.cache.builders.buildkit.frontend import Frontend
    from layerscope.cache.builders.buildkit.stage_state import Command, StageState
    from layerscope.cache.definition import Vertex

SCRIPT_FOLDER = "/dev/pipes/"
SCRIPT_MODE = 0o755
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a mount's target, nothing is written there
AGENT = "SSH_AUTH_SOCK"


@dataclass(slots=True)
class CommandText:
    """What a `RUN` runs.

    Attributes:
        words: The argument vector.
        plain: The command as the Dockerfile has it.
        note: What the step's name adds for a here-document.
        script: The vertex of a here-document that is run as a program, if it is one.
    """

    words: tuple[str, ...]
    plain: str
    note: str = ""
    script: Vertex | None = None


def _command(frontend: Frontend, stage: StageState, run: Run) -> CommandText:
    words = run.words
    text = CommandText(words, " ".join(words))
    if run.files:
        text = _with_documents(frontend, run)
    if run.prepend_shell:
        shell = stage.shell or DEFAULT_SHELL
        text.words = (*shell, " ".join(text.words))
    return text


def _with_documents(frontend: Frontend, run: Run) -> CommandText:
    first = run.files[0]
    word = run.words[0] if run.words else ""
    if parse_heredoc(word) is None:
        lines = [word, *(f"{file.content}{file.name}" for file in run.files)]
        return CommandText(("\n".join(lines),), word)
    body = without_leading_tabs(first.content) if first.chomp else first.content
    note = f" ({_summary(first.content)})"
    if not body.startswith("#!"):
        return CommandText((body,), body.strip(), note)
    line = run.location.first_line
    script = make_file(frontend, first.name, SCRIPT_MODE, body, line)
    return CommandText((gopath.join(SCRIPT_FOLDER, first.name),), body.strip(), note, script)


def _summary(body: str) -> str:
    first, *more = body.strip().replace("\r\n", "\n").split("\n")
    return f"{first}..." if more else first


def dispatch_run(frontend: Frontend, stage: StageState, command: Command) -> None:
    """Add a `RUN`, whose mounts are expanded, to a stage."""
    run = command.instruction
    if not isinstance(run, Run):
        raise TypeError(run.keyword)
    text = _command(frontend, stage, run)
    inputs = MountInputs(last_mount_decides=frontend.rules.solver)
    mounting = Mounting(frontend, stage, inputs)
    mounting.root(stage.vertex)
    if text.script is not None:
        mounting.add(SCRIPT_FOLDER, text.script, source="/", readonly=True)
    parsed = [parse_mount(each) for each in run.mounts]
    for mount, source in zip(parsed, command.sources, strict=True):
        mounting.mount(mount, source)
    options = frontend.options
    if options.shm_size > 0:
        mounting.tmpfs(SHARED_MEMORY, options.shm_size)
    mounts, secret_env = mounting.finished()
    env = dict(stage.env)
    if mounting.agents and AGENT not in env:
        env[AGENT] = mounting.agents[0]
    network = {"none": "none", "host": "host"}.get(run.network, options.network)
    platform = stage.platform or frontend.target
    devices = tuple(parse_device(each) for each in run.devices)
    key = (
        "exec",
        text.words,
        tuple(env.items()),
        stage.folder,
        stage.user,
        options.hostname,
        options.parent_group,
        options.hosts,
        options.limits,
        network,
        run.security,
        mounts,
        secret_env,
        tuple((each.name, each.required) for each in devices),
        platform,
    )
    shown = {**stage.env, **dict.fromkeys(mounting.secret_names, "****")}
    title = names.shown_text(
        run.code + text.note, Environment(shown), escape=frontend.escape, command=True
    )
    name = frontend.name(stage, command, title)
    vertex = frontend.graph.vertex(
        Exec(text.plain, stage.user),
        identity=(key, mounting.identity()),
        key=key,
        inputs=inputs.inputs(),
        line=stage.line if command.trigger else run.location.first_line,
        stage=stage.label,
    )
    ingredients = [
        Ingredient("base", "", stage.started_from),
        *_ingredients(frontend, stage, run, text),
    ]
    ingredients.extend(Ingredient("network", "", network) for _ in range(network != "sandbox"))
    ingredients.extend(mounts_of(mounts, secret_env))
    if frontend.several:
        ingredients.append(Ingredient("platform", "", str(platform)))
    frontend.row(
        stage,
        command,
        name=name,
        vertex=vertex,
        ingredients=ingredients,
        sources=mounting.selections(),
    )
    stage.vertex = vertex


def _ingredients(
    frontend: Frontend, stage: StageState, run: Run, text: CommandText
) -> list[Ingredient]:
    found: list[Ingredient] = []
    if run.prepend_shell:
        found.append(Ingredient("instruction", "", text.words[-1]))
        found.append(Ingredient("shell", "", stage.shell or DEFAULT_SHELL))
    else:
        found.append(Ingredient("instruction", "", text.words))
    for name, value in stage.env.items():
        kind = "argument" if name in stage.arguments else "environment"
        found.append(Ingredient(kind, name, value))
    if stage.user:
        found.append(Ingredient("user", "", stage.user))
    found.append(Ingredient("workdir", "", stage.folder))
    if run.security != "sandbox":
        found.append(Ingredient("security", "", run.security))
    options = frontend.options
    found.extend(Ingredient("host", name, value=True) for name in options.hosts)
    if options.hostname:
        found.append(Ingredient("option", "hostname", options.hostname))
    if options.parent_group:
        found.append(Ingredient("option", "cgroup-parent", options.parent_group))
    if options.limits:
        found.append(Ingredient("option", "ulimit", options.limits))
    found.extend(Ingredient("option", "device", each) for each in run.devices)
    return found
