"""Paths, links and wildcards as the Go builders take them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.builders.source_paths import (
    Pattern,
    has_wildcards,
    joined,
    resolved,
    without_wildcards,
)
from tests.cache.classic.builds import link, tree


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        # The table of Go's path/filepath.Match.
        ("abc", "abc", True),
        ("*", "abc", True),
        ("*c", "abc", True),
        ("a*", "a", True),
        ("a*", "ab/c", False),
        ("a*/b", "abc/b", True),
        ("a*/b", "a/c/b", False),
        ("a*b*c*d*e*/f", "axbxcxdxe/f", True),
        ("a*b*c*d*e*/f", "axbxcxdxexxx/fff", False),
        ("a*b?c*x", "abxbbxdbxebxczzx", True),
        ("a*b?c*x", "abxbbxdbxebxczzy", False),
        ("ab[c]", "abc", True),
        ("ab[b-d]", "abc", True),
        ("ab[e-g]", "abc", False),
        ("ab[^c]", "abc", False),
        ("ab[^e-g]", "abc", True),
        ("a\\*b", "a*b", True),
        ("a\\*b", "ab", False),
        ("a?b", "a☺b", True),
        ("a[^a][^a]b", "a☺b", False),
        ("a?b", "a/b", False),
        ("[\\]a]", "]", True),
        ("[\\-x]", "-", True),
        ("[x\\-]", "z", False),
        ("[]a]", "]", False),
        ("[-]", "-", False),
        ("[x-]", "x", False),
        ("[a-b-c]", "a", False),
        ("[", "a", False),
        ("a[", "a", False),
        ("*x", "xxx", True),
    ],
)
def test_pattern_matches_as_go_does(pattern: str, path: str, *, expected: bool) -> None:
    assert Pattern(pattern).matches(path) is expected


def test_pattern_finds_in_the_order_of_a_walk() -> None:
    files = tree({"b/x": "1", "a/z": "1", "a/y": "1", "a.x": "1"})

    assert list(Pattern("*/*").found(files)) == ["a/y", "a/z", "b/x"]
    assert list(Pattern("a*").found(files)) == ["a", "a.x"]


def test_pattern_goes_through_links_only_if_told() -> None:
    files = tree({"d/x": "1", "l": link("d")})

    assert list(Pattern("l/*").found(files)) == []
    assert list(Pattern("l/*").found(files, through_links=True)) == ["l/x"]


def test_wildcard_behind_a_backslash_is_none() -> None:
    assert [has_wildcards(text) for text in ("a\\*", "a*", "a\\\\*", "a?", "[a]", "a")] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
    assert without_wildcards("a/b*/c") == "a"
    assert without_wildcards("a/b") == "a/b"


def test_links_are_followed_inside_of_the_tree() -> None:
    files = tree({"a/l": link("../../../b"), "b/f": "1", "m": link("/a/l"), "n": link("n")})

    assert resolved(files, "a/l/f") == "b/f"
    assert resolved(files, "m/f") == "b/f"
    assert resolved(files, "a/l", last=False) == "a/l"
    assert resolved(files, "gone/x") == "gone/x"
    assert resolved(files, "n") is None


def test_joined_paths_stop_at_the_root() -> None:
    assert joined("/a/b", "../../../c") == "c"
    assert joined("/", "") == ""


@pytest.mark.hypothesis
@given(st.text(alphabet="ab", max_size=12), st.text(alphabet="ab*", max_size=12))
def test_stars_match_what_a_search_of_all_ways_finds(name: str, pattern: str) -> None:
    def matches(tokens: str, rest: str) -> bool:
        if not tokens:
            return not rest
        if tokens[0] == "*":
            return any(matches(tokens[1:], rest[at:]) for at in range(len(rest) + 1))
        return rest[:1] == tokens[0] and matches(tokens[1:], rest[1:])

    assert Pattern(pattern).matches(name) == matches(pattern, name)
