"""What tests of rules share: findings of a Dockerfile that stands in the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.filetree import FileNode
from layerscope.cache.lint import lint
from layerscope.cache.memory_tree import MemoryTree
from layerscope.dockerfile import stages

if TYPE_CHECKING:
    from layerscope.cache.lint import Finding


def findings(rule: str, text: str, *, target: str | None = None) -> list[Finding]:
    """The findings of one rule."""
    found = lint(stages.read(text.encode()), target=target)
    return [finding for finding in found if finding.rule == rule]


def lines(rule: str, text: str, *, target: str | None = None) -> list[int]:
    """The lines of the findings of one rule."""
    return [finding.line for finding in findings(rule, text, target=target)]


def context(*paths: str) -> MemoryTree:
    """A context with these files, all of them empty."""
    return MemoryTree({path: FileNode("file", 0o644) for path in paths}, dict.fromkeys(paths, b""))
