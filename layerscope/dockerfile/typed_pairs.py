"""`ENV`, `LABEL` and `ARG`: instructions that give values to names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.instructions import Arg, BuildArgument, Env, KeyValue, Label
from layerscope.dockerfile.typed_parts import Comments, head, refuse_flags, require_argument
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from layerscope.dockerfile.node import Node


def read_env(node: Node) -> Env:
    """The `ENV` that the node is."""
    return Env(*head(node), _pairs(node, "ENV"))


def read_label(node: Node) -> Label:
    """The `LABEL` that the node is."""
    return Label(*head(node), _pairs(node, "LABEL"))


def read_arg(node: Node) -> Arg:
    """The `ARG` that the node is.

    Words that start with `--` in front of the names are passed over: the reference does not look
    at them.
    """
    require_argument(node, "ARG")
    comments = Comments(node.comments)
    return Arg(*head(node), tuple(_argument(word, comments) for word in node.args))


def _pairs(node: Node, keyword: str) -> tuple[KeyValue, ...]:
    refuse_flags(node, keyword)
    require_argument(node, keyword)
    if len(node.args) % 3:
        raise DockerfileError(f"{keyword} has a name without a value")
    names, values, delimiters = node.args[0::3], node.args[1::3], node.args[2::3]
    if not all(names):
        raise DockerfileError(f"{keyword} has a blank name in front of a '='")
    return tuple(
        KeyValue(name, value, no_delimiter=not delimiter)
        for name, value, delimiter in zip(names, values, delimiters, strict=True)
    )


def _argument(word: str, comments: Comments) -> BuildArgument:
    name, equals, value = word.partition("=")
    if equals and not name:
        raise DockerfileError("ARG has a blank name in front of a '='")
    return BuildArgument(name, value if equals else None, comments.about(name))
