"""`FROM`: the head of a stage."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.dockerfile.flags import Kind, read_flags
from layerscope.dockerfile.instructions import Stage
from layerscope.dockerfile.letter_case import lower
from layerscope.dockerfile.typed_parts import Comments
from layerscope.dockerfile.words_text import SPACES
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.dockerfile.node import Node

FROM_FLAGS = {"platform": Kind.TEXT}
_NAME = re.compile(r"[a-z][a-z0-9_.-]*\Z")


def read_from(node: Node) -> Stage:
    """The stage that the node begins, still without instructions."""
    name = _stage_name(node)
    flags = read_flags(node.flags, FROM_FLAGS, "FROM")
    return Stage(
        name=name,
        base_name=node.args[0],
        platform=flags.text("platform"),
        doc_comment=Comments(node.comments).about(name),
        code=node.original.strip(SPACES),
        location=node.location,
        commands=(),
        node=node,
    )


def _stage_name(node: Node) -> str:
    """The name behind `AS` in lower case; empty without one."""
    args = node.args
    # Of all letters, the long s (U+017F) also counts as an s.
    if len(args) == 3 and len(args[1]) == 2 and args[1].casefold() == "as":
        name = lower(args[2])
        if not _NAME.match(name):
            raise DockerfileError(
                f"'{shown(args[2])}' is no name for a stage; it starts with a letter and has only"
                " letters, digits, '-', '_' and '.'"
            )
        return name
    if len(args) != 1:
        raise DockerfileError(
            f"FROM has {len(args)} arguments; it takes an image or stage, and AS and a name if any"
        )
    return ""
