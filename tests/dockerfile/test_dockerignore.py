"""What a `.dockerignore` leaves out, for a path on its own and in a walk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.dockerignore import Ignore
from layerscope.dockerfile.ignore_reader import MAX_LINE, clean, read_patterns
from layerscope.errors import DockerignoreError

PATTERN = st.text(alphabet="ab*?/!.[]^-\\ \ufeff\udcffé", max_size=12)
PATH = st.lists(st.sampled_from(["a", "b", "ab", ".a", "é", "\udcff"]), min_size=1, max_size=4).map(
    "/".join
)


def ignored(patterns: list[str], path: str) -> bool:
    return Ignore.of(patterns).ignored(path)


def test_reader_leaves_out_comments_blanks_and_the_first_slash() -> None:
    data = b"\xef\xbb\xbf# c\n #p\n\n/a//b/\r\n!  /c\n!\n/\n../x\n"

    assert read_patterns(data) == ["#p", "a/b", "!c", "!", "/", "../x"]


def test_reader_refuses_a_line_that_fills_the_buffer_and_names_it() -> None:
    assert read_patterns(b"a" * (MAX_LINE - 1)) == ["a" * (MAX_LINE - 1)]
    with pytest.raises(DockerignoreError, match="line 2"):
        read_patterns(b"a\n#" + b"a" * (MAX_LINE - 1) + b"\nb")


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [("a/../..", ".."), ("/..", "/"), ("//", "/"), ("./a/.", "a"), ("a\0/./b", "a\0/b")],
)
def test_clean_gives_the_shortest_spelling(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        # A star inside a class ends the class: `[a[^/]*b]` is a class, a star, `b` and `]`.
        ("[a*b]", "aab]", True),
        ("[a*b]", "b", False),
        # The matcher knows escapes of regular expressions.
        (r"\d", "7", True),
        (r"\pL", "é", True),
        (r"a\b*", "a-b", True),
        (r"a\b*", "ab", False),
        # `\Q` quotes the end of the expression with the rest, so it is not anchored any more.
        (r"\Qab", "ab$/c", True),
        (r"\Qab", "ab", False),
        ("**x", "yx", True),
        ("**/x", "yx", False),
        ("**/x", "y/x", True),
        ("x**", "xy", True),
        ("a/**/b", "a/b", True),
        ("a.b", "axb", False),
        ("^a", "^a", True),
        ("^a?", "ab", True),
        # A byte order mark is not read where a pattern becomes an expression, and is where not.
        ("\ufeffa?", "ab", True),
        ("\ufeffab", "ab", False),
        # Bytes that are not UTF-8: any of them is U+FFFD to an expression, and itself elsewhere.
        ("\udcff?", "\udcfea", True),
        ("\udcff", "\udcfe", False),
        ("**\udca9", "é", True),
        ("\udcc3**", "é", True),
    ],
)
def test_pattern_alone_matches_as_the_reference_spells_its_expression(
    pattern: str, path: str, expected: bool
) -> None:
    assert ignored([pattern], path) is expected


@pytest.mark.parametrize("pattern", [r"\i", r"[\pX]", "[[:no:]]", "[z-a]", r"\é", r"\Ca", r"\x4g"])
def test_pattern_that_only_go_refuses_is_an_error_when_it_is_used(pattern: str) -> None:
    ignore = Ignore.of(["a", pattern])

    assert ignore.ignored("a")
    with pytest.raises(DockerignoreError):
        ignore.ignored("b")
    with pytest.raises(DockerignoreError, match="failed to match excludepatterns"):
        ignore.step(ignore.root_state(), "b", is_dir=False)


@pytest.mark.parametrize("pattern", ["[", "[]a]", "[a-]", "a\\", "[^]", "!", "[\udcff]"])
def test_pattern_that_is_malformed_refuses_the_list(pattern: str) -> None:
    with pytest.raises(DockerignoreError):
        Ignore.of(["a", pattern])


def test_walk_does_not_look_at_an_exception_for_a_parent_that_is_kept() -> None:
    ignore = Ignore.of(["foo/bar", "!foo"])

    assert not ignore.ignored("foo/bar/baz")
    assert ignore.kept(["foo", "foo/bar", "foo/bar/baz"], ["foo", "foo/bar"]) == [
        True,
        False,
        False,
    ]


def test_walk_enters_an_ignored_folder_only_for_an_exception_below_it() -> None:
    ignore = Ignore.of(["*", "!src/lib/a.py"])
    root = ignore.root_state()

    kept, state = ignore.step(root, "src", is_dir=True)

    assert not kept
    assert state is not None
    assert ignore.step(root, "src2", is_dir=True) == (False, None)
    assert ignore.step(state, "src/other", is_dir=True) == (False, None)


def test_walk_enters_every_ignored_folder_where_an_exception_has_a_wildcard() -> None:
    ignore = Ignore.of(["*", "!**/*.py"])

    kept, state = ignore.step(ignore.root_state(), "any", is_dir=True)

    assert not kept
    assert state is not None
    assert ignore.step(state, "any/a.py", is_dir=False) == (True, None)


def test_walk_sends_an_ignored_folder_for_what_is_kept_in_it() -> None:
    ignore = Ignore.of(["*", "!a/b/c"])

    kept = ignore.kept(["a", "a/b", "a/b/c", "a/b/d", "e"], ["a", "a/b"])

    assert kept == [True, True, True, False, False]


def test_walk_over_a_tree_without_its_folders_gives_the_same() -> None:
    ignore = Ignore.of(["a", "!a/b/c"])

    assert ignore.kept(["a/b/d", "a/b/c", "b/c"], []) == [False, True, True]


@pytest.mark.parametrize(
    "pattern",
    [
        "*a" * 30 + "b",
        "**/a" * 30 + "/b",
        "*" * 5_000,
        "[ab]*" * 900 + "c",
        "?*" * 2_000,
        "**/***" * 900,
    ],
)
@pytest.mark.parametrize("path", ["a" * 4_000, "a/" * 2_000 + "a"])
def test_hostile_pattern_on_a_long_path_gives_an_answer(pattern: str, path: str) -> None:
    ignore = Ignore.of([pattern])

    kept, _ = ignore.step(ignore.root_state(), path, is_dir=False)

    assert kept is not ignore.ignored(path)


@given(st.lists(PATTERN, max_size=4), st.lists(PATH, max_size=6), st.binary(max_size=40))
def test_any_patterns_give_an_answer_or_a_dockerignore_error(
    patterns: list[str], paths: list[str], data: bytes
) -> None:
    try:
        ignore = Ignore.of([*patterns, *read_patterns(data)])
        verdicts = [ignore.ignored(path) for path in paths]
        kept = ignore.kept(paths, [])
    except DockerignoreError:
        return

    assert len(verdicts) == len(kept) == len(paths)


@given(
    st.lists(PATTERN.map(lambda text: text.replace("!", "")), max_size=4),
    st.lists(PATH, max_size=6, unique=True),
)
def test_walk_without_exceptions_sends_what_is_not_ignored(
    patterns: list[str], paths: list[str]
) -> None:
    try:
        ignore = Ignore.of(patterns)
        verdicts = [ignore.ignored(path) for path in paths]
    except DockerignoreError:
        return

    assert ignore.kept(paths, []) == [not each for each in verdicts]


@given(st.lists(PATTERN, max_size=4), st.lists(PATH, max_size=6, unique=True))
def test_quick_step_and_step_of_each_pattern_agree(patterns: list[str], paths: list[str]) -> None:
    try:
        quick, plain = Ignore.of(patterns), Ignore.of(patterns)
        plain._groups = None
        expected = plain.kept(paths, [])
    except DockerignoreError:
        return

    assert quick.kept(paths, []) == expected
