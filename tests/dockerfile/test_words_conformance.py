"""Every row of the shared word tables, as BuildKit's own lexer answers it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.dockerfile.words import expand, expand_noting, expand_words
from layerscope.errors import DockerfileError
from tests.surroundings import require_conformance, shared

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.conformance

FOLDER = shared("conformance", "dockerfile-parser")


def rows(name: str) -> list[Any]:
    path = FOLDER / name
    found = json.loads(path.read_bytes()) if path.exists() else []
    return [
        pytest.param(row, id=f"{name.removesuffix('.json')}-{number}")
        for number, row in enumerate(found)
    ]


ROWS = rows("words-own.json") + rows("words-upstream.json")


def answer(ask: Callable[..., Any], row: dict[str, Any]) -> tuple[Any, str | None]:
    options = dict.fromkeys(row["options"], True)
    try:
        return ask(row["word"], row["env"], escape=row["escape"], **options), None
    except DockerfileError as error:
        return None, error.problem


def test_the_tables_are_not_empty() -> None:
    require_conformance("dockerfile-parser")

    assert len(ROWS) > 800


@pytest.mark.parametrize("row", ROWS)
def test_word_of_the_tables_expands_as_buildkit_expands_it(row: dict[str, Any]) -> None:
    text, error = answer(expand, row)

    assert (text, error) == (row["expected"], row["error"])


@pytest.mark.parametrize("row", ROWS)
def test_word_of_the_tables_splits_as_buildkit_splits_it(row: dict[str, Any]) -> None:
    words, error = answer(expand_words, row)

    assert (words, error) == (row["words"], row.get("words_error"))


@pytest.mark.parametrize("row", [row for row in ROWS if row.values[0]["error"] is None])
def test_word_of_the_tables_notes_the_variables_that_buildkit_notes(row: dict[str, Any]) -> None:
    noted, _ = answer(expand_noting, row)

    assert noted.text == row["expected"]
    assert list(noted.words) == row["words"]
    assert sorted(noted.matched) == sorted(row["matched"])
    assert sorted(noted.unmatched) == sorted(row["unmatched"])
