"""The JSON form of arguments as Go's `encoding/json` reads it. Measured with BuildKit's parser."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.json_form import DEEPEST, array_words
from layerscope.dockerfile.parser import parse
from layerscope.errors import DockerfileError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", ()),
        (' [ "a" ,\t"b" ] ', ("a", "b")),
        ("\u00a0\u3000[]", ()),
        (r'["\"\\\/\b\f\n\r\t\u0041"]', ('"\\/\b\f\n\r\tA',)),
        (r'["\ud83d\ude00"]', ("\U0001f600",)),
        (r'["\ud83d", "\ude00x"]', ("\ufffd", "\ufffdx")),
        (r'["\ud83d\ud83d\ude00"]', ("\ufffd\U0001f600",)),
        (r'["\ud83d\n"]', ("\ufffd\n",)),
        ('["\udcff\udcfe\x7f"]', ("\ufffd\ufffd\x7f",)),
    ],
)
def test_array_of_strings_gives_them(text: str, words: tuple[str, ...]) -> None:
    assert array_words(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        '"a"',
        "[",
        '["a"',
        '["a",]',
        "[,]",
        '["a" "b"]',
        '["a"] b',
        '["a"]]',
        "['a']",
        '["a\tb"]',
        '["\\x"]',
        '["\\u12"]',
        "[NaN]",
        "[Infinity]",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[-]",
        "[1e]",
        "[tru]",
        "[1e999]",
        '["a", [-1e999]]',
        '[{"a"}]',
        '[{"a":1,}]',
        "[{]}",
        '["a"\u00a0]',
        "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1),
    ],
)
def test_text_that_is_no_json_array_gives_none(text: str) -> None:
    assert array_words(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "[1]",
        "[null]",
        '["a", true]',
        "[[]]",
        '[{"a": [1, "b"]}]',
        "[-0.5e-3]",
        "[1e-999]",
        "[" * DEEPEST + "]" * DEEPEST,
    ],
    ids=lambda text: text[:20],
)
def test_array_with_other_values_is_refused(text: str) -> None:
    with pytest.raises(DockerfileError, match="strings only"):
        array_words(text)


def test_run_with_bad_json_falls_back_to_the_shell_form() -> None:
    nodes = parse(b"RUN ['a']\nCOPY ['a', b]\nRUN [\"a\"]\nHEALTHCHECK CMD [\"a\"]\n").nodes

    assert [(node.args, node.json_form) for node in nodes] == [
        (("['a']",), False),
        (("['a',", "b]"), False),
        (("a",), True),
        (("CMD", "a"), True),
    ]


@pytest.mark.hypothesis
@given(st.lists(st.text()), st.booleans())
def test_array_that_python_writes_is_read_back(words: list[str], ascii_only: bool) -> None:
    assert array_words(json.dumps(words, ensure_ascii=ascii_only)) == tuple(words)
