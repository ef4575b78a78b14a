"""Directories that `.dockerignore` names, though an exception below them keeps something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.dockerignore import Ignore

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.cache.build import Build
    from layerscope.cache.filetree import FileTree

IGNORE_FILE = ".dockerignore"


def ignored_in(build: Build) -> Callable[[str], bool]:
    """Tells of a path in the context whether `.dockerignore` names it.

    Such a directory is walked through, but is no entry of what is sent.

    Raises: `DockerignoreError`.
    """
    tree: FileTree | None = build.full_context
    node = None if tree is None else tree.node(IGNORE_FILE)
    if tree is None or node is None or node.kind != "file":
        return nothing_ignored
    ignore = Ignore.parse(tree.read(IGNORE_FILE))
    return ignore.ignored


def nothing_ignored(_path: str) -> bool:
    """For trees that are no context."""
    return False
