"""The document `layerscope.dockerfile/1`: a Dockerfile as BuildKit reads it."""

from __future__ import annotations

from typing import Any, Literal

from layerscope import __version__
from layerscope.report.dockerfile_document import parser_part
from layerscope.report.dockerfile_typed import typed_part
from layerscope.report.document import Row, Tool


class DockerfileDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.dockerfile/1` document.

    Attributes:
        parser: What the parser makes of the lines: `directives`, `instructions` …
        typed: What the instructions mean: `meta_args`, `stages` …
    """

    tool: Tool
    parser: dict[str, Any]
    typed: dict[str, Any]
    schema: Literal["layerscope.dockerfile/1"] = "layerscope.dockerfile/1"


def dockerfile_document(data: bytes) -> DockerfileDocument:
    """The document for the bytes of a Dockerfile; what is wrong with them is its `error`s."""
    return DockerfileDocument(
        tool=Tool(version=__version__), parser=parser_part(data), typed=typed_part(data)
    )
