"""Words: what a variable, a quote and an escape become, worked out from BuildKit's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.words import Environment, expand, expand_noting, expand_words
from layerscope.errors import DockerfileError

BYTES = st.text() | st.binary().map(lambda data: data.decode("utf-8", "surrogateescape"))
SPECIAL = st.text(alphabet="ab${}:-+?#%/\\\"'<*` \n\t\ufeff\udcff=1é", max_size=40)


@pytest.mark.parametrize(
    ("word", "text", "words"),
    [
        # An escape character before any other character inside double quotes stays.
        (r'"\a\"\$A"', r'\a"$A', [r'\a"$A']),
        # White space out of a variable splits; white space in quotes does not.
        ("$S '$S' \"$S\"", "x  y $S x  y", ["x", "y", "$S", "x  y"]),
        # Operands take the word that was gathered so far with them.
        ("one-${A:-b} two", "one-v two", ["v", "two"]),
        # `<<` keeps the blanks behind it in one word.
        ("<<  EOF x", "<<  EOF x", ["<<  EOF", "x"]),
        ("$", "$", ["$"]),
        ("$A$", "v$", ["v$"]),
        ("${A}${U}$1$@", "v", ["v"]),
    ],
)
def test_word_with_quotes_and_variables_gives_text_and_words(
    word: str, text: str, words: list[str]
) -> None:
    env = ["S=x  y", "A=v"]

    assert expand(word, env) == text
    assert expand_words(word, env) == words


def test_byte_that_is_no_utf8_is_a_replacement_rune_in_the_word_but_not_in_a_value() -> None:
    env = ["A=\udcff"]

    assert expand("\udcff$A", env) == "\ufffd\udcff"
    # Splitting goes over the runes of a value that is not quoted.
    assert expand_words('$A "$A"', env) == ["\ufffd", "\udcff"]


def test_byte_order_mark_in_front_of_a_word_is_not_read() -> None:
    assert expand("\ufeff$A\ufeff", ["A=v"]) == "v\ufeff"


def test_halves_of_a_character_that_meet_become_that_character() -> None:
    assert expand("$A$B", ["A=\udcc3", "B=\udca9"]) == "é"


def test_no_break_space_splits_and_a_unit_separator_does_not() -> None:
    assert expand_words("a\u00a0b\x1fc", []) == ["a", "b\x1fc"]


def test_environment_made_once_gives_what_the_list_gives() -> None:
    listed = ["A=1", "B", "A=2=3"]

    assert expand("$A$B", Environment.of(listed)) == expand("$A$B", listed) == "2=3"


def test_expansion_notes_variables_whose_value_is_not_used() -> None:
    noted = expand_noting("${A:-$B}${C+x}", ["A=1", "B=2"])

    assert noted.text == "1"
    assert noted.matched == {"A", "B"}
    assert noted.unmatched == {"C"}


def test_backquote_as_escape_character_leaves_backslashes_alone() -> None:
    assert expand("C:\\dir\\`$A", ["A=1"], escape="`") == "C:\\dir\\$A"


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("${A", 'failed to process "${A": unsupported modifier (\ufffd) in substitution'),
        ("'\x07", r'failed to process "' + "'" + r'\a": unexpected end of statement'),
        ("${U:?no\x1b}", "U: no\\x1b"),
    ],
)
def test_word_that_buildkit_refuses_is_an_error_that_is_safe_to_print(
    word: str, problem: str
) -> None:
    with pytest.raises(DockerfileError) as caught:
        expand(word, [])

    assert problem in caught.value.problem
    assert caught.value.problem.isprintable()


def test_substitutions_nested_nine_hundred_deep_are_expanded() -> None:
    assert expand("${A:-" * 900 + "x" + "}" * 900, []) == "x"


@pytest.mark.parametrize("opening", ["${A:-", '"${A:-', "${A/", "${A#"])
def test_substitutions_nested_without_end_are_refused(opening: str) -> None:
    with pytest.raises(DockerfileError):
        expand(opening * 10_000, [])


@pytest.mark.parametrize(
    "word", ["$A" * 30_000, "${A///" + "x" * 30_000 + "}", "${A//*/'" + "$0" * 20_000 + "'}"]
)
def test_word_that_grows_beyond_all_bounds_is_refused(word: str) -> None:
    with pytest.raises(DockerfileError, match="expands to more than"):
        expand(word, ["A=" + "a" * 60_000])


def test_lone_surrogate_that_is_no_byte_is_refused() -> None:
    with pytest.raises(DockerfileError):
        expand("$A", ["A=\udcff\ud800"])


@given(
    word=SPECIAL | BYTES,
    value=SPECIAL | BYTES,
    escape=st.sampled_from("\\`"),
    switches=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
)
def test_any_word_gives_text_or_a_dockerfile_error(
    word: str, value: str, escape: str, switches: tuple[bool, bool, bool, bool]
) -> None:
    names = ("raw_quotes", "raw_escapes", "skip_process_quotes", "skip_unset_env")
    options = dict(zip(names, switches, strict=True))
    env = [f"a={value}", f"b={value}{value}", value]
    try:
        noted = expand_noting(word, env, escape=escape, **options)
    except DockerfileError:
        with pytest.raises(DockerfileError):
            expand(word, env, escape=escape, **options)
        return

    assert noted.text == expand(word, env, escape=escape, **options)
    # Both are text: each byte decodes to what stands there.
    data = noted.text.encode("utf-8", "surrogateescape")
    assert data.decode("utf-8", "surrogateescape") == noted.text


@given(st.text(st.characters(exclude_characters="$\\'\"", exclude_categories=["Cs"])))
def test_text_without_specials_expands_to_itself(text: str) -> None:
    assert expand(text, ["a=b"]) == text.removeprefix("\ufeff")


@given(st.text(alphabet="ab $\\\"'{}é", max_size=20))
def test_text_in_single_quotes_expands_to_itself(text: str) -> None:
    inside = text.replace("'", "")

    assert expand(f"'{inside}'", ["a=b"]) == inside
