"""The three ways in which a pattern is matched give one answer."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.ignore_automaton import MAX_MOVES, Automaton
from layerscope.dockerfile.ignore_items import CharClass, Item, Kind
from layerscope.dockerfile.ignore_matcher import Matcher, expression, simplified

CLASSES = st.sampled_from(
    [
        CharClass.of("a"),
        CharClass.of("/"),
        CharClass.of("/", negated=True),
        CharClass.of("\n", negated=True),
        CharClass(((0x61, 0x62),)),
        CharClass(()),
        CharClass((), negated=True),
    ]
)
ITEMS = st.lists(
    st.builds(Item, st.sampled_from([Kind.ONE, Kind.MANY]), CLASSES)
    | st.sampled_from([Item(Kind.FOLDERS), Item(Kind.START), Item(Kind.END)]),
    max_size=7,
)
PATHS = st.text(alphabet="ab/\n", max_size=8)


def backtracking(items: list[Item]) -> re.Pattern[str]:
    """The same row as a plain regular expression, which may go back as it likes."""
    written = {Kind.FOLDERS: "(?:.*/)?", Kind.START: r"\A", Kind.END: r"\Z"}
    return re.compile(
        "".join(
            written.get(item.kind)
            or item.chars.expression() + ("*" if item.kind is Kind.MANY else "")
            for item in items
        )
    )


@given(ITEMS, PATHS)
def test_every_way_to_match_agrees_with_a_backtracking_expression(
    items: list[Item], path: str
) -> None:
    expected = backtracking(items).match(path) is not None
    matcher = Matcher(items)

    assert matcher.matches(path) is expected
    assert matcher.matches_by_places(path) is expected
    if (compiled := expression(simplified(items))) is not None:
        assert (re.compile(compiled).match(path) is not None) is expected
    if Automaton.takes(items):
        assert Automaton(items).matches(path) is expected


def test_automaton_that_forgets_its_states_goes_on_with_the_same_answers() -> None:
    star = Item(Kind.MANY, CharClass.of("/", negated=True))
    automaton = Automaton([star, Item(Kind.ONE, CharClass.of("b")), Item(Kind.END)])
    path = "".join(chr(0x4E00 + number) for number in range(MAX_MOVES + 10))

    assert automaton.matches(path + "b")
    assert not automaton.matches(path)
    assert automaton.matches("bb")


def test_edges_of_words_are_where_a_word_character_stands_on_one_side() -> None:
    edge = Matcher([Item(Kind.ONE), Item(Kind.EDGE), Item(Kind.ONE), Item(Kind.END)])
    no_edge = Matcher([Item(Kind.ONE), Item(Kind.NO_EDGE), Item(Kind.ONE), Item(Kind.END)])

    for path, expected in (("a-", True), ("-a", True), ("ab", False), ("--", False), ("é-", False)):
        assert edge.matches(path) is expected
        assert no_edge.matches(path) is not expected
