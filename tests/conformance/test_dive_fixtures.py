"""dive's own fixtures: the numbers that dive's tests and its export snapshot expect of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.analysis.dive import dive_numbers
from layerscope.journeys.pool import read_layers
from layerscope.sources.transport import open_inputs
from tests.programs.test_dive_binary import equal_exports
from tests.surroundings import require_conformance

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.analysis.dive import DiveNumbers

pytestmark = pytest.mark.conformance


def numbers(path: Path) -> DiveNumbers:
    opened = open_inputs([str(path)])
    outcomes = read_layers(opened, jobs=1, columns=True)
    scans = [outcomes[0, 0, layer.index].scan for layer in opened[0].images[0].layers]
    return dive_numbers([scan.columns for scan in scans if scan and scan.columns])


def test_docker_fixture_has_the_numbers_of_dives_tests() -> None:
    found = numbers(require_conformance("dive", "test-docker-image.tar"))

    assert found.efficiency == 0.9844212134184309
    assert found.size_bytes == 1_220_598
    assert found.user_size_bytes == 66_237
    assert found.wasted_bytes == 32_025
    assert found.user_wasted_ratio == 0.4834911001404049
    assert [(file.path, file.count, file.size_bytes) for file in found.inefficient] == [
        (b"/root/saved.txt", 2, 12_810),
        (b"/root/example/somefile1.txt", 2, 12_810),
        (b"/root/example/somefile3.txt", 2, 6_405),
    ]


def test_kaniko_fixture_has_the_numbers_of_dives_tests() -> None:
    found = numbers(require_conformance("dive", "test-kaniko-image.tar"))

    assert round(found.efficiency, 4) == 0.9794
    assert found.size_bytes == 1_326_410
    assert found.user_size_bytes == 94_677
    assert found.wasted_bytes == 46_245
    assert found.user_wasted_ratio is not None
    # dive's README cuts the four digits: 0.48845 is given as 0.4885.
    assert abs(found.user_wasted_ratio - 0.4885) < 0.0001


@pytest.mark.programs
@pytest.mark.parametrize(
    "name",
    [
        "test-docker-image.tar",
        "test-kaniko-image.tar",
        "test-oci-estargz-image.tar",
        "test-oci-gzip-image.tar",
        "test-oci-uncompressed-image.tar",
        "test-oci-zstd-image.tar",
    ],
)
def test_fixture_export_is_that_of_the_program(tmp_path: Path, name: str) -> None:
    archive = tmp_path / name
    archive.write_bytes(require_conformance("dive", name).read_bytes())

    equal_exports(archive)
