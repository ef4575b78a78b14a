"""Findings in a Dockerfile for people: each with its line, its rule and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.cache_text import wrapped
from layerscope.render.escape import line
from layerscope.render.page import Page
from layerscope.render.text import DEFAULT_WIDTH
from layerscope.units import counted

if TYPE_CHECKING:
    from layerscope.report.lint_document import FindingRow, LintDocument

STYLES = {"error": "red", "warning": "yellow", "info": ""}
INDENT = "    "


def lint_text(document: LintDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False) -> bytes:
    """The findings as UTF-8 text, by line.

    Args:
        document: The findings.
        width: Columns.
        styled: Whether to use bold and colour.
    """
    page = Page(width, styled=styled)
    name = line(document.input)
    for row in document.findings:
        place = f"{name}:{row.line}" if row.line else name
        page.line(f"{place}: {row.severity} {row.rule}", STYLES[row.severity])
        _body(page, row, width)
    if document.findings:
        page.line("")
    counts = [
        counted(document.errors, "error"),
        counted(document.warnings, "warning"),
        counted(document.infos, "info"),
    ]
    found = [text for text in counts if not text.startswith("0 ")]
    page.line(", ".join(found) if found else "nothing found")
    return page.encoded()


def _body(page: Page, row: FindingRow, width: int) -> None:
    texts = [row.message]
    if row.measured is not None:
        texts.append(f"measured: {row.measured.text}")
    texts += f"instead: {row.remedy}".split("\n")
    for text in texts:
        for part in wrapped(text, width - len(INDENT)):
            page.line(INDENT + part)
