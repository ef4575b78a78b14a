"""Rule `stale-package-index`: the index is fetched in one step and used in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.lint.package_managers import action_of
from layerscope.cache.lint.paths import removed_paths, takes_away

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.package_managers import Action
    from layerscope.cache.lint.reading import Reading, Step
    from layerscope.cache.lint.shell_commands import Command

RULE = "stale-package-index"

INDEX_FOLDERS = {
    "apt": "/var/lib/apt/lists",
    "apk": "/var/cache/apk",
    "zypper": "/var/cache/zypp",
    "dnf": "/var/cache/dnf",
    "microdnf": "/var/cache/dnf",
    "yum": "/var/cache/yum",
}
# What to write instead; the dots stand for the names of packages.
_TOGETHER = {
    "apt": "RUN apt-get update && apt-get install -y --no-install-recommends {} "
    "&& rm -rf /var/lib/apt/lists/*",
    "apk": "RUN apk add --no-cache {}",
    "zypper": "RUN zypper --non-interactive refresh && zypper --non-interactive install {} "
    "&& zypper clean -a",
    "pacman": "RUN pacman -Syu --noconfirm {} && pacman -Scc --noconfirm",
}
_EACH_TIME = frozenset({"--no-cache", "-U", "--update", "--update-cache"})
# These look at the age of their index and fetch it again by themselves.
_LOOK_AT_AGE = frozenset({"dnf", "dnf5", "microdnf", "tdnf", "yum", "zypper"})
# Beside these, whatever a step does may use the index.
_NO_USE = frozenset({"set", "echo", "true", ":", "rm", "export", "printf"})
_MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class _Index:
    """Where the index of a manager comes from; `alone` if that step installs nothing."""

    step: Step
    alone: bool


@dataclass(frozen=True, slots=True)
class _Use:
    """A step that installs from an index which another one fetched."""

    index: _Index
    step: Step
    install: Action


def check(reading: Reading) -> Iterator[Finding]:
    """Steps that install from an index that an earlier step fetched, and indexes nobody uses."""
    uses, alone = _uses(reading)
    for use in uses:
        yield _apart(reading, use)
    used = {id(use.index.step) for use in uses}
    for step, manager in alone:
        if id(step) not in used:
            yield reading.finding(
                RULE,
                "info",
                step,
                f"the package index of {manager} is fetched here and no step installs from it:"
                " it only ages in the cache",
                f"remove the line, or install in the same RUN: {_together(manager, None)}",
                subject=INDEX_FOLDERS.get(manager, ""),
            )


def index_users(reading: Reading) -> set[int]:
    """The identities of steps whose index a later one installs from."""
    return {id(use.index.step) for use in _uses(reading)[0]}


def _uses(reading: Reading) -> tuple[list[_Use], list[tuple[Step, str]]]:
    """The first use of each index by another step, and steps that do nothing but fetch one."""
    left: list[dict[str, _Index]] = []
    uses: dict[tuple[int, str], _Use] = {}
    alone: list[tuple[Step, str]] = []
    for stage in reading.stages:
        indexes = dict(left[stage.parent]) if stage.parent is not None else {}
        for step in stage.runs:
            actions = [action for command in step.commands or () if (action := action_of(command))]
            for manager in dict.fromkeys(action.manager for action in actions):
                own = [action for action in actions if action.manager == manager]
                installs = [action for action in own if action.deed == "install"]
                index = indexes.get(manager)
                if installs and index is not None and not any(_fetches(each) for each in own):
                    uses.setdefault((id(index.step), manager), _Use(index, step, installs[0]))
                if any(action.deed == "refresh" for action in own):
                    indexes[manager] = _Index(step, not installs)
                    if not installs and _does_nothing_else(step.commands or ()):
                        alone.append((step, manager))
            _forget_removed(indexes, step)
        left.append(indexes)
    return list(uses.values()), alone


def _fetches(action: Action) -> bool:
    return action.deed == "refresh" or (
        (action.manager == "apk" and bool(action.options & _EACH_TIME))
        or (action.manager == "pacman" and action.verb.startswith("-S") and "y" in action.verb)
    )


def _does_nothing_else(commands: Sequence[Command]) -> bool:
    return all(command.program in _NO_USE or action_of(command) for command in commands)


def _forget_removed(indexes: dict[str, _Index], step: Step) -> None:
    """A step that removes the index leaves none behind to install from."""
    for command in step.commands or ():
        removed = removed_paths(command, step)
        for manager in list(indexes):
            folder = INDEX_FOLDERS.get(manager)
            if folder and any(takes_away(pattern, folder) for pattern in removed):
                del indexes[manager]


def _apart(reading: Reading, use: _Use) -> Finding:
    index, step, install = use.index, use.step, use.install
    severity: Severity = "info" if install.manager in _LOOK_AT_AGE else "warning"
    manager = install.manager
    remedy = _together(manager, install)
    if not index.alone:
        return reading.finding(
            RULE,
            severity,
            step,
            f"installs from the {manager} index that line {index.step.line} fetched: when this line"
            " changes, the cache gives it an index of any age",
            remedy,
            others=[index.step],
            subject=INDEX_FOLDERS.get(manager, ""),
        )
    return reading.finding(
        RULE,
        severity,
        index.step,
        f"the {manager} index is fetched apart from the install on line {step.line}: from the cache"
        " it can be of any age, and packages that it names be gone",
        remedy,
        others=[step],
        subject=INDEX_FOLDERS.get(manager, ""),
    )


def _together(manager: str, install: Action | None) -> str:
    names = [word.text for word in install.packages] if install else []
    shown = " ".join(names[:_MOST_NAMES]) + (" …" if len(names) > _MOST_NAMES else "")
    if manager in _TOGETHER:
        return _TOGETHER[manager].format(shown or "…")
    return f"RUN {manager} install -y {shown or '…'} && {manager} clean all"
