"""What the guides show of Python is what Python says."""

from __future__ import annotations

import doctest
import re
from typing import TYPE_CHECKING

import pytest

from layerscope.synth.scenarios import write_demo
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

GUIDES = sorted((REPOSITORY / "docs" / "guides").glob("*.md"))
BLOCK = re.compile(r"^```python\n(>>> .*?)^```$", re.MULTILINE | re.DOTALL)
LOOSE = doctest.NORMALIZE_WHITESPACE
"""pandas ends some lines with spaces, and no page here does."""


def examples(page: Path) -> str:
    """The sessions of a page as one, with as many lines before each as in the page."""
    text = page.read_text(encoding="utf-8")
    session, line = "", 0
    for block in BLOCK.finditer(text):
        start = text.count("\n", 0, block.start(1))
        session += "\n" * (start - line) + block[1]
        line = start + block[1].count("\n")
    return session


WITH_EXAMPLES = [page for page in GUIDES if examples(page)]


def test_a_guide_with_examples_is_found() -> None:
    assert "many-images-in-a-notebook.md" in {page.name for page in WITH_EXAMPLES}


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: page.stem)
def test_examples_of_a_guide_say_what_the_guide_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_demo(tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(examples(page), {}, page.name, str(page), 0)
    told: list[str] = []

    result = doctest.DocTestRunner(optionflags=LOOSE).run(test, out=told.append)

    assert result.failed == 0, "".join(told)
    assert result.attempted > 3
