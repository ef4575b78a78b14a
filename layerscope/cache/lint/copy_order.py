"""Rule `copy-before-install`: all of the source is copied above an install that needs little of it.

Every edit of any file then runs the install again.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.cache.lint.created import ran
from layerscope.cache.lint.dependencies import dependencies_of, shown
from layerscope.cache.lint.folder_copies import RULE, Folders
from layerscope.cache.lint.install_lines import system_line
from layerscope.cache.lint.paths import is_covered, is_inside
from layerscope.cache.lint.tool_installs import tools_of
from layerscope.dockerfile.instructions import Add, Copy, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.created import Ran
    from layerscope.cache.lint.dependencies import Dependencies
    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.reading import Reading, Step

WHOLE = frozenset({".", "./", "/", "*", "./*", "/*", "/."})
"""Sources that are the whole context."""

_MOST_FILES = 2000
_MOST_LINES = 3


@dataclass(slots=True)
class _State:
    """What a stage leaves to those on top of it.

    Attributes:
        copied: The first copy of the whole context.
        before: Tools that had installed before it.
        reported: Tools that were found below it.
        setup: Commands below it that install a tool itself, by the tool.
        folders: Copies of one folder.
    """

    copied: Step | None = None
    before: set[str] = field(default_factory=set)
    reported: set[str] = field(default_factory=set)
    setup: dict[str, tuple[str, ...]] = field(default_factory=dict)
    folders: Folders = field(default_factory=Folders)


def copies_whole_context(step: Step) -> bool:
    """Is it a COPY or ADD of all files of the build context?"""
    instruction = step.instruction
    if isinstance(instruction, Copy) and instruction.from_name:
        return False
    return isinstance(instruction, Copy | Add) and not WHOLE.isdisjoint(instruction.sources)


def check(reading: Reading) -> Iterator[Finding]:
    """For each copy of the whole context, or of a folder, the first install below of each tool."""
    left: list[_State] = []
    for stage in reading.stages:
        above = left[stage.parent] if stage.parent is not None else _State()
        state = _State(
            above.copied,
            set(above.before),
            set(above.reported),
            dict(above.setup),
            above.folders.copy(),
        )
        for step in stage.steps:
            if state.copied is None:
                if copies_whole_context(step):
                    state.copied = step
                else:
                    state.folders.add(step)
            for each in ran(step):
                finding = _at_command(reading, state, step, each)
                if finding is not None:
                    yield finding
        left.append(state)


def _at_command(reading: Reading, state: _State, step: Step, each: Ran) -> Finding | None:
    command = each.command
    found = dependencies_of(command)
    if found is None:
        if state.copied is not None:
            for name in tools_of(command):
                lines = state.setup.get(name, ())
                state.setup[name] = (*lines, f"RUN {shown(command)}")[:_MOST_LINES]
        state.folders.ran(command.program)
        return None
    if found.tool in state.reported:
        return None
    if state.copied is None:
        state.before.add(found.tool)
        return state.folders.judged(reading, step, each, found)
    # Only the first use of a tool counts: the others are below it anyway.
    state.reported.add(found.tool)
    return _judged(reading, state, step, found)


def _judged(reading: Reading, state: _State, step: Step, found: Dependencies) -> Finding | None:
    copy = state.copied
    if copy is None or (found.manifests and found.tool in state.before):
        return None
    covered = any(is_covered(folder, step.mounts, step.workdir) for folder in found.caches)
    if covered and found.builds:
        return None
    sources = _in_source(copy, found.manifests)
    manifests = None if sources is None else _there(reading, sources)
    if manifests is None:
        return None
    # To move the install it would have to go into the stage that this one is built from.
    elsewhere = not manifests and copy.stage != step.stage
    severity: Severity = "info" if covered or elsewhere else "warning"
    early = system_line(step, found.tool) if found.system else found.early
    early = "\n".join((*state.setup.get(found.tool, ()), early))
    if not manifests:
        return reading.finding(
            RULE,
            severity,
            copy,
            f"all files are copied above line {step.line}, where {found.tool} installs packages:"
            " every edit of any file installs them again",
            f"above this line: {early}",
            others=[step],
        )
    names = " ".join(manifests)
    return reading.finding(
        RULE,
        severity,
        copy,
        f"all files are copied above line {step.line}, where {found.tool} installs what"
        f" {' and '.join(manifests)} {'names' if len(manifests) == 1 else 'name'}:"
        " every edit of any file installs it again",
        f"above this line: COPY {names} {_folder(manifests)}\n{early}",
        others=[step],
    )


def _folder(manifests: tuple[str, ...]) -> str:
    """Where to copy them: beside where they are in the source, if all are in one folder."""
    folders = {posixpath.dirname(name) for name in manifests}
    folder = folders.pop() if len(folders) == 1 else ""
    return f"./{folder}/" if folder else "./"


def _in_source(copy: Step, manifests: tuple[str, ...]) -> tuple[str, ...] | None:
    """The manifests by their paths in the source; None if one was not copied with it."""
    found = []
    for name in manifests:
        if not name.startswith("/"):
            found.append(name)
            continue
        transfer = copy.instruction
        folder = copy.path(transfer.destination) if isinstance(transfer, Transfer) else None
        if folder is None or not is_inside(name, folder):
            return None
        found.append(posixpath.relpath(name, folder))
    return tuple(found)


def _there(reading: Reading, manifests: tuple[str, ...]) -> tuple[str, ...] | None:
    """The manifests that the context has; all where it is not known.

    None if the context holds nothing but manifests, so that copying all of it is copying them.
    """
    context = reading.context
    if context is None or not manifests:
        return _usual(manifests)
    there = tuple(
        name for name in manifests if "*" in name or context.node(posixpath.normpath(name))
    )
    if not there:
        return _usual(manifests)
    others = 0
    for count, (path, node) in enumerate(context.walk()):
        others += node.kind != "dir" and path not in there
        if others or count > _MOST_FILES:
            return there
    return None


def _usual(manifests: tuple[str, ...]) -> tuple[str, ...]:
    """Without the other spellings of one file."""
    return tuple(name for name in manifests if not name.endswith(".kts"))
