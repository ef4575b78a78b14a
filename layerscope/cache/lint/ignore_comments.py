"""Comments in a Dockerfile that switch rules off.

`# layerscope: ignore=RULE[,RULE]` right above an instruction is for that instruction;
`# layerscope: ignore-file=RULE[,RULE]` above any instruction is for the whole file. `all` is every
rule. A comment inside an instruction, or one that an empty comment line (`#`) follows, is not read:
the parser does not keep those.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from layerscope.cache.lint.finding import Finding
    from layerscope.dockerfile.instructions import Dockerfile
    from layerscope.dockerfile.node import Node

ALL = "all"
_COMMENT = re.compile(r"layerscope:\s{0,20}(ignore|ignore-file)\s{0,20}=\s{0,20}(\S.{0,2000})")
_SEPARATOR = re.compile(r"[,\s]+")


def without_ignored(findings: Iterable[Finding], dockerfile: Dockerfile) -> Iterator[Finding]:
    """The findings that no comment switches off, in order."""
    for_file: set[str] = set()
    for_line: dict[int, set[str]] = {}
    for node in _nodes(dockerfile):
        for kind, rules in _switched_off(node):
            if kind == "ignore-file":
                for_file.update(rules)
            else:
                for_line.setdefault(node.location.first_line, set()).update(rules)
    for finding in findings:
        off = for_file | for_line.get(finding.line, set())
        if finding.rule not in off and ALL not in off:
            yield finding


def _nodes(dockerfile: Dockerfile) -> Iterator[Node]:
    yield from (argument.node for argument in dockerfile.meta_args)
    for stage in dockerfile.stages:
        yield stage.node
        yield from (instruction.node for instruction in stage.commands)


def _switched_off(node: Node) -> Iterator[tuple[str, list[str]]]:
    for comment in node.comments:
        found = _COMMENT.fullmatch(comment.strip())
        if found:
            yield found[1], [name for name in _SEPARATOR.split(found[2]) if name]
