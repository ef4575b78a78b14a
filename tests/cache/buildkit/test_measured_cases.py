"""BuildKit on every measured case, under each assumption that must hold; what steps are called."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pytest

from layerscope.cache.builders.buildkit import simulate
from layerscope.cache.cases import load
from layerscope.cache.score import assumptions_of, judge
from tests.surroundings import shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from layerscope.cache.cases import Case
    from layerscope.cache.filetree import FileNode, FileTree
    from layerscope.cache.step import AssumeReruns

VERSIONS = {"buildkit": "0.32.2", "classic": "20.10.24"}
CASES = [
    path for folder in VERSIONS for path in sorted(shared("cache-cases", folder).glob("*.json"))
]
# A folder as the base has another key in every session, so that nothing above it can hit.
REPEATABLE = [path for path in CASES if path.stem != "named-context-dir-as-base"]


class Touched:
    """A tree whose files were all changed at another time, by somebody else."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self.children = tree.children
        self.digest = tree.digest
        self.read = tree.read

    def node(self, path: str) -> FileNode | None:
        node = self._tree.node(path)
        return None if node is None else replace(node, mtime_ns=1, uid=7, gid=7)

    def walk(self, path: str = "") -> Iterator[tuple[str, FileNode]]:
        for place, node in self._tree.walk(path):
            yield place, replace(node, mtime_ns=1, uid=7, gid=7)


@cache
def case(path: Path) -> Case:
    return load(path.read_bytes())


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_measured_case_is_predicted_row_by_row(path: Path) -> None:
    version = VERSIONS[path.parent.name]
    measured = case(path).truth[f"buildkit-{version}"]

    judged = judge(case(path), measured, "buildkit", version)

    assert (judged is None) == (not assumptions_of(case(path)))
    assert judged is None or judged.wrong == ()


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_steps_have_the_names_that_the_builder_gave_them(path: Path) -> None:
    version = VERSIONS[path.parent.name]
    measured = case(path).truth[f"buildkit-{version}"]
    assume: AssumeReruns = "same" if "rerun-same" in case(path).tags else "changed"

    prediction = simulate(case(path).builds, version=version, assume_reruns=assume)

    names = {step.vertex for step in prediction.steps}
    assert [row.vertex for row in measured.rows if row.vertex not in names] == []
    assert (prediction.failed is None) == (measured.failed is None)


@pytest.mark.parametrize("path", REPEATABLE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_same_build_twice_hits_everywhere(path: Path) -> None:
    last = replace(case(path).builds[-1], no_cache=False, no_cache_filter=())

    prediction = simulate([last, last], version=VERSIONS[path.parent.name])

    outcomes = {step.outcome for step in prediction.steps if step.cause != "fails"}
    assert outcomes <= {"hit", "no-step"}


@pytest.mark.parametrize("path", REPEATABLE, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_comments_and_times_never_matter(path: Path) -> None:
    last = replace(case(path).builds[-1], no_cache=False, no_cache_filter=())
    commented = replace(
        last,
        dockerfile=last.dockerfile.rstrip(b"\n") + b"\n\n# a comment\n",
        context=Touched(last.context),
    )

    prediction = simulate([last, commented], version=VERSIONS[path.parent.name])

    outcomes = {step.outcome for step in prediction.steps if step.cause != "fails"}
    assert outcomes <= {"hit", "no-step"}


def test_the_cases_are_there() -> None:
    if not CASES:
        pytest.skip("../shared/cache-cases is not there")
    assert len(CASES) > 600
