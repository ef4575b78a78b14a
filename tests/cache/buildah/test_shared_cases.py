"""buildah on every measured case, under each assumption that must hold."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from layerscope.cache.cases import load
from layerscope.cache.score import assumptions_of, judge
from tests.surroundings import shared

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.cache.cases import Case

CASES = sorted(shared("cache-cases", "classic").glob("*.json"))


@cache
def case(path: Path) -> Case:
    return load(path.read_bytes())


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_measured_case_is_predicted_row_by_row(path: Path) -> None:
    measured = case(path).truth.get("buildah-1.28.2")
    if measured is None:
        # buildah cannot do what three of the cases ask for.
        assert "cache-from" in case(path).tags
        return

    judged = judge(case(path), measured, "buildah", "1.28.2")

    assert (judged is None) == (not assumptions_of(case(path)))
    assert judged is None or judged.wrong == ()


def test_the_cases_are_there() -> None:
    if not CASES:
        pytest.skip("../shared/cache-cases is not there")
    assert len(CASES) > 200
