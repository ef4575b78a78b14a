from __future__ import annotations

from html.parser import HTMLParser

import pytest

from layerscope.fleet import Frames, forest, notebook
from layerscope.fleet.holdings import holdings
from tests.fleet.made import digest, fleet

HOSTILE = '<img src=x onerror="alert(1)">\x1b[31m\u202e&amp;' + "x" * 200


class Read(HTMLParser):
    """The tags of a page, their attributes, and the texts of its cells."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag in {"td", "th"}:
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] in {"td", "th"}:
            self.cells[-1] += data


def rows(page: str, width: int) -> list[list[str]]:
    cells = Read(page).cells
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def test_frames_show_images_with_their_layers_and_bytes() -> None:
    frames = fleet("ab", "c?", names=[("app:1", "app:2"), ()], manifest_digest=[digest("m"), None])

    page = frames._repr_html_()

    # A blob is half of its tar: a 5 and b 50 bytes; of the second image one layer is not known.
    assert rows(page, 6) == [
        ["image", "names", "platform", "manifest", "layers", "compressed_bytes"],
        ["0", "app:1, app:2", "linux/amd64", digest("m")[7:19], "2", "55 B"],
        ["1", "?", "linux/amd64", "?", "2", "?"],
    ]
    assert "Frames of 2 images and 4 layer rows" in page


def test_hostile_names_are_text_and_nothing_else() -> None:
    frames = fleet("a", names=[(HOSTILE,)], platform=["<script>/<b>"])

    page = frames._repr_html_()

    assert set(Read(page).tags) == {"div", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert Read(page).attributes == {"style"}
    (_, shown) = rows(page, 6)
    assert shown[1].startswith('<img src=x onerror="alert(1)">')
    assert shown[2] == "<script>/<b>"
    assert page.isprintable()
    assert "x" * 60 not in page


def test_head_of_a_large_fleet_says_how_much_is_left_out() -> None:
    page = fleet(*["a"] * 20)._repr_html_()

    assert len(rows(page, 6)) == 1 + notebook.HEAD_ROWS
    assert "<p>and 12 more</p>" in page


def test_forest_shows_its_size_and_the_layers_that_most_images_hold() -> None:
    page = forest(fleet("ab", "ac", "abd"))._repr_html_()

    assert "Forest of 4 layers on 1 base layers, in 3 images, up to 3 deep" in page
    assert rows(page, 3)[:3] == [
        ["node", "layers below", "images"],
        ["0", "0", "3"],
        ["1", "1", "2"],
    ]


def test_holdings_show_what_saves_most() -> None:
    page = holdings(fleet("ab", "ac", "ab?"), "diff_id")._repr_html_()

    # b has 100 bytes and saves them once, a has 10 and saves them twice.
    assert [row[1:] for row in rows(page, 3)] == [
        ["images", "bytes"],
        ["2", "100 B"],
        ["3", "10 B"],
        ["1", "1.0 kB"],
    ]
    assert "Holdings of 3 images by diff_id: 3 things, held 6 times" in page


@pytest.mark.parametrize("value", [fleet(), forest(fleet()), holdings(fleet(), "blob")])
def test_empty_fleet_shows_an_empty_table(value: Frames) -> None:
    assert Read(value._repr_html_()).cells
