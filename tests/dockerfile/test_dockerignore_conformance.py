"""Every set of the shared `.dockerignore` tables, as moby's matcher and a real walk answer it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.dockerfile.dockerignore import Ignore
from layerscope.dockerfile.ignore_reader import read_patterns
from layerscope.errors import DockerignoreError
from tests.surroundings import require_conformance, shared

pytestmark = pytest.mark.conformance

FOLDER = shared("conformance", "dockerignore")
OWN: Any = json.loads((FOLDER / "own.json").read_bytes()) if FOLDER.is_dir() else {"sets": []}
UPSTREAM: Any = json.loads((FOLDER / "upstream.json").read_bytes()) if FOLDER.is_dir() else []


def chosen(*keys: str) -> list[Any]:
    return [
        pytest.param(each, id=f"own-{number}")
        for number, each in enumerate(OWN["sets"])
        if all(key in each for key in keys)
    ]


def verdict(ignore: Ignore, path: str) -> str:
    try:
        return "01"[ignore.ignored(path)]
    except DockerignoreError:
        return "E"


def test_the_tables_are_not_empty() -> None:
    require_conformance("dockerignore")

    assert len(OWN["sets"]) > 250
    assert len(UPSTREAM) > 130


@pytest.mark.parametrize("row", chosen("file"))
def test_file_of_the_tables_reads_as_the_patterns_of_the_reference(row: dict[str, Any]) -> None:
    data = row["file"].encode("utf-8", "surrogateescape")
    if row.get("file_error"):
        with pytest.raises(DockerignoreError):
            read_patterns(data)
        return

    assert read_patterns(data) == row["patterns"]


@pytest.mark.parametrize("row", chosen("patterns"))
def test_patterns_of_the_tables_are_cleaned_or_refused_as_by_the_reference(
    row: dict[str, Any],
) -> None:
    if row["error"]:
        with pytest.raises(DockerignoreError) as caught:
            Ignore.of(row["patterns"])
        assert caught.value.problem == row["error"]
        return

    ignore = Ignore.of(row["patterns"])

    assert ignore.exclusions == row["exclusions"]
    assert ["!" * each.exclusion + each.text for each in ignore.patterns] == row["cleaned"]


@pytest.mark.parametrize("row", chosen("ignored"))
def test_paths_of_the_tables_are_ignored_as_by_the_reference(row: dict[str, Any]) -> None:
    paths = OWN["tree"] if row["paths"] == "tree" else row["paths"]
    ignore = Ignore.of(row["patterns"])

    assert "".join(verdict(ignore, path) for path in paths) == row["ignored"]


@pytest.mark.parametrize("row", chosen("context"))
def test_tree_of_the_tables_is_sent_as_by_a_real_walk(row: dict[str, Any]) -> None:
    data = row["file"].encode("utf-8", "surrogateescape")
    if row.get("context_error"):
        with pytest.raises(DockerignoreError) as caught:
            Ignore.parse(data).kept(OWN["tree"], OWN["dirs"])
        assert caught.value.problem in row["context_error"]
        return

    kept = Ignore.parse(data).kept(OWN["tree"], OWN["dirs"])

    assert "".join("01"[each] for each in kept) == row["context"]


@pytest.mark.parametrize("row", UPSTREAM)
def test_row_of_the_matchers_own_tests_gives_what_the_matcher_gives(row: dict[str, Any]) -> None:
    if row["error"]:
        with pytest.raises(DockerignoreError):
            Ignore.of(row["patterns"])
        return
    ignore = Ignore.of(row["patterns"])

    for case in row["cases"]:
        expected = "E" if case.get("match_error") else "01"[case["ignored"]]
        assert verdict(ignore, case["path"]) == expected
