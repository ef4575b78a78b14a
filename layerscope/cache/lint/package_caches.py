"""Rule `package-cache-kept`: a step leaves a cache in its layer that no container needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.cache_keepers import KEEPERS
from layerscope.cache.lint.package_index import index_users
from layerscope.cache.lint.paths import is_covered, removed_paths, takes_away

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.cache.lint.cache_keepers import Keeper
    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading, Step
    from layerscope.cache.lint.shell_commands import Command

RULE = "package-cache-kept"
_INDEXES = frozenset({"apt-lists", "apk-cache", "dnf-cache", "zypper-cache", "pacman-cache"})
_UNSET: tuple[str | None, ...] = (None, "")


def check(reading: Reading) -> Iterator[Finding]:
    """RUN steps whose caches stay in the image.

    Only stages count whose layers the image has, or whose files are all copied into it. Where a
    later step removes the cache, `deleted-in-later-layer` says so instead.
    """
    steps = [step for step in reading.image_steps if step.commands]
    kept = reading.copied_whole.difference(reading.lineage)
    steps += [
        step for index in sorted(kept) for step in reading.stages[index].steps if step.commands
    ]
    used = index_users(reading)
    for keeper in KEEPERS:
        last = _last_emptied(keeper, steps)
        for place, step in enumerate(steps):
            filling = left_by(keeper, step)
            if filling is None or place < last:
                continue
            if keeper.subject in _INDEXES and id(step) in used:
                # A later step installs from it: `stale-package-index` tells of both.
                continue
            yield reading.finding(
                RULE,
                keeper.severity,
                step,
                f"{keeper.who} leaves its {keeper.what} in this layer"
                f" ({keeper.folders[0]}): no container needs them",
                keeper.remedy.format(program=filling.program),
                subject=keeper.subject,
            )


def _last_emptied(keeper: Keeper, steps: Sequence[Step]) -> int:
    """The place of the last step that empties the cache; -1 if none does."""
    return max(
        (place for place, step in enumerate(steps) if is_emptied_in(keeper, step)), default=-1
    )


def is_emptied_in(keeper: Keeper, step: Step) -> bool:
    """Does a command of this step empty the cache?"""
    return any(_empties(keeper, command, step) for command in step.commands or ())


def left_by(keeper: Keeper, step: Step) -> Command | None:
    """The command that leaves the cache in the layer of this step, if one does."""
    if any(step.env.values.get(name) not in _UNSET for name in keeper.off):
        return None
    filling: Command | None = None
    off = False
    for command in step.commands or ():
        if _turns_off(keeper, command):
            off = True
        effect = keeper.effect(command)
        if effect == "fills" and not off:
            filling = filling or command
        elif _empties(keeper, command, step) or _may_clean(command):
            filling = None
    covered = filling is not None and any(
        is_covered(folder, step.mounts, step.workdir) for folder in keeper.folders
    )
    return None if covered else filling


def _empties(keeper: Keeper, command: Command, step: Step) -> bool:
    if keeper.effect(command) == "empties":
        return True
    for pattern in removed_paths(command, step):
        for folder in keeper.folders:
            if folder.startswith("~"):
                # Any home will do: who runs the command is not always known.
                ending = folder[1:]
                above = ending.rpartition("/")[0]
                root = pattern.removesuffix("/*").rstrip("/")
                if root.endswith((ending, above) if above else (ending,)):
                    return True
            elif takes_away(pattern, folder) or pattern.startswith(f"{folder}/"):
                return True
    # A path in a variable that is named for what it is.
    return command.program == "rm" and any(
        "$" in text and "CACHE" in text.upper() for text in command.texts
    )


def _turns_off(keeper: Keeper, command: Command) -> bool:
    """Is a variable set before the command, or exported, that turns the cache off?"""
    words = [word.text for word in command.assignments]
    if command.program == "export":
        words += command.texts
    return any(word.partition("=")[0] in keeper.off for word in words)


def _may_clean(command: Command) -> bool:
    """Is it a script of the image's own that is called after what it does?"""
    return ("clean" in command.program and "/" in command.words[0].text) or (
        command.program in ("bash", "sh") and any("clean" in text for text in command.texts)
    )
