"""What leaves a cache in the layer, by program: when it does, what empties it, what prevents it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from layerscope.cache.lint.package_managers import action_of
from layerscope.cache.lint.tool_calls import tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.cache.lint.finding import Severity
    from layerscope.cache.lint.package_managers import Action
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.tool_calls import ToolCall

Effect = Literal["fills", "empties"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A command, read once for all kinds of caches."""

    command: Command
    action: Action | None
    call: ToolCall | None

    @classmethod
    def of(cls, command: Command) -> Seen:
        """What the command says to package managers."""
        return cls(command, action_of(command), tool_call(command))


@dataclass(frozen=True, slots=True)
class Keeper:
    """One kind of cache.

    Attributes:
        subject: Its class of junk, see `analysis.junk_classes`.
        who: The program.
        what: What is left, as a noun of a sentence.
        folders: Where; `~` is the home of any user. A mount on any of them covers all.
        effect: What a command does to it.
        remedy: The line to write.
        off: Variables that, set in ENV, turn the cache off or move it.
        severity: Of a finding.
    """

    subject: str
    who: str
    what: str
    folders: tuple[str, ...]
    effect: Callable[[Seen], Effect | None]
    remedy: str
    off: tuple[str, ...] = ()
    severity: Severity = "warning"


def _of_action(judge: Callable[[Action], Effect | None]) -> Callable[[Seen], Effect | None]:
    def effect(seen: Seen) -> Effect | None:
        return None if seen.action is None else judge(seen.action)

    return effect


def _of_call(
    tool: str,
    fills: frozenset[str],
    empties: frozenset[str] = frozenset(),
    unless: tuple[str, ...] = (),
) -> Callable[[Seen], Effect | None]:
    """The effect by verb: `empties` also hold the beginning of a verb and its first word."""

    def effect(seen: Seen) -> Effect | None:
        call = seen.call
        if call is None or call.tool != tool:
            return None
        if _line(call) in empties or call.verb in empties:
            return "empties"
        return "fills" if call.verb in fills and not call.has(*unless) else None

    return effect


def _line(call: ToolCall) -> str:
    return " ".join((call.verb, *(word.text for word in call.words[:1])))


def _apt(action: Action) -> Effect | None:
    if action.manager != "apt":
        return None
    if action.verb in ("dist-clean", "distclean"):
        return "empties"
    return "fills" if action.deed == "refresh" else None


def _apk(action: Action) -> Effect | None:
    if action.manager != "apk":
        return None
    if action.deed == "refresh":
        return "fills"
    installs = action.verb in ("add", "upgrade")
    # Without the network nothing is fetched: the packages are there already.
    without = {"--no-cache", "--no-network"} & action.options
    return "fills" if installs and not without else None


def _dnf(action: Action) -> Effect | None:
    if action.manager not in ("dnf", "dnf5", "microdnf", "tdnf", "yum"):
        return None
    if action.deed == "clean":
        everything = any(word.text in ("all", "metadata") for word in action.packages)
        return "empties" if everything else None
    return "fills" if action.deed in ("install", "refresh") else None


def _zypper(action: Action) -> Effect | None:
    if action.manager != "zypper":
        return None
    if action.deed == "clean":
        return "empties"
    return "fills" if action.deed in ("install", "refresh") else None


def _pacman(action: Action) -> Effect | None:
    if action.manager != "pacman":
        return None
    if action.deed == "clean":
        return "empties"
    return "fills" if action.deed == "install" and action.verb.startswith("-S") else None


def _pip(seen: Seen) -> Effect | None:
    call = seen.call
    if call is None or call.tool != "pip":
        return None
    if call.verb == "cache" and call.words and call.words[0].text in ("purge", "remove"):
        return "empties"
    # pip takes any beginning of a long option that only one has.
    off = any(option.startswith("--no-cach") for option in call.options)
    if call.verb == "config" and "no-cache-dir" in _line(call):
        return "empties"
    moved = call.has("--cache-dir")
    return "fills" if call.verb in ("install", "wheel") and not off and not moved else None


def _yarn(seen: Seen) -> Effect | None:
    call = seen.call
    if call is None or call.tool != "yarn":
        return None
    if call.verb == "cache" and call.words and call.words[0].text == "clean":
        return "empties"
    # These options and verbs are of newer versions, which keep their cache in the project.
    if call.has("--immutable", "--cache-folder", "--mode") or call.verb == "set":
        return None
    return "fills" if call.verb in ("", "install", "add", "global add") else None


def _bundle(seen: Seen) -> Effect | None:
    call = seen.call
    if call is not None and call.tool == "bundle":
        return "fills" if call.verb == "install" else None
    command = seen.command
    if command.program == "rm" and any("cache" in text for text in command.texts):
        # Where the gems are is in a variable as often as not.
        return "empties"
    return None


_GO = _of_call("go", frozenset({"build", "install", "get", "mod download", "test"}))

