from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.lint.paths import alternatives, is_covered, takes_away
from layerscope.dockerfile.mounts import parse_mount

HOME = "/home"  # apart, since no file may name the home folder of a person


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/a", "/a", True),
        ("/a/", "/a/b/c", True),
        ("/a", "/ab", False),
        ("/a/*", "/a", True),
        ("/a/*", "/a/b", True),
        ("/a/*/c", "/a/b/c", True),
        ("/a/*/c", "/a/b/d/c", False),
        ("/a/*.tgz", "/a/b.tgz", True),
        ("/a/*.tgz", "/a/b/c.tgz", False),
        ("/a/b", "/a", False),
        ("/*", "/a", True),
    ],
)
def test_takes_away_is_what_rm_would_do(pattern: str, path: str, *, expected: bool) -> None:
    assert takes_away(pattern, path) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/a/{b,c}/{d,e}", ["/a/b/d", "/a/b/e", "/a/c/d", "/a/c/e"]),
        ("/a/{b}", ["/a/{b}"]),
        ("/a", ["/a"]),
    ],
)
def test_alternatives_are_those_of_braces(text: str, expected: list[str]) -> None:
    assert alternatives(text) == expected


def test_alternatives_of_many_braces_are_bounded() -> None:
    assert len(alternatives("{a,b}" * 50)) < 200


@pytest.mark.parametrize(
    ("mount", "path", "expected"),
    [
        ("type=cache,target=/var/lib/apt", "/var/lib/apt/lists", True),
        ("type=tmpfs,target=/var/lib/apt/lists/", "/var/lib/apt/lists", True),
        ("type=bind,target=/var/lib/apt", "/var/lib/apt/lists", False),
        ("type=cache,target=/var/lib/apt/lists/x", "/var/lib/apt/lists", False),
        ("type=cache,target=~/.cache", "~/.cache/pip", True),
        (f"type=cache,target={HOME}/x/.cache/pip", "~/.cache/pip", True),
        ("type=cache,target=/root", "~/.npm", True),
        ("type=cache,target=/src/.npm-other", "~/.npm", False),
        ("type=cache,target=lists", "/var/lib/apt/lists", True),
    ],
)
def test_covered_is_what_a_mount_keeps_out_of_the_layer(
    mount: str, path: str, *, expected: bool
) -> None:
    assert is_covered(path, [parse_mount(mount)], "/var/lib/apt") is expected


@pytest.mark.hypothesis
@given(st.text(st.sampled_from("/ab*?[]{},.")), st.text(st.sampled_from("/ab.")))
def test_takes_away_of_any_pattern_never_raises(pattern: str, path: str) -> None:
    for each in alternatives(pattern):
        assert isinstance(takes_away(each, path), bool)
