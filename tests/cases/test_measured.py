"""Builds that real builders ran for this project, against their predictions."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerscope.cache.cases import Case, load
from layerscope.cache.score import BOTH, wrong_rows
from layerscope.cache.simulate import VERSIONS, simulator

FILES = sorted((Path(__file__).parent / "measured").glob("*.json"))

KNOWN = {
    (
        "escaped-star",
        "buildah",
    ): "buildah globs a file that is literally called a* twice, and fails",
    ("workdir-file-in-way", "buildah"): "a RUN fails whose folder is a file: nobody runs it here",
}


def measured() -> list[tuple[Case, str, str]]:
    """Each case with each builder and version that ran it."""
    return [
        (case, builder, version)
        for case in map(load, (path.read_bytes() for path in FILES))
        for builder, versions in VERSIONS.items()
        for version in versions
        if f"{builder}-{version}" in case.truth
    ]


def test_there_are_measured_builds_of_both_builders() -> None:
    builders = [builder for _, builder, _ in measured()]

    assert min(builders.count("classic"), builders.count("buildah")) > 190


@pytest.mark.parametrize(
    ("case", "builder", "version"),
    [
        pytest.param(
            case,
            builder,
            version,
            id=f"{case.id}-{builder}",
            marks=[pytest.mark.xfail(reason=reason, strict=True)]
            if (reason := KNOWN.get((case.id, builder)))
            else [],
        )
        for case, builder, version in measured()
    ],
)
def test_measured_build_is_predicted_under_one_assumption(
    case: Case, builder: str, version: str
) -> None:
    truth = case.truth[f"{builder}-{version}"]
    wrong = []
    for assumed in BOTH:
        prediction = simulator(builder).simulate(
            case.builds, version=version, assume_reruns=assumed
        )
        rows: list[object] = list(wrong_rows(case.id, prediction, truth, assumed))
        if (prediction.failed is None) != (truth.failed is None):
            rows.append(f"failed: {prediction.failed}, measured {truth.failed}")
        wrong.append(rows)

    assert [] in wrong
