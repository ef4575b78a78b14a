"""What a container of an image runs as: user, folder, environment, and the command that starts.

Source: moby, `daemon/commit.go` (`merge`), `daemon/create.go` (`mergeAndVerifyConfig`),
`daemon/container.go` (`getEntrypointAndArgs`) and `daemon/oci_windows.go`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.command import Command, command_of
from layerscope.analysis.healthcheck import Healthcheck, healthcheck_of
from layerscope.analysis.traps import Trap, traps_of

if TYPE_CHECKING:
    from layerscope.oci.config import ImageConfig

_ROOT = "root"
_WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Runtime:
    r"""What an engine makes of a config when no option says otherwise. All texts are untrusted.

    Attributes:
        known: False where there is no config (v1-only archives, bare layers); all else is then
            what an empty config would give.
        os: The config's, in small letters; empty where it has none.
        user: Who runs it. `root` where a Linux config names nobody; empty where a Windows one
            names nobody, since that depends on the base.
        is_root: Whether that is root by name or number; None where it cannot be told (Windows, no
            config). Another name that `/etc/passwd` gives the number 0 is not seen here.
        workdir: Where it starts: `/`, or `C:\` on Windows, where the config names nothing.
        env: Names and values; of a name that stands twice the last value, at the first place.
        exposed: Ports as stored, such as `80/tcp`, sorted. Nothing is published by it.
        volumes: Paths, sorted. Each container gets a volume of its own there.
        stop_signal: What `docker stop` sends, or None where the config says nothing: SIGTERM.
        shell: What shell forms run in, where the config says so; else empty.
        healthcheck: Or None where the config has none.
        labels: How many.
        onbuild: How many triggers an image built on this one would run.
        entrypoint: ENTRYPOINT, as words and form.
        cmd: CMD, likewise.
        traps: What surprises people, from the most to the least surprising.
    """

    known: bool
    os: str
    user: str
    is_root: bool | None
    workdir: str
    env: tuple[tuple[str, str], ...]
    exposed: tuple[str, ...]
    volumes: tuple[str, ...]
    stop_signal: str | None
    shell: tuple[str, ...]
    healthcheck: Healthcheck | None
    labels: int
    onbuild: int
    entrypoint: Command
    cmd: Command
    traps: tuple[Trap, ...]

    @property
    def argv(self) -> tuple[str, ...]:
        """The words that start without arguments; empty where there is no command.

        They are what process 1 is given, also words that it does not use: see `runs`. On Windows
        the first word of a shell form is a whole command line.
        """
        return self.with_arguments(())

    def with_arguments(self, arguments: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        """The words that `docker run IMAGE ARGUMENTS…` starts: they take the place of CMD.

        >>> runtime(None).with_arguments(["ls", "-l"])
        ('ls', '-l')
        """
        return (*self.entrypoint.words, *(arguments or self.cmd.words))

    @property
    def runs(self) -> tuple[str, ...]:
        """The words that count: `argv` without those that ENTRYPOINT's shell does not use."""
        if any(trap.code == "shell-entrypoint-ignores-cmd" for trap in self.traps):
            after = len(self.entrypoint.after)
            return self.entrypoint.words[: len(self.entrypoint.words) - after]
        return self.argv

    @property
    def how(self) -> Literal["entrypoint", "entrypoint+cmd", "cmd", "none"]:
        """Which of the two settings the started words come from."""
        if self.entrypoint.words:
            return "entrypoint+cmd" if self.cmd.words else "entrypoint"
        return "cmd" if self.cmd.words else "none"


def runtime(config: ImageConfig | None) -> Runtime:
    """What a container of the image with this config runs as."""
    settings = config.config if config else {}
    os = config.platform.os.lower() if config else ""
    windows = os == _WINDOWS
    shell = _words(settings.get("Shell"))
    # moby, mergeAndVerifyConfig: an ENTRYPOINT of one empty word is none.
    entrypoint_words = _words(settings.get("Entrypoint"))
    if entrypoint_words == ("",):
        entrypoint_words = ()
    entrypoint = command_of(entrypoint_words, shell, windows=windows)
    cmd = command_of(_words(settings.get("Cmd")), shell, windows=windows)
    user = _text(settings.get("User"))
    healthcheck = healthcheck_of(settings.get("Healthcheck"))
    env, without_value, twice = _environment(settings.get("Env"))
    workdir = _text(settings.get("WorkingDir"))
    is_root = None if windows or config is None else _is_root(user)
    return Runtime(
        known=config is not None,
        os=os,
        user=user or ("" if windows or config is None else _ROOT),
        is_root=is_root,
        workdir=workdir or ("C:\\" if windows else "/"),
        env=env,
        exposed=_names(settings.get("ExposedPorts")),
        volumes=_names(settings.get("Volumes")),
        stop_signal=_text(settings.get("StopSignal")) or None,
        shell=shell,
        healthcheck=healthcheck,
        labels=_count(settings.get("Labels")),
        onbuild=_count(settings.get("OnBuild")),
        entrypoint=entrypoint,
        cmd=cmd,
        traps=traps_of(
            config,
            entrypoint,
            cmd,
            healthcheck,
            windows=windows,
            is_root=is_root,
            unset=without_value,
            twice=twice,
        ),
    )


def _environment(
    value: object,
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]:
    """The variables, the words that set none, and the names that stand twice."""
    values: dict[str, str] = {}
    unset, twice = [], []
    for word in _words(value):
        name, sets, text = word.partition("=")
        if not sets:
            # moby, ReplaceOrAppendEnvValues: a word without a sign sets nothing.
            unset.append(word)
            continue
        if name in values:
            twice.append(name)
        values[name] = text
    return tuple(values.items()), tuple(unset), tuple(dict.fromkeys(twice))


def _is_root(user: str) -> bool:
    """Whether the part before the group is root, 0, or nothing, which is root too."""
    name = user.partition(":")[0].strip()
    return name in ("", _ROOT) or (name.isascii() and name.isdigit() and not name.strip("0"))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _words(value: object) -> tuple[str, ...]:
    """Words of a list; a single text is one word, as Docker's `strslice` reads it."""
    if isinstance(value, str):
        return (value,)
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def _names(value: object) -> tuple[str, ...]:
    return tuple(sorted(value)) if isinstance(value, dict) else ()


def _count(value: object) -> int:
    return len(value) if isinstance(value, dict | list) else 0
