"""Every Dockerfile of the shared collection, as BuildKit's own parser reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.report.dockerfile_document import parser_part
from tests.surroundings import require_conformance, shared

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.conformance

CASES = shared("conformance", "dockerfile-parser", "cases")
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else []


def case(name: str) -> Path:
    return require_conformance("dockerfile-parser", "cases", name)


def comparable(part: dict[str, Any]) -> dict[str, Any]:
    """The object without the wording of its error, which is the reference's own."""
    error = part["error"] and {key: part["error"][key] for key in ("start_line", "end_line")}
    return part | {"error": error}


def test_the_collection_is_not_empty() -> None:
    require_conformance("dockerfile-parser", "cases")

    assert len(NAMES) > 200


@pytest.mark.parametrize("name", NAMES)
def test_dockerfile_of_the_collection_gives_what_buildkit_gives(name: str) -> None:
    expected = json.loads((case(name) / "expected.json").read_bytes())["parser"]

    part = parser_part((case(name) / "Dockerfile").read_bytes())

    assert comparable(part) == comparable(expected)


@pytest.mark.parametrize(
    "name", [name for name in NAMES if (CASES / name / "upstream-result.txt").exists()]
)
def test_buildkits_own_file_gives_the_tree_that_buildkit_keeps(name: str) -> None:
    expected = (case(name) / "upstream-result.txt").read_text("utf-8", "surrogateescape")

    part = parser_part((case(name) / "Dockerfile").read_bytes())

    assert part["sexp"] == expected.strip().splitlines()
