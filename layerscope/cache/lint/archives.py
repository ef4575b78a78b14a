"""Rule `archive-copied`: an archive is stored in one layer and unpacked in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.created import created_by, is_archive, ran
from layerscope.cache.lint.paths import removed_paths, takes_away
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.dockerfile.instructions import Add, Copy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.created import Created, Ran
    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading, Step

RULE = "archive-copied"
_UNPACKERS = frozenset({"tar", "bsdtar", "unzip"})
_MOST = 300


def check(reading: Reading) -> Iterator[Finding]:
    """COPY, and ADD of a URL, of an archive that a later RUN of the image unpacks.

    Where a later RUN also removes it, `deleted-in-later-layer` says so instead.
    """
    archives: list[Created] = []
    unpacked: dict[str, Step] = {}
    removed: list[str] = []
    for step in reading.image_steps:
        if isinstance(step.instruction, Copy | Add) and len(archives) < _MOST:
            archives += [made for made in created_by(step) if _is_stored(made)]
        for each in ran(step) if archives else ():
            removed += removed_paths(each.command, step, each.folder)
            for path in _unpacked(each, step):
                unpacked.setdefault(path, step)
    seen: set[int] = set()
    for made in archives:
        unpacks = unpacked.get(made.path)
        gone = any(takes_away(pattern, made.path) for pattern in removed[:_MOST])
        if unpacks is not None and not gone and made.step.line not in seen:
            seen.add(made.step.line)
            yield _finding(reading, made, unpacks)


def _is_stored(made: Created) -> bool:
    return not made.tree and (is_archive(made.path) or made.path.lower().endswith(".zip"))


def _unpacked(each: Ran, step: Step) -> Iterator[str]:
    """Paths of archives that a command may unpack."""
    if each.command.program in _UNPACKERS:
        for word in each.command.arguments[:_MOST]:
            path = step.path(word, each.folder or UNKNOWN_FOLDER)
            if path is not None:
                yield path


def _finding(reading: Reading, made: Created, unpacks: Step) -> Finding:
    remedy = f"RUN --mount=type=bind,source={made.source},target={made.path} …"
    if not made.source:
        remedy = "unpack it in the stage that makes it, and copy what was in it"
    elif "://" in made.source:
        remedy = f"RUN curl -fsSL {made.source} | tar -xz -C …"
    elif is_archive(made.path):
        remedy = f"ADD {made.source} …/ unpacks it; or {remedy}"
    return reading.finding(
        RULE,
        "warning",
        made.step,
        f"{made.shown} is stored here and unpacked on line {unpacks.line}: the image holds the"
        " archive and what was in it",
        remedy,
        others=[unpacks],
        subject=made.path,
    )
