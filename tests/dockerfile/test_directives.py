"""Parser directives, and which frontend a file asks for. Measured with BuildKit's own parser."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.directives import Directive, Syntax, detect_syntax, directives
from layerscope.dockerfile.parser import parse


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"# syntax=a:1 x\n", Syntax("a:1", "a:1 x", 1)),
        (b"\xef\xbb\xbf#syntax = a\r\n", Syntax("a", "a", 1)),
        (b"# escape=`\n# SynTax=a\n", Syntax("a", "a", 2)),
        (b"#!/bin/sh\n# syntax=a\n", Syntax("a", "a", 2)),
        (b"// syntax=a\n", Syntax("a", "a", 1)),
        (b"#!x\n//syntax=a\n", Syntax("a", "a", 2)),
        (b"# check=x\n// syntax=a\n", None),
        (b' \n{"syntax": "a b"}', Syntax("a b", "a b", 0)),
        (b'#!x\n{"syntax": "a"}', Syntax("a", "a", 1)),
        (b'{"\\u0073yntax": "a", "x": [1, {"syntax": "b"}]}', Syntax("a", "a", 0)),
        (b'{"syntax": "a", "syntax": "b"}', Syntax("b", "b", 0)),
        (b'{"syntax": "a", "syntax": 1}', None),
        (b'{"syntax": "a", "x": 1e999}', None),
        (b'{"syntax": "a"} x', None),
        (b"  # syntax=a\n", None),
        (b"# hi\n# syntax=a\n", None),
        (b"# syntax\x0b=a\n", None),
        (b"# syntax=\n", None),
        (b"# syntax=  \n", Syntax("", " ", 1)),
        (b"", None),
    ],
)
def test_syntax_is_found_where_the_reference_finds_it(data: bytes, expected: Syntax | None) -> None:
    assert detect_syntax(data) == expected


def test_directives_end_at_the_first_repetition() -> None:
    data = b"# check=a\n#escape=`\n# CHECK=b\n# syntax=c\n"

    assert directives(data) == (Directive("check", "a", 1), Directive("escape", "`", 2))


def test_directive_behind_blanks_counts_for_the_parser_and_not_for_the_frontend() -> None:
    data = b"  # escape=`\n\xc2\xa0# syntax=a\nRUN a `\nb\n"

    parsed = parse(data)

    assert parsed.escape == "`"
    assert [directive.name for directive in parsed.directives] == ["escape", "syntax"]
    assert (parsed.nodes[0].args, parsed.nodes[0].comments) == (("a b",), ())
    assert directives(data) == ()
    assert detect_syntax(data) is None


def test_unknown_directive_ends_the_block_and_is_a_comment() -> None:
    parsed = parse(b"# other=1\n# escape=`\nFROM a\n")

    assert parsed.escape == "\\"
    assert parsed.directives == ()
    assert parsed.nodes[0].comments == ("other=1", "escape=`")


def test_shebang_is_a_comment_for_the_parser() -> None:
    parsed = parse(b"#!/bin/sh\n# escape=`\nFROM a\n")

    assert parsed.escape == "\\"
    assert parsed.nodes[0].comments == ("!/bin/sh", "escape=`")
