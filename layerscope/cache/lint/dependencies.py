"""Commands that install what a manifest names: which manifest, and what to write to do it early."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.lint.package_managers import action_of
from layerscope.cache.lint.tool_calls import tool_call
from layerscope.cache.lint.tool_installs import tools_of

if TYPE_CHECKING:
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word
    from layerscope.cache.lint.tool_calls import ToolCall


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool installs what its manifest names.

    Attributes:
        verbs: Which of its verbs do.
        manifests: Names of the files to copy first; one that is not there is left out where the
            context is known.
        early: The line to write below their COPY; empty if it is the command itself.
        caches: Folders that, on a cache mount, make running again cheap.
        builds: Does the verb build as well, so that with a cache mount all is well?
    """

    verbs: frozenset[str]
    manifests: tuple[str, ...]
    caches: tuple[str, ...]
    early: str = ""
    builds: bool = False


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What one command installs.

    Attributes:
        tool: The name of the tool, also for messages.
        manifests: Files that it needs; empty if it needs no file of the source.
        early: The line to write before the source is copied.
        caches: Folders that it keeps downloads in.
        builds: As in `Tool`.
        system: Is it the package manager of the distribution?
        folder: The word that names the folder it works in, where an option does.
    """

    tool: str
    manifests: tuple[str, ...]
    early: str
    caches: tuple[str, ...] = ()
    builds: bool = False
    system: bool = False
    folder: Word | None = None


_NODE = ("package.json",)
TOOLS = {
    "npm": Tool(
        frozenset({"ci", "install", "i", "clean-install"}),
        (*_NODE, "package-lock.json"),
        ("~/.npm",),
        "RUN npm ci",
    ),
    "yarn": Tool(frozenset({"", "install"}), (*_NODE, "yarn.lock"), ("~/.cache/yarn",)),
    "pnpm": Tool(
        frozenset({"install", "i"}),
        (*_NODE, "pnpm-lock.yaml"),
        ("/pnpm/store", "~/.local/share/pnpm/store"),
    ),
    "bun": Tool(frozenset({"install", "i"}), (*_NODE, "bun.lock"), ("~/.bun/install/cache",)),
    "pipenv": Tool(
        frozenset({"install", "sync"}), ("Pipfile", "Pipfile.lock"), ("~/.cache/pipenv",)
    ),
    "poetry": Tool(
        frozenset({"install", "sync"}),
        ("pyproject.toml", "poetry.lock"),
        ("~/.cache/pypoetry",),
        "RUN poetry install --no-root",
    ),
    "uv": Tool(
        frozenset({"sync"}),
        ("pyproject.toml", "uv.lock"),
        ("~/.cache/uv",),
        "RUN uv sync --locked --no-install-project",
    ),
    "go": Tool(
        frozenset({"mod download"}), ("go.mod", "go.sum"), ("/go/pkg/mod",), "RUN go mod download"
    ),
    "cargo": Tool(
        frozenset({"build", "fetch"}),
        ("Cargo.toml", "Cargo.lock"),
        ("/usr/local/cargo/registry", "~/.cargo/registry"),
        "RUN mkdir src && echo 'fn main() {}' > src/main.rs && cargo build --release && rm -r src",
        builds=True,
    ),
    "maven": Tool(
        frozenset({"package", "install", "verify", "compile", "clean", "dependency:go-offline"}),
        ("pom.xml",),
        ("~/.m2", "~/.m2/repository"),
        "RUN mvn -B dependency:go-offline",
        builds=True,
    ),
    "gradle": Tool(
        frozenset({"build", "assemble", "bootJar", "shadowJar", "clean", "dependencies"}),
        ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        ("~/.gradle", "/home/gradle/.gradle"),
        "RUN gradle dependencies --no-daemon",
        builds=True,
    ),
    "bundle": Tool(frozenset({"install"}), ("Gemfile", "Gemfile.lock"), ("/usr/local/bundle",)),
    "composer": Tool(
        frozenset({"install"}),
        ("composer.json", "composer.lock"),
        ("~/.composer/cache", "~/.cache/composer"),
        "RUN composer install --no-scripts --no-autoloader",
    ),
    "dotnet": Tool(frozenset({"restore"}), ("*.csproj",), ("~/.nuget/packages",)),
    "mix": Tool(frozenset({"deps.get"}), ("mix.exs", "mix.lock"), ()),
}
"""By the names that `tool_calls` gives."""

# Words that go to another registry or folder and name no file of the source.
_NO_SOURCE = ("./", "../", "/", ".", "file:", "git+", "$")
_PLAIN_NAMES = frozenset({"npm", "yarn", "pnpm", "bun"})
_FOLDER_OPTIONS = {
    "npm": ("--prefix", "-C"),
    "yarn": ("--cwd",),
    "pnpm": ("-C", "--dir"),
    "poetry": ("-C", "--directory"),
    "uv": ("--project", "--directory"),
    "composer": ("-d", "--working-dir"),
}
_MOST_WORDS = 6


def dependencies_of(command: Command) -> Dependencies | None:
    """What the command installs, if it is one that could run before the source is copied.

    None also where that cannot be told: a local package, a name in a variable.
    """
    call = tool_call(command)
    if call is None:
        return _of_system(command)
    if call.tool == "pip":
        return _of_pip(call, command)
    tool = TOOLS.get(call.tool)
    # A tool for all projects is no dependency of this one.
    if tool is None or call.verb not in tool.verbs or tools_of(command):
        return None
    if call.tool in _PLAIN_NAMES and call.words:
        return _plain(call.tool, call.words, command)
    if call.has("--offline", "-o") and tool.builds:
        return None
    return Dependencies(
        call.tool,
        tool.manifests,
        tool.early or f"RUN {shown(command)}",
        tool.caches,
        tool.builds,
        folder=next(iter(call.value_of(*_FOLDER_OPTIONS.get(call.tool, ()))), None),
    )


def _of_pip(call: ToolCall, command: Command) -> Dependencies | None:
    if call.verb != "install" or tools_of(command):
        return None
    files = call.value_of("-r", "--requirement")
    if files:
        # A project beside the requirements (`-e .`) needs its source.
        if call.words or call.has("-e", "--editable") or not all(word.literal for word in files):
            return None
        manifests = tuple(word.text.removeprefix("./") for word in files)
        # A file on the network is no manifest to copy.
        if any("://" in name or name.startswith(("~", "..")) for name in manifests):
            return None
        return Dependencies("pip", manifests, f"RUN {shown(command)}", ("~/.cache/pip",))
    if call.has("-e", "--editable"):
        return None
    return _plain("pip", call.words, command)


def _of_system(command: Command) -> Dependencies | None:
    action = action_of(command)
    if action is None or action.deed != "install" or not action.packages:
        return None
    found = _plain(action.manager, action.packages, command)
    if found is None or action.verb in ("build-dep", "source", "download", "fetch"):
        return None
    return replace(found, system=True)


def _plain(tool: str, words: tuple[Word, ...], command: Command) -> Dependencies | None:
    """Packages that are named in the command alone; None if one could be a file or a variable."""
    if not words or any(
        not word.literal
        or word.text.startswith(_NO_SOURCE)
        or "*" in word.text
        or word.text.endswith((".deb", ".rpm", ".apk", ".whl", ".tgz", ".gz", ".zip"))
        or "[" in word.text[:1]
        for word in words
    ):
        return None
    return Dependencies(tool, (), f"RUN {shown(command)}")


def shown(command: Command) -> str:
    """The command in one line, cut after a few words."""
    texts = [word.text for word in (*command.assignments, *command.words)]
    return " ".join(texts[:_MOST_WORDS]) + (" …" if len(texts) > _MOST_WORDS else "")
