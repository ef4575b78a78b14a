from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.journeys.compare import compare
from layerscope.render.diff_markdown import code, diff_markdown
from layerscope.render.diff_text import diff_text
from layerscope.render.diff_words import fitted, signed
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.diff_document import DiffDocument

HOSTILE = "a|b`c`<img src=x>[l](http://e.example)@me\x1b[2J www.e.example"


@pytest.fixture
def document(tmp_path: Path) -> DiffDocument:
    """A base, and on the new side ten files more, a hostile name among them, and a chmod."""
    base = Tree().file("etc/motd", b"hello").file("srv/tool", b"t")
    more = Tree().file("srv/tool", b"t", mode=0o755).file(f"opt/{HOSTILE.replace('/', '')}", b"xyz")
    for number in range(9):
        more = more.file(f"opt/f{number}", b"x" * (2000 + number))
    old = ImageBuilder(names=("app:1",)).layer(base, "ADD rootfs.tar /")
    new = ImageBuilder(names=("app:2",), config={"Env": [f"A={HOSTILE}"]})
    new = new.layer(base, "ADD rootfs.tar /").layer(more, f"RUN {HOSTILE}")
    return compare(
        str(docker_archive(tmp_path / "o.tar", old)),
        str(docker_archive(tmp_path / "n.tar", new)),
        platform=None,
        limits=DEFAULT_LIMITS,
        jobs=1,
        stdin=None,
    )


def test_text_says_the_change_first_then_who_made_it(document: DiffDocument) -> None:
    text = diff_text(document).decode()

    lines = text.splitlines()
    assert lines[0] == "app:1 > app:2  linux/amd64"
    assert lines[3] == "the visible size changed by +18.0 kB"
    assert "     0 B  in the 1 layer that both have from the base up" in text
    # Ten files and the folder /opt; /etc, /etc/motd and /srv stay as they are.
    assert "11 added, 1 metadata only, 3 the same" in text
    assert "  and 2 more" in text
    assert lines[-1] == "-v prints every row."


def test_text_with_verbose_leaves_nothing_out(document: DiffDocument) -> None:
    text = diff_text(document, verbose=True).decode()

    assert all(f"/opt/f{number}" in text for number in range(9))
    assert "/srv/tool  (mode 0644 > 0755)" in text
    assert "-v prints" not in text


@pytest.mark.parametrize("width", [80, 160])
def test_tables_are_as_wide_as_the_page_at_most(document: DiffDocument, width: int) -> None:
    rules = [line for line in diff_text(document, width=width).decode().splitlines() if line]

    assert max(len(line) for line in rules if set(line) == {"-"}) <= width


def test_text_obeys_nothing_that_an_image_says(document: DiffDocument) -> None:
    assert b"\x1b" not in diff_text(document, verbose=True)
    assert b"\\x1b[2J" in diff_text(document, verbose=True)


def test_markdown_reads_nothing_in_what_an_image_says(document: DiffDocument) -> None:
    text = diff_markdown(document).decode()

    for dangerous in ("<img", "](", "@me", "`", "http:", "www.", "\x1b"):
        assert dangerous not in text
    assert "| wasted (stored, never seen) | 0 B | 1 B | +1 B |" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {4, 5}


def test_code_leaves_only_what_no_markdown_means() -> None:
    assert code("/usr/lib-1.2") == "<code>/usr/lib-1.2</code>"
    assert code("\\|*_") == "<code>&#92;&#124;&#42;&#95;</code>"
    assert len(code("x" * 10_000)) < 200


def test_words_of_sizes_and_paths() -> None:
    assert [signed(n) for n in (1, 0, -2000)] == ["+1 B", "0 B", "-2.0 kB"]
    assert fitted("abcdefghij", 5) == "ab…ij"
