from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.analysis.glob import PATTERN_CHARACTERS, Glob
from layerscope.errors import UsageError


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/etc/passwd", b"/etc/passwd", True),
        ("etc/passwd", b"/etc/passwd", True),
        ("/etc//passwd/", b"/etc/passwd", True),
        ("/etc/passwd", b"/etc/passwd-", False),
        ("passwd", b"/etc/passwd", True),
        ("etc", b"/etc/passwd", False),
        ("/etc/", b"/usr/etc", False),
        ("*.conf", b"/etc/a/b.conf", True),
        ("/etc/*.conf", b"/etc/a/b.conf", False),
        ("/etc/**/*.conf", b"/etc/a/b/c.conf", True),
        ("/etc/**/*.conf", b"/etc/c.conf", True),
        ("/etc/**", b"/etc/a/b", True),
        ("/etc/**", b"/etc", False),
        ("/u**so", b"/usr/lib/a.so", True),
        ("**", b"/any/thing", True),
        ("/", b"/", True),
        ("/??", b"/ab", True),
        ("/??", b"/a", False),
        ("/?", b"/\xff", True),
        ("/caf?", b"/caf\xc3\xa9", True),
        ("/a?b", b"/a/b", False),
        ("/[a-c]x", b"/bx", True),
        ("/[!a-c]x", b"/bx", False),
        ("/[^a-c]x", b"/dx", True),
        ("/a[!b]c", b"/a/c", False),
        ("/a[/]c", b"/a/c", False),
        ("/[]]", b"/]", True),
        ("/[a", b"/[a", True),
        ("/[a-]", b"/-", True),
        (r"/\*", b"/*", True),
        (r"/\*", b"/a", False),
        ("/a.b", b"/axb", False),
        ("/a\n*", b"/a\nb", True),
    ],
)
def test_glob_fits_as_the_reference_says(pattern: str, path: bytes, fits: bool) -> None:
    assert Glob(pattern).matches([b"/other/path/than/that", path]) == (
        [0, 1] if pattern == "**" else [1] * fits
    )


@pytest.mark.parametrize("pattern", ["", "a" * (PATTERN_CHARACTERS + 1), "/[z-a]"])
def test_glob_of_nonsense_is_a_usage_error(pattern: str) -> None:
    with pytest.raises(UsageError):
        Glob(pattern)


@pytest.mark.parametrize(
    ("pattern", "folder", "moved"),
    [
        ("/bin/sh", b"/bin", b"/usr/bin/sh"),
        ("/bin/*", b"/bin", b"/usr/bin/sh"),
        ("/b*/sh", b"/", b"/usr/bin/sh"),
        ("sh", b"/", None),
    ],
)
def test_glob_knows_the_folder_it_looks_in(
    pattern: str, folder: bytes, moved: bytes | None
) -> None:
    glob = Glob(pattern)

    assert glob.folder == folder
    if moved is not None and folder != b"/":
        assert glob.moved(b"/usr/bin").matches([b"/bin/sh", moved]) == [1]


def naive(pattern: str, path: str) -> bool:
    """Every way to match tried, by the rules as they are written down."""
    if "/" not in pattern:
        pattern = "/**/" + re.sub(r"\*+", "*", pattern)
    pattern = re.sub("/+", "/", f"/{pattern}")
    pattern = re.sub(r"\*{3,}", "**", pattern)
    pattern = pattern if pattern == "/" else pattern.rstrip("/")
    states = {0}
    for char in [*path, None]:
        todo = list(states)
        while todo:
            at = todo.pop()
            after = set()
            if pattern.startswith("**", at):
                after.add(at + 2)
            elif pattern.startswith("*", at):
                after.add(at + 1)
            if char == "/" and pattern.startswith("/**/", at):
                # No folder at all: the slash behind the stars is the one before them.
                after.add(at + 3)
            todo += after - states
            states |= after
        if char is None:
            break
        states = {new for at in states for new in _steps(pattern, at, char)}
    return len(pattern) in states


def _steps(pattern: str, at: int, char: str) -> set[int]:
    if pattern.startswith("**", at):
        return {at}
    # The second star of two is no star of its own.
    if pattern.startswith("*", at):
        return {at} if char != "/" else set()
    if at < len(pattern) and (pattern[at] == char or (pattern[at] == "?" and char != "/")):
        return {at + 1}
    return set()


@pytest.mark.hypothesis
@settings(max_examples=500)
@given(
    st.text("ab*?/", min_size=1, max_size=10),
    st.lists(st.text("ab", min_size=1, max_size=3), min_size=1, max_size=4),
)
def test_glob_agrees_with_trying_every_way(pattern: str, parts: list[str]) -> None:
    path = "/" + "/".join(parts)

    assert Glob(pattern).matches([path.encode()]) == [0] * naive(pattern, path)
