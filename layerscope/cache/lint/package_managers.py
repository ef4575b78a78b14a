"""What a command has a package manager of a distribution do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from layerscope.cache.lint.shell_commands import Command
    from layerscope.cache.lint.shell_words import Word

Deed = Literal["refresh", "install", "remove", "clean", "other"]


@dataclass(frozen=True, slots=True)
class Manager:
    """One package manager.

    Attributes:
        name: As it is called.
        with_value: Options whose value is a word of its own.
        refresh: Verbs that fetch the package index.
        install: Verbs that install what the index names.
        remove: Verbs that take packages away.
        clean: Verbs that empty its cache.
    """

    name: str
    with_value: frozenset[str]
    refresh: frozenset[str]
    install: frozenset[str]
    remove: frozenset[str]
    clean: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """What one command does.

    Attributes:
        manager: Which one; `apt-get`, `apt` and `aptitude` are all `apt`.
        deed: What kind of thing.
        verb: As written.
        packages: The words behind the verb that are no options.
        options: The options, values of options not among them.
        values: Values of options, by option.
    """

    manager: str
    deed: Deed
    verb: str
    packages: tuple[Word, ...]
    options: frozenset[str]
    values: tuple[tuple[str, Word], ...]

    def value(self, *names: str) -> Word | None:
        """The value of the first of these options that is given."""
        return next((word for name, word in self.values if name in names), None)


_APT = Manager(
    "apt",
    frozenset({"-o", "--option", "-c", "--config-file", "-t", "--target-release", "-a"}),
    refresh=frozenset({"update"}),
    install=frozenset(
        {
            *("install", "reinstall", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade"),
            *("build-dep", "source", "satisfy", "dselect-upgrade", "download", "showsrc"),
        }
    ),
    remove=frozenset({"remove", "purge", "autoremove", "autopurge", "auto-remove"}),
    clean=frozenset({"clean", "autoclean", "auto-clean", "dist-clean", "distclean"}),
)
_APK = Manager(
    "apk",
    frozenset({"-X", "--repository", "-p", "--root", "-t", "--virtual", "--keys-dir", "--arch"}),
    refresh=frozenset({"update"}),
    install=frozenset({"add", "upgrade", "fix", "fetch"}),
    remove=frozenset({"del"}),
    clean=frozenset({"cache"}),
)
_DNF = Manager(
    "dnf",
    frozenset(
        {"-c", "-x", "-d", "-e", "--enablerepo", "--disablerepo", "--installroot", "--setopt"}
    ),
    refresh=frozenset({"makecache", "check-update"}),
    install=frozenset(
        {
            *("install", "update", "upgrade", "reinstall", "downgrade", "localinstall", "swap"),
            *("groupinstall", "group", "module", "builddep", "distro-sync", "dist-upgrade"),
            *("update-minimal", "upgrade-minimal", "in", "up"),
        }
    ),
    remove=frozenset({"remove", "erase", "autoremove"}),
    clean=frozenset({"clean"}),
)
_ZYPPER = Manager(
    "zypper",
    frozenset({"-R", "--root", "-c", "--config", "-D", "--reposd-dir"}),
    refresh=frozenset({"refresh", "ref"}),
    install=frozenset(
        {"install", "in", "update", "up", "dist-upgrade", "dup", "patch", "source-install", "si"}
    ),
    remove=frozenset({"remove", "rm"}),
    clean=frozenset({"clean", "cc"}),
)
_MANAGERS = {
    "apt": _APT,
    "apt-get": _APT,
    "aptitude": _APT,
    "apk": _APK,
    "dnf": _DNF,
    "dnf5": _DNF,
    "microdnf": _DNF,
    "tdnf": _DNF,
    "yum": _DNF,
    "zypper": _ZYPPER,
}
_PRETENDS = frozenset({"-s", "--simulate", "--dry-run", "--just-print", "--no-act", "--print-uris"})


def action_of(command: Command) -> Action | None:
    """What the command has a package manager do; None if it calls none, or only pretends."""
    manager = _MANAGERS.get(command.program)
    if manager is None:
        return _pacman(command) if command.program == "pacman" else None
    verb: str | None = None
    packages: list[Word] = []
    options: set[str] = set()
    values: list[tuple[str, Word]] = []
    waiting = ""
    for word in command.arguments:
        if waiting:
            values.append((waiting, word))
            waiting = ""
        elif word.text.startswith("-") and len(word.text) > 1:
            name, has_value, text = word.text.partition("=")
            options.add(word.text)
            if has_value:
                values.append((name, type(word)(text, word.literal)))
            elif word.text in manager.with_value:
                waiting = word.text
        elif verb is None:
            verb = word.text
        else:
            packages.append(word)
    if verb is None or options & _PRETENDS:
        return None
    return Action(
        command.program if manager is _DNF else manager.name,
        _deed(manager, verb),
        verb,
        tuple(packages),
        frozenset(options),
        tuple(values),
    )


def _deed(manager: Manager, verb: str) -> Deed:
    if verb in manager.refresh:
        return "refresh"
    if verb in manager.install:
        return "install"
    if verb in manager.remove:
        return "remove"
    return "clean" if verb in manager.clean else "other"


def _pacman(command: Command) -> Action | None:
    """Pacman's verbs are options: `-Sy` fetches the index, `-S NAME` installs, `-Scc` cleans."""
    options = [text for text in command.texts if text.startswith("-")]
    packages = tuple(word for word in command.arguments if not word.text.startswith("-"))
    verb = next((text for text in options if text[1:2] in ("S", "R", "U")), "")
    deed: Deed = "other"
    if verb.startswith("-S"):
        if "c" in verb:
            deed = "clean"
        elif packages or "u" in verb:
            deed = "install"
        elif "y" in verb:
            deed = "refresh"
    elif verb:
        deed = "remove" if verb.startswith("-R") else "install"
    return Action("pacman", deed, verb, packages, frozenset(options), ()) if verb else None
