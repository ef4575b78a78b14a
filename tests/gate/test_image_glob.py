from __future__ import annotations

import pytest

from layerscope.errors import UsageError
from layerscope.gate.image_glob import fits_image
from tests.gate.baseline_subjects import image_name

NAME = image_name("docker.io/library/app:1.2", "ghcr.io/team/tool:dev", input="out/build.tar")


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("", True),
        ("app:*", True),
        ("app", False),
        ("docker.io/library/app:1.?", True),
        ("docker.io/*", False),
        ("docker.io/**", True),
        ("ghcr.io/team/*", True),
        ("team/*", False),
        ("**/team/*", True),
        ("tool:*", True),
        ("build.tar", True),
        ("out/*.tar", True),
        ("*.tar", True),
        ("/out/build.tar", True),
        ("App:*", False),
    ],
)
def test_image_glob_fits_names_in_full_or_short_and_the_input(pattern: str, *, fits: bool) -> None:
    assert fits_image(pattern, NAME) is fits


def test_image_glob_takes_names_that_are_no_text() -> None:
    assert fits_image("app:?", image_name("app:\udc80"))
    assert fits_image("app:*", image_name("app:\ud800"))


def test_image_glob_that_is_no_pattern_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        fits_image("app:[9-1]", NAME)
