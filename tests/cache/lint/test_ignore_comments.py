from __future__ import annotations

import pytest

from layerscope.cache.lint import lint
from layerscope.dockerfile import stages


def found(text: str) -> list[tuple[int, str]]:
    return [(finding.line, finding.rule) for finding in lint(stages.read(text.encode()))]


@pytest.mark.parametrize(
    "comment",
    [
        "# layerscope: ignore=maintainer",
        "# layerscope: ignore=unpinned-base,maintainer",
        "#layerscope:ignore = maintainer , x",
        "# layerscope: ignore=all",
    ],
)
def test_ignore_above_an_instruction_switches_its_rules_off(comment: str) -> None:
    text = f"FROM scratch\n{comment}\n\nMAINTAINER a\nMAINTAINER b\n"

    assert found(text) == [(5, "maintainer")]


def test_ignore_above_from_is_for_the_base() -> None:
    assert found("# layerscope: ignore=unpinned-base\nFROM debian\n") == []


def test_ignore_file_switches_a_rule_off_everywhere() -> None:
    text = "# syntax=a\n# layerscope: ignore-file=maintainer\nFROM debian\nMAINTAINER a\n"

    assert found(text) == [(3, "unpinned-base")]


@pytest.mark.parametrize(
    "comment", ["# layerscope: ignore", "# ignore=maintainer", "# layerscope: ignore=other"]
)
def test_ignore_of_other_comments_switches_nothing_off(comment: str) -> None:
    assert found(f"FROM scratch\n{comment}\nMAINTAINER a\n") == [(3, "maintainer")]
