"""Rule `copy-before-install`, for one folder: copied whole above an install that works in it.

The text of a Dockerfile seldom says what is a folder and what is in it. Without a context, only one
copy may be where the manifests come from; all else is left alone.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from layerscope.cache.lint.paths import is_covered, is_inside
from layerscope.cache.lint.reading import UNKNOWN_FOLDER
from layerscope.dockerfile.instructions import Copy, Transfer

if TYPE_CHECKING:
    from layerscope.cache.filetree import FileTree
    from layerscope.cache.lint.created import Ran
    from layerscope.cache.lint.dependencies import Dependencies
    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading, Step

RULE = "copy-before-install"
# What is more in one stage is not looked at.
_MOST_COPIES = 60
_MOST_FILES = 2000
# These can put a project into a folder without a word about its files.
_BRING_FILES = frozenset(
    {"git", "tar", "bsdtar", "unzip", "curl", "wget", "cp", "mv", "ln", "rsync", "npx", "svn", "hg"}
)


@dataclass(frozen=True, slots=True)
class _Transferred:
    """One COPY or ADD: its target, and its source if that is one folder of the context."""

    step: Step
    target: str | None
    source: str
    names: tuple[str, ...]


@dataclass(slots=True)
class Folders:
    """The copies of a stage and of those below it, and where each tool has installed."""

    transfers: list[_Transferred] = field(default_factory=list)
    installed: set[tuple[str, str]] = field(default_factory=set)
    unclear: bool = False

    def copy(self) -> Folders:
        """The same, for a stage on top."""
        return Folders(list(self.transfers), set(self.installed), self.unclear)

    def add(self, step: Step) -> None:
        """A step that may be a COPY or ADD."""
        if not isinstance(step.instruction, Transfer):
            return
        if len(self.transfers) >= _MOST_COPIES:
            self.unclear = True
            return
        self.transfers.append(_read(step, step.instruction))

    def ran(self, program: str) -> None:
        """A command that installs nothing by a manifest was run."""
        self.unclear = self.unclear or program in _BRING_FILES

    def judged(
        self, reading: Reading, step: Step, each: Ran, found: Dependencies
    ) -> Finding | None:
        """What is wrong with this install, which no copy of the whole context stands above."""
        folder = each.folder
        if found.folder is not None:
            moved = each.folder != step.workdir
            folder = None if moved else step.path(found.folder, folder or UNKNOWN_FOLDER)
        manifests = found.manifests
        if (
            folder is None
            or not manifests
            or found.builds
            or any("*" in name for name in manifests)
        ):
            return None
        paths = [posixpath.normpath(posixpath.join(folder, name)) for name in manifests]
        place = posixpath.dirname(paths[0])
        if (found.tool, place) in self.installed:
            return None
        self.installed.add((found.tool, place))
        origin = self._origin(reading.context, place, tuple(posixpath.basename(p) for p in paths))
        if origin is None or origin.target is None:
            return None
        inside = [posixpath.relpath(path, origin.target) for path in paths]
        # The folder that the line itself names is another one where the copy stands.
        elsewhere = _says_folder(found) and origin.step.workdir != step.workdir
        if elsewhere or any(name.startswith("..") for name in inside):
            return None
        if reading.context is not None:
            inside = _of_context(reading.context, origin.source, inside)
        return (
            _finding(reading, origin, step, found, folder=folder, inside=inside) if inside else None
        )

    def _origin(
        self, context: FileTree | None, place: str, names: tuple[str, ...]
    ) -> _Transferred | None:
        """The one copy that brought the manifests; None if that is not plain."""
        # A copy of the files by name, or by a pattern, is what the rule would ask for.
        near = [each for each in self.transfers if _is_near(each, place)]
        if any(each.target is None or _may_name(each, place, names) for each in near):
            return None
        folders = [each for each in near if each.source]
        if context is not None:
            folders = [each for each in folders if _holds(context, each, place, names)]
        elif self.unclear or len(folders) != len([e for e in near if _may_be_folder(e)]):
            return None
        if len(folders) != 1 or (context is None and folders[0].target == "/"):
            return None
        return folders[0]


def _read(step: Step, transfer: Transfer) -> _Transferred:
    target = step.path(transfer.destination)
    target = None if target is None else target.rstrip("/") or "/"
    names = tuple(posixpath.basename(name.rstrip("/")) for name in transfer.sources)
    source = ""
    plain = isinstance(transfer, Copy) and not transfer.from_name and not transfer.parents
    if plain and len(names) == 1 and not transfer.excludes and not transfer.contents:
        written = step.value(transfer.sources[0]) or ""
        slash = written.endswith("/")
        known = posixpath.normpath(written).strip("/") if written else "."
        is_file = "." in posixpath.basename(known) and not slash
        if known != "." and not known.startswith("..") and not is_file:
            source = "" if any(sign in known for sign in "*?[") else known
    # A file in a folder has its name there, so that a copy beside the folder counts for it too.
    return _Transferred(step, target, source, names)


def _is_near(each: _Transferred, place: str) -> bool:
    return (
        each.target is None
        or is_inside(place, each.target)
        or posixpath.dirname(each.target) == place
    )


def _may_name(each: _Transferred, place: str, names: tuple[str, ...]) -> bool:
    """May it bring one of the manifests into this folder by its name, or by a pattern?"""
    target = each.target or ""
    beside = place in (target, posixpath.dirname(target))
    return (beside and posixpath.basename(target) in names) or any(
        (name in names or "*" in name) and (beside or "." not in name) for name in each.names
    )


def _may_be_folder(each: _Transferred) -> bool:
    """May it bring a whole folder: of the context, of a stage, of an archive?"""
    return bool(each.source) or not all("." in name.strip(".") for name in each.names)


def _holds(context: FileTree, each: _Transferred, place: str, names: tuple[str, ...]) -> bool:
    inside = posixpath.relpath(place, each.target)
    folder = posixpath.normpath(posixpath.join(each.source, inside))
    node = context.node(each.source)
    if node is None or node.kind != "dir":
        return False
    return any(context.node(posixpath.join(folder, name)) is not None for name in names)


def _of_context(context: FileTree, source: str, inside: list[str]) -> list[str]:
    """The manifests that are there; none if the folder holds nothing else."""
    there = [name for name in inside if context.node(posixpath.join(source, name)) is not None]
    whole = {posixpath.join(source, name) for name in there}
    others = any(
        node.kind != "dir" and path not in whole
        for path, node in islice(context.walk(source), _MOST_FILES)
    )
    return there if others else []


def _finding(
    reading: Reading,
    origin: _Transferred,
    step: Step,
    found: Dependencies,
    *,
    folder: str,
    inside: list[str],
) -> Finding:
    copy = origin.step
    transfer = copy.instruction
    destination = transfer.destination if isinstance(transfer, Transfer) else "."
    below = posixpath.dirname(inside[0])
    target = posixpath.normpath(posixpath.join(destination, below))
    names = " ".join(posixpath.join(origin.source, name) for name in inside)
    shown = " and ".join(posixpath.basename(name) for name in inside)
    command = found.early.removeprefix("RUN ")
    # Above the copy, no WORKDIR need have led into the folder yet.
    if (
        not _says_folder(found)
        and folder != copy.workdir
        and is_inside(folder, origin.target or "/")
    ):
        inner = posixpath.relpath(folder, origin.target)
        command = f"cd {posixpath.normpath(posixpath.join(destination, inner))} && {command}"
    covered = any(is_covered(folder, step.mounts, step.workdir) for folder in found.caches)
    return reading.finding(
        RULE,
        "info" if covered else "warning",
        copy,
        f"all of {origin.source} is copied above line {step.line}, where {found.tool} installs what"
        f" {shown} {'names' if len(inside) == 1 else 'name'}: every edit in it installs it again",
        f"above this line: COPY {names} {_slashed(target)}\nRUN {command}",
        others=[step],
    )


def _slashed(folder: str) -> str:
    """As BuildKit asks for where more than one file is copied."""
    return f"{folder}/" if folder.startswith(("/", ".")) else f"./{folder}/"


def _says_folder(found: Dependencies) -> bool:
    """Does the line to write name the folder that it works in?"""
    return found.folder is not None and found.folder.text in found.early
