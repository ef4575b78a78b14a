"""A Dockerfile as typed instructions, stage by stage.

Source: BuildKit, `frontend/dockerfile/instructions/parse.go`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from layerscope.dockerfile.characters import encode
from layerscope.dockerfile.instructions import (
    Arg,
    Dockerfile,
    Instruction,
    Stage,
)
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.parser import NO_LOCATION, parse
from layerscope.dockerfile.suggestions import nearest
from layerscope.dockerfile.typed_command_lines import (
    read_cmd,
    read_entrypoint,
    read_healthcheck,
    read_run,
    read_shell,
)
from layerscope.dockerfile.typed_from import read_from
from layerscope.dockerfile.typed_lint import about_description, before_reading
from layerscope.dockerfile.typed_pairs import read_arg, read_env, read_label
from layerscope.dockerfile.typed_settings import (
    read_expose,
    read_maintainer,
    read_onbuild,
    read_stopsignal,
    read_user,
    read_volume,
    read_workdir,
)
from layerscope.dockerfile.typed_transfer import read_add, read_copy
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from layerscope.dockerfile.instructions import Finding
    from layerscope.dockerfile.node import Node
    from layerscope.dockerfile.parser import Parsed

_READERS: Mapping[str, Callable[[Node], Instruction | Stage]] = {
    "add": read_add,
    "arg": read_arg,
    "cmd": read_cmd,
    "copy": read_copy,
    "entrypoint": read_entrypoint,
    "env": read_env,
    "expose": read_expose,
    "from": read_from,
    "healthcheck": read_healthcheck,
    "label": read_label,
    "maintainer": read_maintainer,
    "onbuild": read_onbuild,
    "run": read_run,
    "shell": read_shell,
    "stopsignal": read_stopsignal,
    "user": read_user,
    "volume": read_volume,
    "workdir": read_workdir,
}
INSTRUCTIONS = tuple(_READERS)
"""The keywords of all instructions, in lower case and sorted."""


def read(data: bytes) -> Dockerfile:
    """The Dockerfile in these bytes.

    Raises:
        DockerfileError: BuildKit would refuse it, in its parser or as a typed instruction; the
            error has the lines.
    """
    return from_parsed(parse(data))


def from_parsed(parsed: Parsed, *, findings: list[Finding] | None = None) -> Dockerfile:
    """The Dockerfile of what the parser gave.

    Args:
        parsed: The nodes.
        findings: Receives what the typed parser finds, also if the reading then fails.

    Raises:
        DockerfileError: An instruction is wrong or stands before the first `FROM`.
    """
    found: list[Finding] = [] if findings is None else findings
    meta_args: list[Arg] = []
    stages: list[Stage] = []
    commands: list[list[Instruction]] = []
    for node in parsed.nodes:
        item = _read_node(node, found)
        if isinstance(item, Stage):
            stages.append(item)
            commands.append([])
        elif stages:
            commands[-1].append(item)
        elif isinstance(item, Arg):
            meta_args.append(item)
        else:
            raise DockerfileError(
                f"{item.keyword.upper()} stands before the first FROM, where only ARG can stand"
            ).at(node.location.first_line, node.location.last_line)
    return Dockerfile(
        meta_args=tuple(meta_args),
        stages=tuple(
            replace(stage, commands=tuple(own)) for stage, own in zip(stages, commands, strict=True)
        ),
        escape=parsed.escape,
        warnings=(*parsed.warnings, *found),
    )


def trigger(text: str, escape: str = "\\") -> Instruction:
    """The instruction in one `ONBUILD` trigger, as an image's config stores it.

    Its lines are 0: it has none in the Dockerfile that starts from that image.

    Args:
        text: The trigger, with the bodies of its here-documents if any.
        escape: BuildKit reads triggers with a backslash, whatever the Dockerfile had that set
            them; a directive inside of the text would count.

    Raises:
        DockerfileError: It is no instruction, or more than one, or `FROM`.
    """
    directive = "" if escape == "\\" else f"# escape={escape}\n"
    try:
        nodes = parse(encode(directive + text)).nodes
    except DockerfileError as error:
        # Lines inside of the trigger would be taken for lines of the Dockerfile.
        raise error.at(0) from None
    if len(nodes) != 1:
        raise DockerfileError(f"an ONBUILD trigger has {len(nodes)} instructions; it takes one")
    item = _read_node(replace(nodes[0], location=NO_LOCATION), [])
    if isinstance(item, Stage):
        raise DockerfileError("an ONBUILD trigger is a FROM, which cannot be triggered")
    return item


def _read_node(node: Node, found: list[Finding]) -> Instruction | Stage:
    """The typed instruction, or the stage that the node begins."""
    keyword = lower(node.keyword)
    reader = _READERS.get(keyword)
    first, last = node.location.first_line, node.location.last_line
    if reader is None:
        raise _unknown(node).at(first, last)
    found += before_reading(node, keyword)
    try:
        item = reader(node)
    except DockerfileError as error:
        raise error.at(first, last) from None
    if isinstance(item, Stage) and item.name:
        found += about_description(node, "FROM", [item.name])
    elif isinstance(item, Arg):
        found += about_description(node, "ARG", [argument.key for argument in item.arguments])
    return item


def _unknown(node: Node) -> DockerfileError:
    near = nearest(lower(node.keyword), INSTRUCTIONS)
    hint = f"did you mean {near.upper()}?" if near is not None else ""
    return DockerfileError(f"'{shown(node.keyword)}' is no instruction", hint=hint)
