"""What `dockerfile parse` says of a file's lines: the `parser` half of its document.

Text is as the file has it; a byte that is not UTF-8 is a lone surrogate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.dockerfile.directives import detect_syntax, directives
from layerscope.dockerfile.parser import Parsed, parse
from layerscope.errors import DockerfileError
from layerscope.report.dockerfile_tree import tree_text

if TYPE_CHECKING:
    from layerscope.dockerfile.node import Heredoc, Node


def parser_part(data: bytes) -> dict[str, Any]:
    """The object `parser`: what BuildKit's parser makes of the file, before types are given.

    With an error, the escape character is None and there are no instructions and no warnings;
    the directives and the syntax are looked for all the same.
    """
    syntax = detect_syntax(data)
    part: dict[str, Any] = {
        "error": None,
        "directives": [
            {"name": directive.name, "value": directive.value, "line": directive.line}
            for directive in directives(data)
        ],
        "syntax": syntax and {"ref": syntax.ref, "value": syntax.value, "line": syntax.line},
        "escape": None,
        "warnings": [],
        "instructions": [],
    }
    try:
        part |= _parsed_part(parse(data))
    except DockerfileError as error:
        part["error"] = {
            "message": error.problem,
            "start_line": error.first_line,
            "end_line": error.last_line,
        }
    return part


def _parsed_part(parsed: Parsed) -> dict[str, Any]:
    return {
        "escape": parsed.escape,
        "warnings": [
            {"short": warning.message, "line": warning.location.first_line}
            for warning in parsed.warnings
        ],
        "instructions": [_instruction(node) for node in parsed.nodes],
        "sexp": [tree_text(node) for node in parsed.nodes],
    }


def _instruction(node: Node) -> dict[str, Any]:
    row: dict[str, Any] = {
        "cmd": node.keyword,
        "flags": list(node.flags),
        "args": list(node.args),
        "json_form": node.json_form,
        "start_line": node.location.first_line,
        "end_line": node.location.last_line,
        "original": node.original,
        "heredocs": [_heredoc(heredoc) for heredoc in node.heredocs],
    }
    if node.comments:
        row["comments"] = list(node.comments)
    if node.onbuild is not None:
        row["onbuild"] = _instruction(node.onbuild)
    return row


def _heredoc(heredoc: Heredoc) -> dict[str, Any]:
    return {
        "name": heredoc.name,
        "fd": heredoc.descriptor,
        "expand": heredoc.expand,
        "chomp": heredoc.chomp,
        "content": heredoc.content,
    }
