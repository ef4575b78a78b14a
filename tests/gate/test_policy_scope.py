"""The part of an image that a budget names."""

from __future__ import annotations

import pytest

from layerscope.errors import UsageError
from layerscope.gate.metrics import METRICS
from layerscope.gate.policy import Scope
from layerscope.gate.policy_scope import layer_pattern, pattern, scope_of

WASTED = METRICS["wasted_bytes"]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("own", "own"),
        (" Base ", "base"),
        ("each", "each"),
        (0, "0"),
        (-1, "-1"),
        ("12", "12"),
        ("-0", "0"),
        ("012", "12"),
        ("0123456", "0123456"),
        ("ABCDEF", "abcdef"),
        ("sha256:abcdef", "sha256:abcdef"),
        ("sha256:" + "a" * 64, "sha256:" + "a" * 64),
    ],
)
def test_layer_is_a_word_an_index_or_a_digest(written: str | int, expected: str) -> None:
    assert layer_pattern(written) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        "bade",
        "top",
        "12345",
        12345,
        "-12345",
        "sha256:",
        "sha256:abc",
        "abcdefg",
        "٣",
        "a" * 500,
    ],
)
def test_what_names_no_layer_is_refused(written: str | int) -> None:
    with pytest.raises(UsageError, match="layer: expected own, base, each, an index"):
        layer_pattern(written)


def test_misspelled_layer_has_the_word_that_was_meant() -> None:
    with pytest.raises(UsageError) as caught:
        layer_pattern("bade")

    assert caught.value.hint == "did you mean base?"


def test_no_part_is_the_whole_image_or_the_run() -> None:
    assert scope_of({}, WASTED) == Scope("image")
    assert scope_of({}, METRICS["cache_steps_rebuilt"]) == Scope("run")


def test_one_part_is_taken_as_it_stands() -> None:
    assert scope_of({"path": "/usr/**"}, WASTED) == Scope("path", "/usr/**")
    assert scope_of({"package": "pkg:deb/*"}, WASTED) == Scope("package", "pkg:deb/*")
    assert scope_of({"instruction": "RUN *[z-a]*"}, WASTED) == Scope("instruction", "RUN *[z-a]*")
    assert scope_of({"layer": -1}, WASTED) == Scope("layer", "-1")


def test_two_parts_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="at most, found layer, path"):
        scope_of({"layer": "own", "path": "/a"}, WASTED)


def test_metric_that_is_not_known_of_the_part_lists_those_that_are() -> None:
    with pytest.raises(UsageError) as caught:
        scope_of({"package": "curl"}, METRICS["layers"])

    assert caught.value.problem == "layers is not known of a package, only of a whole image"
    assert caught.value.hint == (
        "of a package there are content_bytes, visible_bytes, wasted_bytes, files, packages"
    )


def test_metric_of_several_parts_names_them() -> None:
    with pytest.raises(UsageError, match="only of a whole image, a layer or an instruction"):
        scope_of({"path": "/a"}, METRICS["compressed_bytes"])


@pytest.mark.parametrize("key", ["path", "image", "package", "instruction"])
def test_empty_and_endless_globs_are_refused(key: str) -> None:
    for text in ("", " ", "a" * 4097):
        with pytest.raises(UsageError, match=f"{key}: expected a glob"):
            pattern(key, text)


@pytest.mark.parametrize("key", ["path", "image"])
def test_glob_that_cannot_be_matched_is_refused_early(key: str) -> None:
    with pytest.raises(UsageError) as caught:
        pattern(key, "/[z-a]")

    assert str(caught.value).startswith(f"{key}: expected a range such as a-z")
