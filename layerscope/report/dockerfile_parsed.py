"""The document `layerscope.dockerfile/1`: a Dockerfile as BuildKit reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from layerscope import __version__
from layerscope.report.dockerfile_document import parser_part
from layerscope.report.dockerfile_typed import typed_part
from layerscope.report.document import FaultRow, Row, Tool
from layerscope.report.fault_rows import fault_row

if TYPE_CHECKING:
    from layerscope.errors import InputError


class DockerfileDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.dockerfile/1` document.

    Attributes:
        parser: What the parser makes of the lines: `directives`, `instructions` …; None if the
            file could not be read.
        typed: What the instructions mean: `meta_args`, `stages` …; None likewise.
        faults: What could not be read. A file that BuildKit refuses is no fault: its errors stand
            in `parser` and `typed`.
    """

    tool: Tool
    parser: dict[str, Any] | None
    typed: dict[str, Any] | None
    faults: list[FaultRow] = msgspec.field(default_factory=list)
    schema: Literal["layerscope.dockerfile/1"] = "layerscope.dockerfile/1"


def dockerfile_document(data: bytes) -> DockerfileDocument:
    """The document for the bytes of a Dockerfile; what is wrong with them is its `error`s."""
    return DockerfileDocument(
        tool=Tool(version=__version__), parser=parser_part(data), typed=typed_part(data)
    )


def unread_dockerfile(error: InputError) -> DockerfileDocument:
    """The document of a file that could not be read: nothing but the fault."""
    return DockerfileDocument(
        tool=Tool(version=__version__), parser=None, typed=None, faults=[fault_row(error)]
    )
