"""The lines to write above a copy, so that an install stands above it with all that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.dependencies import shown
from layerscope.cache.lint.package_index import INDEX_FOLDERS
from layerscope.cache.lint.package_managers import action_of
from layerscope.cache.lint.paths import removed_paths, takes_away
from layerscope.dockerfile.instructions import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from layerscope.cache.lint.reading import Step

_MOST_COMMANDS = 12


def system_line(step: Step, manager: str) -> str:
    """The RUN with all that a step has a distribution's package manager do, and its flags.

    The fetch of the index and what empties the caches stay beside the install. Where apt's index
    comes from another step, the fetch is put in front: an install apart from it ages in the cache.
    """
    kept: list[str] = []
    has_index = manager != "apt"
    for command in step.commands or ():
        action = action_of(command)
        own = action is not None and action.manager == manager
        if action is not None and own:
            has_index = has_index or action.deed == "refresh"
        elif not _removes(removed_paths(command, step), INDEX_FOLDERS.get(manager)):
            continue
        kept.append(shown(command))
    if not has_index:
        kept.insert(0, "apt-get update")
    run = step.instruction
    mounts = run.mounts if isinstance(run, Run) else ()
    flags = "".join(f"--mount={mount} " for mount in mounts)
    more = " && …" if len(kept) > _MOST_COMMANDS else ""
    return f"RUN {flags}{' && '.join(kept[:_MOST_COMMANDS])}{more}"


def _removes(patterns: Iterable[str], folder: str | None) -> bool:
    return folder is not None and any(takes_away(pattern, folder) for pattern in patterns)
