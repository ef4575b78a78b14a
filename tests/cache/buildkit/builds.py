"""Builds written down in few lines, for tests of BuildKit's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.build import Base, BaseConfig, Build, NamedImage
from layerscope.cache.builders.buildkit import simulate
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.step import AssumeReruns, CacheStep, Prediction

LETTERS = {"hit": "H", "miss": "M", "unknown": "?", "no-step": ""}


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


def base(
    manifest: str = "m1",
    layer: str = "l1",
    files: Mapping[str, str] | None = None,
    **config: object,
) -> NamedImage:
    """An image whose users are known; its files are only if they are given."""
    settings = BaseConfig(**{"env": ("PATH=/bin",), **config})  # type: ignore[arg-type] # a test's
    users = {"root": (0, 0), "app": (1000, 1000)}
    known = None if files is None else tree(files)
    groups = {"root": 0, "app": 1000}
    return NamedImage({None: Base(manifest, (layer,), settings, users, groups, known)})


def build(
    dockerfile: str, files: Mapping[str, str | FileNode] | None = None, **more: object
) -> Build:
    """A build on `base:1` with these files in its context."""
    context = tree(files or {})
    given = {"bases": {"base:1": base()}, "full_context": context, "served_all": True, **more}
    return Build(dockerfile.encode(), context, **given)  # type: ignore[arg-type] # a test's


def predict(*builds: Build, assume: AssumeReruns | None = None, old: bool = False) -> Prediction:
    """What the last build does; `old` is the BuildKit of docker 20.10."""
    version = "20.10.24" if old else "0.32.2"
    return simulate(builds, version=version, assume_reruns=assume)


def verdicts(*builds: Build, assume: AssumeReruns | None = None, old: bool = False) -> str:
    """One letter for each step of the last build that has a verdict."""
    prediction = predict(*builds, assume=assume, old=old)
    return "".join(LETTERS[step.outcome] for step in prediction.steps)


def step(prediction: Prediction, line: int) -> CacheStep:
    """The step on a line that has a verdict."""
    return next(
        each for each in prediction.steps if each.facts.line == line and each.outcome != "no-step"
    )
