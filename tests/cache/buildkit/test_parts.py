"""Parts of the simulation with rules of their own: wildcards, paths, platforms, image names."""

from __future__ import annotations

import pytest

from layerscope.cache.builders.buildkit import gopath, images, placed, wildcards
from layerscope.cache.builders.buildkit.platforms import for_other, parse_platform
from layerscope.cache.filetree import FileNode
from layerscope.errors import DockerfileError
from tests.cache.buildkit.builds import tree


@pytest.mark.parametrize(
    ("pattern", "name", "expected"),
    [
        ("*", "abc", True),
        ("a*c", "abbc", True),
        ("a*c", "abbd", False),
        ("a?", "a", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[]a]", "]", False),
        ("\\*", "*", True),
        ("a\\", "a", False),
        ("[a", "a", False),
    ],
)
def test_wildcards_match_as_go_matches(pattern: str, name: str, *, expected: bool) -> None:
    assert wildcards.matches(pattern, name) is expected


def test_many_stars_are_matched_quickly() -> None:
    assert not wildcards.matches("*a" * 2000 + "b", "a" * 4000)


@pytest.mark.parametrize(
    ("parent", "path", "expected"),
    [
        ("/w", "x", "/w/x"),
        ("/w", "x/", "/w/x/"),
        ("/w", "./", "/w/"),
        ("/w", "../x", "/x"),
        ("/", "/x/./y", "/x/./y"),
        ("/w", "", "/w"),
    ],
)
def test_paths_are_normalised_as_buildkit_does(parent: str, path: str, expected: str) -> None:
    assert gopath.normalize(parent, path, keep_slash=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("linux/amd64", "linux/amd64"),
        ("aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm", "linux/arm/v7"),
    ],
)
def test_platforms_are_normalised(text: str, expected: str) -> None:
    assert str(parse_platform(text)) == expected


def test_a_platform_of_too_many_parts_is_refused() -> None:
    with pytest.raises(DockerfileError):
        parse_platform("a/b/c/d")


def test_a_step_for_another_platform_is_marked() -> None:
    amd, arm = parse_platform("linux/amd64"), parse_platform("linux/arm/v7")

    assert for_other(amd, arm) == "->arm/v7"
    assert for_other(amd, amd) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alpine", "docker.io/library/alpine:latest"),
        ("me/app:1", "docker.io/me/app:1"),
        ("localhost/app", "localhost/app:latest"),
        ("r.example:5000/a@sha256:0", "r.example:5000/a@sha256:0"),
    ],
)
def test_image_names_have_a_full_form(name: str, expected: str) -> None:
    assert images.normal_name(name) == expected


def test_what_is_hung_in_later_lies_on_top() -> None:
    target = placed.PlacedTree(tree({"etc/a": "base"}))

    target.hang("etc", tree({"x/b": "1", "x/c/d": "1"}), "x")
    target.put("etc/b", FileNode("file", 0o600, size=1), (tree({"q": "2"}), "q"))

    assert [path for path, _ in target.walk()] == ["etc", "etc/a", "etc/b", "etc/c", "etc/c/d"]
    assert target.read("etc/b") == b"2"
    assert target.placed("etc/a") is None
    assert [path for path, _ in target.without_below().walk()] == [
        "etc",
        "etc/b",
        "etc/c",
        "etc/c/d",
    ]


def test_a_file_that_becomes_a_directory_forgets_what_was_below() -> None:
    target = placed.PlacedTree(None)
    target.hang("d", tree({"x/b": "1"}), "x")
    target.put("d", FileNode("file", 0o644), None)
    target.put("d", FileNode("dir", 0o755))

    assert target.children("") == ["d"]
    assert target.children("d") == []
