"""A Dockerfile as buildah's own parser reads it; an instruction is judged when its turn comes.

Source: openshift/imagebuilder 1.2.4, `dockerfile/parser` and `builder.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.cache.builders.old_directives import without_newer_directives
from layerscope.dockerfile.location import Location
from layerscope.dockerfile.node import Node
from layerscope.dockerfile.parser import parse
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

DIRECTIVES = (b"escape",)
LONGEST_NUMBER = 18


@dataclass(frozen=True, slots=True)
class NodeStage:
    """One FROM and the instructions behind it.

    Attributes:
        name: As written behind AS, else the number.
        index: The number.
        start: The FROM.
        nodes: The instructions.
    """

    name: str
    index: int
    start: Node
    nodes: tuple[Node, ...]

    @property
    def shown_name(self) -> str:
        """The name that rows have."""
        return f"stage-{self.index}" if self.name == str(self.index) else self.name


@dataclass(frozen=True, slots=True)
class NodeFile:
    """ARG instructions above the first FROM, and the stages."""

    above: tuple[Node, ...]
    stages: tuple[NodeStage, ...]


def stage_name(stages: Sequence[NodeStage], name: str) -> str:
    """The name of the stage that `name` is the number of; `name` itself if it is no such number."""
    # Longer digits are no number of a stage, and Python would refuse to read some.
    is_number = name.isascii() and name.isdigit() and len(name) <= LONGEST_NUMBER
    return stages[int(name)].name if is_number and int(name) < len(stages) else name


def read_nodes(data: bytes, labels: Mapping[str, str]) -> NodeFile:
    """The file, with the LABEL lines that `--label` adds at its end. Raises: `DockerfileError`."""
    parsed = parse(without_newer_directives(data, DIRECTIVES))
    nodes = [*_without_heredocs(parsed.nodes), *_label_lines(labels)]
    above: list[Node] = []
    stages: list[tuple[Node, list[Node]]] = []
    for node in nodes:
        if node.keyword.lower() == "from":
            stages.append((node, []))
        elif stages:
            stages[-1][1].append(node)
        elif node.keyword.lower() == "arg":
            above.append(node)
        else:
            problem = "no FROM statement found"
            raise DockerfileError(problem).at(node.location.first_line)
    if not stages:
        problem = "no FROM statement found"
        raise DockerfileError(problem)
    return NodeFile(
        tuple(above),
        tuple(
            NodeStage(_stage_name(start) or str(index), index, start, tuple(own))
            for index, (start, own) in enumerate(stages)
        ),
    )


def _stage_name(start: Node) -> str:
    args = start.args
    return args[2] if len(args) >= 3 and args[1].lower() == "as" else ""


def _without_heredocs(nodes: Sequence[Node]) -> Iterator[Node]:
    """The nodes; the lines of a here-document are instructions to this parser."""
    for node in nodes:
        yield replace(node, heredocs=())
        line = node.location.first_line + 1
        for heredoc in node.heredocs:
            body = f"{heredoc.content}{heredoc.name}\n"
            for number, text in enumerate(body.split("\n"), line):
                words = text.split()
                if words:
                    yield Node(
                        words[0],
                        (),
                        tuple(words[1:]),
                        json_form=False,
                        location=Location(number, number),
                        original=text.strip(),
                    )
            line += body.count("\n")


def _label_lines(labels: Mapping[str, str]) -> Iterator[Node]:
    for name, value in labels.items():
        if name:
            text = f"LABEL {_quoted(name)}={_quoted(value)}"
            (node,) = parse(text.encode("utf-8", "surrogateescape")).nodes
            yield replace(node, location=Location(0, 0))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
