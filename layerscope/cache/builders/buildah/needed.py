"""The stages that the target needs; buildah leaves the others out.

Source: buildah 1.28, `Build` in `imagebuildah/executor.go`. Arguments above the first FROM are not
looked at there, and `--from` is not expanded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildah.old_nodes import stage_name
from layerscope.dockerfile import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from layerscope.cache.builders.buildah.old_nodes import NodeStage
    from layerscope.dockerfile.node import Node

FROM_FLAG = "--from="
MOUNT_FLAG = "--mount="
FROM_FIELD = "from="


def needed(stages: Sequence[NodeStage], given: Mapping[str, str]) -> set[str]:
    """The names of the stages to build; `given` are the build arguments."""
    known: set[str] = set()
    needs: dict[str, list[str]] = {}
    variables = [f"{name}={value}" for name, value in given.items()]
    for stage in stages:
        known.add(stage.name)
        names = [*_base(stage, variables)]
        for node in stage.nodes:
            names.extend(_names(node, stages))
        needs[stage.name] = [name for name in names if name in known]
    found: set[str] = set()
    waiting = [stages[-1].name]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs[name])
    return found


def _base(stage: NodeStage, variables: Sequence[str]) -> Iterator[str]:
    if stage.start.args and stage.start.args[0] != "scratch":
        yield words.expand(stage.start.args[0], variables)


def _names(node: Node, stages: Sequence[NodeStage]) -> Iterator[str]:
    keyword = node.keyword.lower()
    for flag in node.flags:
        if keyword in {"add", "copy"} and flag.startswith(FROM_FLAG):
            yield stage_name(stages, flag.removeprefix(FROM_FLAG))
        elif keyword == "run" and flag.startswith(MOUNT_FLAG):
            for part in flag.removeprefix(MOUNT_FLAG).split(","):
                if part.startswith(FROM_FIELD):
                    yield part.removeprefix(FROM_FIELD)
