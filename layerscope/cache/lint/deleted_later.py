"""Rule `deleted-in-later-layer`: what an earlier layer stores is only hidden, its bytes stay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.lint.cache_keepers import KEEPERS
from layerscope.cache.lint.created import MOST_CREATED, Created, created_by, moved_paths, ran
from layerscope.cache.lint.package_caches import caches_of
from layerscope.cache.lint.package_managers import action_of
from layerscope.cache.lint.paths import Comparisons, is_inside, removed_paths, takes_away
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.dockerfile.instructions import Run, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading, Step

RULE = "deleted-in-later-layer"
_MOST_REMOVED = 300
_MOST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class _Gone:
    """One thing that a step takes away and an earlier one stored."""

    shown: str
    by: Step
    subject: str


def check(reading: Reading) -> Iterator[Finding]:
    """RUN steps of the image that take away what an earlier step of it put into a layer."""
    before: list[Created] = []
    filled: dict[int, Step] = {}
    packages: dict[tuple[str, str], Step] = {}
    comparisons = Comparisons()
    for step in reading.image_steps:
        own = created_by(step)
        if isinstance(step.instruction, Run) and step.commands is not None:
            gone = [
                *_files(reading, step, before, own, comparisons),
                *_caches(step, filled),
                *_packages(step, packages),
            ]
            if gone:
                yield _finding(reading, step, gone)
                # Gone is gone: a later step takes away nothing more of it.
                paths = {each.subject for each in gone}
                before = [made for made in before if made.path not in paths]
        if len(before) < MOST_CREATED:
            before.extend(own)


def _files(
    reading: Reading,
    step: Step,
    before: list[Created],
    own: list[Created],
    comparisons: Comparisons,
) -> Iterator[_Gone]:
    removed: list[str] = []
    for each in ran(step):
        removed += removed_paths(each.command, step, each.folder or UNKNOWN_FOLDER)
        removed += moved_paths(each, step)
    mounts = [mount.target for mount in step.mounts if mount.target.startswith("/")]
    made_here = {created.path for created in own}
    seen: set[str] = set()
    for pattern in removed[:_MOST_REMOVED]:
        if any(is_inside(pattern, target) for target in mounts):
            continue
        if not comparisons.take(len(before)):
            return
        for created in before:
            if created.path in made_here or created.path in seen or created.path in ("", "/"):
                continue
            if takes_away(pattern, created.path):
                seen.add(created.path)
                yield _Gone(created.shown, created.step, created.path)
            elif created.tree and created.source and _is_copied(reading, created, pattern):
                seen.add(pattern)
                yield _Gone(pattern, created.step, pattern)


def _is_copied(reading: Reading, tree: Created, pattern: str) -> bool:
    """Is this path a file of the context that was copied with all others?"""
    if reading.context is None or not isinstance(tree.step.instruction, Transfer):
        return False
    if not is_inside(pattern, tree.path) or "*" in pattern:
        return False
    below = pattern.rstrip("/")[len(tree.path) :].strip("/")
    source = tree.source.strip("./*")
    return bool(below) and reading.context.node(f"{source}/{below}".strip("/")) is not None


def _caches(step: Step, filled: dict[int, Step]) -> Iterator[_Gone]:
    """Caches that this step empties and an earlier one left."""
    own = caches_of(step)
    for number in sorted(own.emptied - own.filled):
        if number in filled:
            keeper = KEEPERS[number]
            yield _Gone(f"the {keeper.what} of {keeper.who}", filled.pop(number), keeper.subject)
    filled.update(dict.fromkeys(own.left, step))


def _packages(step: Step, packages: dict[tuple[str, str], Step]) -> Iterator[_Gone]:
    """Packages that are removed, by name or by the name of their group (`--virtual`)."""
    here: set[tuple[str, str]] = set()
    for command in step.commands or ():
        action = action_of(command)
        if action is None:
            continue
        names = [word.text.partition("=")[0] for word in action.packages if word.literal]
        group = action.value("-t", "--virtual")
        if action.deed == "install":
            here.update((action.manager, name) for name in names)
            if group is not None:
                here.add((action.manager, group.text))
        elif action.deed == "remove":
            for name in names:
                by = packages.pop((action.manager, name), None)
                if by is not None and (action.manager, name) not in here:
                    yield _Gone(name, by, "")
    if len(packages) < MOST_CREATED:
        packages.update(dict.fromkeys(here, step))


def _finding(reading: Reading, step: Step, gone: list[_Gone]) -> Finding:
    names = list(dict.fromkeys(each.shown for each in gone))
    shown = ", ".join(names[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    steps = {each.by.line: each.by for each in gone}
    lines = sorted(steps)
    where = f"line {lines[0]}" if len(lines) == 1 else f"lines {', '.join(map(str, lines))}"
    copied = all(isinstance(each.instruction, Transfer) for each in steps.values())
    remedy = (
        "RUN --mount=type=bind,source=…,target=… uses a file and leaves it out of the image"
        if copied
        else f"remove it in the RUN of {where}: RUN … && rm -rf …"
    )
    return reading.finding(
        RULE,
        "warning",
        step,
        f"takes away {shown}{more}, which {where} stored in a layer of its own: the bytes stay in"
        " the image",
        remedy,
        others=steps.values(),
        subject=gone[0].subject,
    )
