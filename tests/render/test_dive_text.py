from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from blake3 import blake3

from layerscope.analysis.dive import dive_numbers
from layerscope.analysis.dive_differences import explain
from layerscope.files.squash import squash
from layerscope.files.walk import Walk
from layerscope.render.dive_text import dive_lines
from layerscope.render.page import Page
from layerscope.report.document import WasteRow
from layerscope.report.from_results import build
from layerscope.sources.limits import Limits
from layerscope.synth.tree import Tree
from tests.report.made import image, layer, opened

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns
    from layerscope.report.document import ImageRow


def columns(tree: Tree) -> FileColumns:
    walk = Walk(Limits(), blake3)
    walk.feed(tree.layer_tar())
    walk.finish()
    return walk.columns


def text(made: ImageRow, *layers: Tree, width: int = 80) -> str:
    tables = [columns(tree) for tree in layers]
    numbers = dive_numbers(tables)
    page = Page(width, styled=False)
    dive_lines(page, made, numbers, explain(numbers, squash(tables)), width=width)
    return page.encoded().decode()


def row(layers: int) -> ImageRow:
    made = [layer(index, f"l{index}") for index in range(layers)]
    return build([opened(image("a", *made))], {}).images[0]


def cells(page: str, start: str) -> list[str]:
    line = next(line for line in page.splitlines() if line.startswith(start))
    return line.removeprefix(start).split()


CHMOD = (Tree().file("a", b"x" * 1_000_000), Tree().file("a", b"x" * 1_000_000, mode=0o755))


def test_dive_lines_chmod_shows_both_sides_and_why() -> None:
    made = row(2)
    made = msgspec.structs.replace(
        made,
        layers=[msgspec.structs.replace(it, content_bytes=1_000_000) for it in made.layers],
        efficiency=0.5,
        wasted_bytes=1_000_000,
        waste=[
            WasteRow(path="/a", bytes=1_000_000, cause="metadata-only", layer=0, hidden_by_layer=1)
        ],
    )

    page = text(made, *CHMOD)

    assert cells(page, "efficiency") == ["50.00%", "50.00%"]
    assert cells(page, "wasted bytes") == ["2.0", "MB", "1.0", "MB"]
    assert cells(page, "wasted share of the bytes above the base") == ["200.00%", "0.00%"]
    assert "   +1.0 MB  1 copy: dive counts the file and its equal copy" in page
    assert max(map(len, page.splitlines())) <= 80


def test_dive_lines_unmeasured_is_a_question_mark() -> None:
    page = text(row(2), *CHMOD)

    assert cells(page, "efficiency") == ["50.00%", "?"]
    assert cells(page, "wasted bytes") == ["2.0", "MB", "?"]
    assert cells(page, "wasted share of the bytes above the base") == ["200.00%", "?"]


def test_dive_lines_one_layer_has_no_ratio() -> None:
    page = text(row(1), Tree().file("a", b"x"))

    assert cells(page, "wasted share of the bytes above the base")[0] == "NaN"


def test_dive_lines_ended_layer_is_named_and_escaped() -> None:
    page = text(row(2), Tree().file("a", b"x"), Tree().whiteout("no\x1b[2J").file("b", b"y"))

    assert "dive stopped reading layer 1 at the whiteout of /no\\x1b[2J" in page
    assert "\x1b" not in page


def test_dive_lines_narrow_page_keeps_its_width() -> None:
    page = text(row(2), *CHMOD, width=60)

    assert max(map(len, page.splitlines())) <= 60
