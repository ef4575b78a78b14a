"""The line of history by which buildah finds a step again.

Source: buildah 1.28, `getCreatedBy` in `imagebuildah/stage_executor.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.predefined import PREDEFINED

if TYPE_CHECKING:
    from layerscope.cache.builders.buildah.evaluator import Evaluator
    from layerscope.dockerfile.node import Node

SHELL = "/bin/sh -c "
NO_OPERATION = f"{SHELL}#(nop) "
KEYWORD_LENGTH = len("RUN ")


class History:
    """Makes the lines of one stage, in order."""

    def __init__(self, evaluator: Evaluator) -> None:
        """`evaluator` is the stage's."""
        self._evaluator = evaluator
        self._written: set[str] = set()

    def note_argument(self, node: Node) -> None:
        """An ARG line stands in the file; a predefined argument must be named by one to count."""
        self._written.update(node.original.split())

    def argument_line(self) -> str:
        """ARG, once it is done: the names of all arguments that have a value."""
        return f"{NO_OPERATION}ARG {' '.join(sorted(self._evaluator.in_scope()))}"

    def arguments(self) -> list[str]:
        """`NAME=value` of what stands in front of a RUN, sorted; an ENV of this stage wins."""
        evaluator = self._evaluator
        found = []
        for name, value in evaluator.in_scope().items():
            if name in evaluator.env:
                found.append(f"{name}={evaluator.env[name]}")
            elif name not in PREDEFINED or name in self._written:
                found.append(f"{name}={value}")
        return sorted(found)

    def run_line(self, node: Node) -> str:
        """RUN, before it is done: all that stands behind the keyword, as it is written."""
        text = SHELL + node.original[KEYWORD_LENGTH:]
        arguments = " ".join(self.arguments())
        if not arguments:
            return text
        return f"|{len(arguments.split(' '))} {arguments} {text}"


def transfer_line(node: Node) -> str:
    """COPY and ADD, without the digest: only the destination, as it is written."""
    return f"{NO_OPERATION}{node.keyword.upper()} in {node.args[-1] if node.args else ''} "


def other_line(node: Node) -> str:
    """Any other instruction: the line as it is written."""
    return f"{NO_OPERATION}{node.original}"
