"""A parsed Dockerfile for people: stages, and below each its instructions with their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.render.cache_text import wrapped
from layerscope.render.escape import line
from layerscope.render.page import Page
from layerscope.render.text import DEFAULT_WIDTH

if TYPE_CHECKING:
    from layerscope.report.dockerfile_parsed import DockerfileDocument


def parsed_text(
    document: DockerfileDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> bytes:
    """The file as UTF-8 text; each instruction is cut to the width, warnings are wrapped.

    Args:
        document: What was parsed.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    if document.parser is None or document.typed is None:
        return b""
    for directive in document.parser["directives"]:
        text = f"# {directive['name']}={directive['value']}"
        page.line(f"{directive['line']:>5}  {line(text, max(width - 7, 20))}")
    for argument in document.typed["meta_args"]:
        _instruction(page, argument, width)
    for number, stage in enumerate(document.typed["stages"]):
        name = stage["name"] or f"stage-{number}"
        page.title(line(name))
        _instruction(page, stage, width)
        for command in stage["commands"]:
            _instruction(page, command, width)
    findings = [
        *((row["line"], row["short"]) for row in document.parser["warnings"]),
        *((row["start_line"], row["message"]) for row in document.typed["lint"]),
    ]
    if findings:
        page.line("")
    for where, text in sorted(findings, key=lambda finding: finding[0] or 0):
        place = f"line {where}: " if where else ""
        for part in wrapped(f"warning: {place}{text}", width):
            page.line(part)
    return page.encoded()


def _instruction(page: Page, row: dict[str, Any], width: int) -> None:
    page.line(f"{row['start_line']:>5}  {line(row['code'], max(width - 7, 20))}")
