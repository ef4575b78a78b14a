"""The build context in a folder: what a builder sends of it, and by which ignore file."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.context_index import index_folder
from layerscope.cache.folder_scan import FolderScan
from layerscope.cache.folder_tree import FolderTree
from layerscope.dockerfile.dockerignore import Ignore
from layerscope.errors import InputError, OverLimitError, UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Context", "ignore_files", "index_folder", "open_context"]

MOST_IGNORE_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Context:
    """A build context on disk.

    Attributes:
        tree: What is sent.
        full_tree: All that is in the folder, the same files among it.
        ignore_source: The ignore file that was used; None if there is none.
        patterns: How many patterns it has.
    """

    tree: FolderTree
    full_tree: FolderTree
    ignore_source: Path | None
    patterns: int

    def keep(self) -> str:
        """Write what was computed to the index, for the next run.

        Returns: Why that was not possible, or an empty text. No answer depends on the index, so
            this is for people to know and not an error.
        """
        try:
            self.tree.scan.save()
        except OSError as error:
            return f"the index of the context was not written: {error.strerror or error}"
        return ""


def open_context(
    folder: Path, dockerfile: Path, *, index: Path | None = None, builder: str = "buildkit"
) -> Context:
    """The context in a folder, for a build with this Dockerfile.

    Args:
        folder: The context's root.
        dockerfile: Path of the Dockerfile, which need not lie in the context.
        index: The folder in which checksums are kept between runs; None keeps none.
        builder: `buildkit`, `classic` or `buildah`: which ignore files count differs.

    Raises: `UnreadableInputError` for a folder or an ignore file that cannot be read;
        `DockerignoreError`.
    """
    scan = FolderScan(folder, index)
    source = next(
        (path for path in ignore_files(folder, dockerfile, builder) if os.path.lexists(path)), None
    )
    ignore = None if source is None else _read(source)
    full_tree = FolderTree(scan)
    tree = full_tree if ignore is None or not ignore.patterns else FolderTree(scan, ignore)
    return Context(tree, full_tree, source, len(ignore.patterns) if ignore is not None else 0)


def ignore_files(folder: Path, dockerfile: Path, builder: str) -> Iterator[Path]:
    """The files of which the first that exists counts.

    Source: BuildKit, `frontend/dockerui/config.go`: a file beside the Dockerfile, then the one in
    the root of the context. docker's client for the classic builder looks into the root only.
    buildah 1.28.2, `pkg/parse/parse.go` (`ContainerIgnoreFile`): also `.containerignore`, which in
    the root comes first, and beside the Dockerfile second.
    """
    beside = dockerfile.name and builder != "classic"
    if beside:
        yield dockerfile.with_name(f"{dockerfile.name}.dockerignore")
    if builder == "buildah":
        if beside:
            yield dockerfile.with_name(f"{dockerfile.name}.containerignore")
        yield folder / ".containerignore"
    yield folder / ".dockerignore"


def _read(path: Path) -> Ignore:
    try:
        # A pipe in place of the file must not block the program.
        with open(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                raise UnreadableInputError("the ignore file is no regular file", shown(path))
            data = stream.read(MOST_IGNORE_BYTES + 1)
    except OSError as error:
        problem = error.strerror or str(error)
        raise UnreadableInputError(problem[:1].lower() + problem[1:], shown(path)) from error
    if len(data) > MOST_IGNORE_BYTES:
        raise OverLimitError(f"an ignore file of more than {MOST_IGNORE_BYTES} bytes", shown(path))
    try:
        return Ignore.parse(data)
    except InputError as error:
        raise error.within(shown(path)) from error
