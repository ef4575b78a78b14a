"""Markdown as hosts show it: which tags come out, what stands in code, whether blocks are whole."""

from __future__ import annotations

from html.parser import HTMLParser

from markdown_it import MarkdownIt

OURS = {
    "br", "code", "details", "h3", "li", "p", "strong", "summary", "table", "tbody", "td", "th",
    "thead", "tr", "ul",
}  # fmt: skip
"""Tags that our own words make."""


class Page(HTMLParser):
    """What a reader would see: which tags there are, and the texts within code and without."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.in_code: list[str] = []
        self.plain: list[str] = []
        self.comments: list[str] = []
        self.open: list[str] = []
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {f"{tag} {name}" for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.in_code if "code" in self.open else self.plain).append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def blocks_are_whole(markdown: str) -> None:
    """Tables have equal rows and a body, folded parts are closed, by the lines alone."""
    assert markdown.count("<details>") == markdown.count("</details>")
    for block in markdown.rstrip("\n").split("\n\n"):
        lines = block.split("\n")
        if lines[0].startswith("| "):
            assert len(lines) >= 3
            assert {line.count("|") for line in lines} == {lines[0].count("|")}
