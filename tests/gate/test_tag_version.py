from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.gate.tag_version import newest, version_of

RISING = [
    # Semantic Versioning 2.0.0, clause 11, with its own example of prereleases.
    "1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-alpha.beta < 1.0.0-beta < 1.0.0-beta.2",
    "1.0.0-beta.2 < 1.0.0-beta.11 < 1.0.0-rc.1 < 1.0.0 < 2.0.0 < 2.1.0 < 2.1.1",
    "v1.9.0 < v1.10.0 < V2 < v10",
    "1.2-rc1 < 1.2rc2 < 1.2-rc9 < 1.2-RC10 < 1.2.0 < 1.2.0.1",
    "1.2.3-alpine < 1.2.3 < 1.2.4-alpine",
    "2025.12.31 < 2026.1.2 < 2026-11-23 < 20261124 < 2026.11.25",
    "202611240059 < 202611240100",
    "20261124-1 < 20261124-2",
    "16 < 17 < 17.1",
    "0 < 0.0.1",
]
EQUAL = ["1.2 1.2.0 v1.2 1.2.0.0", "2026-11-24 20261124 2026.11.24", "1.0-rc.1 1.0-rc1 1.0rc1"]
NONE = [
    "",
    "latest",
    "stable",
    "v",
    "1.",
    "1..2",
    "-1",
    "1.2.3.4.5",
    "main-20261124",
    "4f2c1d9",
    "12a3456",
    "1234567",
    "1732406400",
    "sha-1234567",
    "sha256:12",
    "20261301",
    "2026-02-30",
    "1" * 500,
    "\u0661.\u0662",
    "1.2.3\n",
]


@pytest.mark.parametrize("text", RISING)
def test_versions_rise_as_they_came_out(text: str) -> None:
    versions = [version_of(tag) for tag in text.split(" < ")]

    assert None not in versions
    for low, high in itertools.combinations(versions, 2):
        assert low is not None
        assert high is not None
        assert low < high


@pytest.mark.parametrize("text", EQUAL)
def test_versions_that_are_spelled_otherwise_are_equal(text: str) -> None:
    assert len({version_of(tag) for tag in text.split()}) == 1


@pytest.mark.parametrize("tag", NONE)
def test_what_is_no_version_for_sure_is_none(tag: str) -> None:
    assert version_of(tag) is None


@given(st.text(max_size=40), st.text("0123456789.-vrcab", max_size=40))
def test_any_two_tags_are_versions_that_compare_or_none(one: str, other: str) -> None:
    versions = [version for tag in (one, other) if (version := version_of(tag))]

    assert sorted(versions, reverse=True) == sorted(versions)[::-1]


def test_newest_looks_at_the_tags_of_all_names() -> None:
    names = ["app:latest", "registry.example:5000/app:1.9", "r.example/app:1.10@sha256:ab", "9/app"]

    assert newest(names) == version_of("1.10")
    assert newest(["app", "registry.example:5000/app", "app@sha256:12"]) is None


def test_newest_takes_a_bare_name_for_a_tag_as_image_layouts_have_it() -> None:
    assert newest(["v1.2", "latest"]) == version_of("1.2")
