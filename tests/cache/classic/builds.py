"""Builds written down in few lines, for tests of the builders that keep an image for every step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.build import Base, BaseConfig, Build, NamedImage
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.step import Prediction

Files = dict[str, "str | FileNode"]
LETTERS = {"hit": "H", "miss": "M", "unknown": "?", "no-step": ""}


class LinkedTree(MemoryTree):
    """A tree that knows which names are second names of a file."""

    def __init__(self, files: Mapping[str, str], second_names: Mapping[str, str]) -> None:
        contents = {path: text.encode() for path, text in files.items()}
        contents.update({name: contents[first] for name, first in second_names.items()})
        nodes = {path: FileNode("file", 0o644, size=len(data)) for path, data in contents.items()}
        super().__init__(nodes, contents)
        self._second_names = dict(second_names)

    def first_name(self, path: str) -> str:
        return self._second_names.get(path, path)


def tree(files: Mapping[str, str | FileNode]) -> MemoryTree:
    """Files 0644 by path and text, and anything else as a node."""
    nodes = {
        path: value
        if isinstance(value, FileNode)
        else FileNode("file", 0o644, size=len(value.encode()))
        for path, value in files.items()
    }
    texts = {path: value.encode() for path, value in files.items() if isinstance(value, str)}
    return MemoryTree(nodes, texts)


def link(target: str) -> FileNode:
    return FileNode("symlink", 0o777, link=target)


def base(manifest: str = "base-1", **config: object) -> NamedImage:
    """An image whose users are known and whose files are not."""
    settings = BaseConfig(**{"env": ("PATH=/bin",), **config})  # type: ignore[arg-type]
    users = {"root": (0, 0), "app": (1000, 1000)}
    image = Base(manifest, ("layer-1",), settings, users, {"root": 0, "app": 1000})
    return NamedImage({None: image})


def build(
    dockerfile: str, files: Mapping[str, str | FileNode] | None = None, **more: object
) -> Build:
    """A build on `base:1` with these files in its context."""
    context = tree(files or {})
    given = {"bases": {"base:1": base()}, "full_context": context, "served_all": True, **more}
    return Build(dockerfile.encode(), context, **given)  # type: ignore[arg-type]


def verdicts(prediction: Prediction) -> str:
    """One letter for each step that has a verdict."""
    return "".join(LETTERS[step.outcome] for step in prediction.steps)
