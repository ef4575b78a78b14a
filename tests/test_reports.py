"""What is generated and committed is what the code writes today."""

from __future__ import annotations

import re

import pytest

from reports.rebuild import generated
from tests.surroundings import REPOSITORY


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return generated()


def test_committed_reports_are_what_make_reports_writes(files: dict[str, bytes]) -> None:
    stale = [name for name, content in files.items() if content != read(name)]

    assert stale == [], "make reports writes them again"


def test_gallery_holds_no_report_without_a_scenario(files: dict[str, bytes]) -> None:
    gallery = REPOSITORY / "reports" / "gallery"

    found = {str(path.relative_to(REPOSITORY)) for path in gallery.rglob("*") if path.is_file()}

    assert found <= set(files)


def test_output_in_the_readme_is_an_excerpt_of_the_gallery() -> None:
    blocks = re.findall(
        r"^```text\n(.*?)^```$", read("README.md").decode(), re.MULTILINE | re.DOTALL
    )
    places = ("one-base/report", "damaged/report", "build-cache/simulate", "gate/gate")
    reports = [read(f"reports/gallery/{place}.txt").decode() for place in places]

    excerpts = [part.strip("\n") for block in blocks for part in block.split("[…]\n")]

    assert excerpts != []
    assert [part for part in excerpts if not any(part in report for report in reports)] == []


def read(name: str) -> bytes:
    path = REPOSITORY / name
    return path.read_bytes() if path.exists() else b""
