"""Rule `package-cache-kept`: a step leaves a cache in its layer that no container needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.lint.cache_keepers import KEEPERS, Seen
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


@dataclass(frozen=True, slots=True)
class StepCaches:
    """What one RUN does to caches, by their places in `KEEPERS`.

    Attributes:
        left: What is left in the layer, and the command that does it.
        filled: What is filled, left or not.
        emptied: What is emptied at some point.
    """

    left: dict[int, Command] = field(default_factory=dict)
    filled: set[int] = field(default_factory=set)
    emptied: set[int] = field(default_factory=set)


def check(reading: Reading) -> Iterator[Finding]:
    """RUN steps whose caches stay in the image.

    Only stages count whose layers the image has, or whose files are all copied into it. Where a
    later step removes the cache, `deleted-in-later-layer` says so instead.
    """
    steps = reading.image_steps
    kept = reading.copied_whole.difference(reading.lineage)
    steps += [step for index in sorted(kept) for step in reading.stages[index].steps]
    found = [(step, caches_of(step)) for step in steps if step.commands]
    last = {number: place for place, (_, own) in enumerate(found) for number in own.emptied}
    used = index_users(reading)
    for place, (step, own) in enumerate(found):
        for number, filling in own.left.items():
            keeper = KEEPERS[number]
            if place < last.get(number, -1):
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


def caches_of(step: Step) -> StepCaches:
    """What the commands of this step do to caches, one after the other."""
    found = StepCaches()
    off = {
        number
        for number, keeper in enumerate(KEEPERS)
        if any(step.env.values.get(name) not in _UNSET for name in keeper.off)
    }
    for command in step.commands or ():
        seen = Seen.of(command)
        removed = removed_paths(command, step)
        off |= _turned_off(command)
        if _may_clean(command):
            found.left.clear()
        if not removed and not seen.action and not seen.call and command.program != "rm":
            continue
        for number, keeper in enumerate(KEEPERS):
            effect = keeper.effect(seen)
            if effect == "fills":
                found.filled.add(number)
                if number not in off:
                    found.left.setdefault(number, command)
            elif effect == "empties" or _is_removed(keeper, command, removed):
                found.emptied.add(number)
                found.left.pop(number, None)
    for number in list(found.left):
        folders = KEEPERS[number].folders
        if any(is_covered(folder, step.mounts, step.workdir) for folder in folders):
            del found.left[number]
    return found


def _is_removed(keeper: Keeper, command: Command, removed: Sequence[str]) -> bool:
    if any(_empties(pattern, folder) for pattern in removed for folder in keeper.folders):
        return True
    # A path in a variable that is named for what it is.
    return command.program == "rm" and any(
        "$" in text and "CACHE" in text.upper() for text in command.texts
    )


def _empties(pattern: str, folder: str) -> bool:
    """Does removing what this pattern names empty the folder?"""
    if not folder.startswith("~"):
        return takes_away(pattern, folder) or pattern.startswith(f"{folder}/")
    # Any home will do: who runs the command is not always known.
    ending = folder[1:]
    above = ending.rpartition("/")[0]
    root = pattern.removesuffix("/*").rstrip("/")
    return root.endswith((ending, above) if above else (ending,))


def _turned_off(command: Command) -> set[int]:
    """Caches that a variable turns off which is set before the command, or exported."""
    words = [word.text for word in command.assignments]
    if command.program == "export":
        words += command.texts
    names = {word.partition("=")[0] for word in words}
    return {number for number, keeper in enumerate(KEEPERS) if not names.isdisjoint(keeper.off)}


def _may_clean(command: Command) -> bool:
    """Is it a script of the image's own that is called after what it does?"""
    if command.program in ("bash", "sh"):
        return any("clean" in text for text in command.texts)
    return "clean" in command.program and "/" in command.words[0].text