KEEPERS = (
    Keeper(
        "apt-lists",
        "apt-get update",
        "package lists",
        ("/var/lib/apt/lists",),
        _of_action(_apt),
        "RUN apt-get update && apt-get install -y … && rm -rf /var/lib/apt/lists/*",
    ),
    Keeper(
        "apk-cache",
        "apk",
        "package index",
        ("/var/cache/apk", "/etc/apk/cache"),
        _of_action(_apk),
        "RUN apk add --no-cache …",
    ),
    Keeper(
        "dnf-cache",
        "dnf",
        "metadata and packages",
        ("/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5", "/var/cache/tdnf"),
        _of_action(_dnf),
        "RUN {program} install -y … && {program} clean all",
    ),
    Keeper(
        "zypper-cache",
        "zypper",
        "metadata and packages",
        ("/var/cache/zypp",),
        _of_action(_zypper),
        "RUN zypper --non-interactive install … && zypper clean -a",
    ),
    Keeper(
        "pacman-cache",
        "pacman",
        "downloaded packages",
        ("/var/cache/pacman/pkg",),
        _of_action(_pacman),
        "RUN pacman -Syu --noconfirm … && pacman -Scc --noconfirm",
    ),
    Keeper(
        "pip-cache",
        "pip",
        "downloads and wheels",
        ("~/.cache/pip",),
        _pip,
        "RUN pip install --no-cache-dir …",
        ("PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "XDG_CACHE_HOME"),
    ),
    Keeper(
        "uv-cache",
        "uv",
        "downloads and wheels",
        ("~/.cache/uv",),
        _of_call(
            "uv",
            frozenset({"sync", "add", "pip install", "pip sync", "tool install"}),
            frozenset({"cache clean", "cache prune"}),
            ("--no-cache", "--no-cache-dir", "-n", "--cache-dir"),
        ),
        "RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked",
        ("UV_NO_CACHE", "UV_CACHE_DIR", "XDG_CACHE_HOME"),
    ),
    Keeper(
        "uv-cache",
        "poetry",
        "downloads and wheels",
        ("~/.cache/pypoetry",),
        _of_call(
            "poetry",
            frozenset({"install", "sync", "add"}),
            frozenset({"cache clear"}),
            ("--no-cache",),
        ),
        "RUN --mount=type=cache,target=/root/.cache/pypoetry poetry install --no-root",
        ("POETRY_NO_CACHE", "POETRY_CACHE_DIR", "XDG_CACHE_HOME"),
    ),
    Keeper(
        "npm-cache",
        "npm",
        "downloads",
        ("~/.npm",),
        _of_call(
            "npm",
            frozenset({"install", "i", "ci", "add", "clean-install"}),
            frozenset({"cache clean", "cache rm"}),
            ("--cache",),
        ),
        "RUN --mount=type=cache,target=/root/.npm npm ci",
        ("npm_config_cache", "NPM_CONFIG_CACHE"),
    ),
    Keeper(
        "yarn-cache",
        "yarn",
        "downloads",
        ("/usr/local/share/.cache/yarn", "~/.cache/yarn", "~/.yarn"),
        _yarn,
        "RUN yarn install --frozen-lockfile && yarn cache clean",
        ("YARN_CACHE_FOLDER",),
    ),
    Keeper(
        "composer-cache",
        "composer",
        "downloads",
        ("~/.composer/cache", "~/.cache/composer"),
        _of_call(
            "composer",
            frozenset({"install", "update", "require", "create-project"}),
            frozenset({"clear-cache", "clearcache", "cc"}),
            ("--no-cache",),
        ),
        "RUN composer install --no-cache …",
        ("COMPOSER_CACHE_DIR", "COMPOSER_HOME", "COMPOSER_NO_CACHE"),
    ),
    Keeper(
        "gem-cache",
        "bundle install",
        "downloaded gems",
        ("/usr/local/bundle", "/usr/local/bundle/cache"),
        _bundle,
        "RUN bundle install && rm -rf /usr/local/bundle/cache/*.gem",
        ("BUNDLE_PATH", "BUNDLE_NO_CACHE"),
    ),
    Keeper(
        "conda-packages",
        "conda",
        "downloaded packages",
        ("/opt/conda/pkgs",),
        _of_call("conda", frozenset({"install", "create", "update", "env"}), frozenset({"clean"})),
        "RUN conda install -y … && conda clean -afy",
        ("CONDA_PKGS_DIRS",),
    ),
    Keeper(
        "go-build-cache",
        "go",
        "compiled packages and modules",
        ("~/.cache/go-build", "/go/pkg/mod", "~/go/pkg/mod"),
        lambda seen: "empties" if _cleans_go(seen) else _GO(seen),
        "compile in a stage of its own and COPY --from= only the program",
        ("GOCACHE",),
        "info",
    ),
    Keeper(
        "cargo-registry",
        "cargo",
        "downloaded crates and build products",
        ("~/.cargo/registry", "/usr/local/cargo/registry"),
        _of_call("cargo", frozenset({"build", "install", "fetch"})),
        "compile in a stage of its own and COPY --from= only the program",
        ("CARGO_HOME",),
        "info",
    ),
    Keeper(
        "maven-repository",
        "mvn",
        "downloads",
        ("~/.m2", "~/.m2/repository"),
        _of_call("maven", frozenset({"package", "install", "verify", "compile", "clean"})),
        "build in a stage of its own and COPY --from= only the .jar file",
        severity="info",
    ),
    Keeper(
        "gradle-cache",
        "gradle",
        "downloads",
        ("~/.gradle", "/home/gradle/.gradle"),
        _of_call("gradle", frozenset({"build", "assemble", "bootJar", "shadowJar", "clean"})),
        "build in a stage of its own and COPY --from= only the .jar file",
        ("GRADLE_USER_HOME",),
        "info",
    ),
    Keeper(
        "nuget-packages",
        "dotnet",
        "downloads",
        ("~/.nuget/packages", "~/.nuget"),
        _of_call("dotnet", frozenset({"restore", "build", "publish"})),
        "build in a stage of its own and COPY --from= only what is published",
        ("NUGET_PACKAGES",),
        "info",
    ),
)
"""In the order of their findings."""


def _cleans_go(seen: Seen) -> bool:
    call = seen.call
    return call is not None and call.tool == "go" and call.verb == "clean"
