from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.lint.shell_words import MOST_CHARACTERS, Operator, Word, tokens


def words(text: str) -> list[tuple[str, bool]]:
    found = tokens(text)
    assert found is not None
    return [(item.text, item.literal) for item in found.items if isinstance(item, Word)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a b\tc", [("a", True), ("b", True), ("c", True)]),
        ("'a b' \"c d\"", [("a b", True), ("c d", True)]),
        ("a'b'\"c\"d", [("abcd", True)]),
        (r"a\ b \$x", [("a b", True), ("$x", True)]),
        (r'"\$x \a \""', [(r"$x \a " + '"', True)]),
        ("'$x'", [("$x", True)]),
        ("$x ${y:-a b} $", [("$x", False), ("${y:-a b}", False), ("$", True)]),
        ('"$(echo "a b" | sed \'s/"//\')/c"', [('$(echo "a b" | sed \'s/"//\')/c', False)]),
        ('"${x:-it\'s}" b', [("${x:-it's}", False), ("b", True)]),
        ("`a b` c", [("`a b`", False), ("c", True)]),
        ("a#b c # d e", [("a#b", True), ("c", True)]),
        ("diff <(a b) c", [("diff", True), ("<(a b)", False), ("c", True)]),
        ("a \\\n b", [("a", True), ("b", True)]),
        ("a\\\nb", [("ab", True)]),
    ],
)
def test_tokens_of_words_take_quotes_off_and_keep_expansions(
    text: str, expected: list[tuple[str, bool]]
) -> None:
    assert words(text) == expected


def test_tokens_of_operators_are_the_longest_that_fit() -> None:
    found = tokens("a&&b||c;d|e>>f 2>&1 &> g <<< h;;")

    assert found is not None
    operators = [item.text for item in found.items if isinstance(item, Operator)]
    assert operators == ["&&", "||", ";", "|", ">>", ">&", "&>", "<<<", ";;"]


def test_tokens_of_here_documents_are_no_words() -> None:
    found = tokens("cat <<A <<-'B' > x\none 'two\nA\n\tthree\n\tB\nnext\n")

    assert found is not None
    assert found.bodies == ("one 'two\n", "three\n")
    assert [item.text for item in found.items if isinstance(item, Word)] == [
        *("cat", "A", "B", "x", "next")
    ]


@pytest.mark.parametrize("text", ["'a", '"a', "$(a", "`a", "${a", '"$(a"', "$('a)"])
def test_tokens_of_a_quote_without_an_end_are_none(text: str) -> None:
    assert tokens(text) is None


def test_tokens_of_a_text_that_is_too_long_are_none() -> None:
    assert tokens("a" * (MOST_CHARACTERS + 1)) is None


@pytest.mark.hypothesis
@given(st.text(st.sampled_from("ab '\"\\$`(){}<>|&;#\n\t-=")))
def test_tokens_of_any_text_never_raise(text: str) -> None:
    found = tokens(text)

    assert found is None or all(isinstance(item, Word | Operator) for item in found.items)
