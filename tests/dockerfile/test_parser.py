"""Lines of a Dockerfile to nodes. Expectations were measured with BuildKit's own parser."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.lines import LONGEST_LINE
from layerscope.dockerfile.location import Location
from layerscope.dockerfile.parser import DEEPEST_ONBUILD, parse
from layerscope.errors import DockerfileError


def args(text: bytes) -> tuple[str, ...]:
    """The arguments of the last instruction."""
    return parse(text).nodes[-1].args


def failure(data: bytes) -> DockerfileError:
    with pytest.raises(DockerfileError) as caught:
        parse(data)
    return caught.value


def lines_of(error: DockerfileError) -> tuple[int, int]:
    return error.first_line, error.last_line


@pytest.mark.parametrize(
    ("data", "joined"),
    [
        (b"RUN a \\\n  b", "RUN a   b"),
        (b"RUN a \\ \t\n  b", "RUN a   b"),
        (b"RUN a \\\r\n  b\r\n", "RUN a   b"),
        (b"RUN a \\\n# c\n \xc2\xa0# c\nb", "RUN a b"),
        (b"RUN a \\\\\nb", "RUN a \\\\"),
        (b"RUN a \\\\\\\nb", "RUN a \\\\\\"),
        (b"RUN a \\", "RUN a "),
        (b"RUN \xc3\\\n\xa9", "RUN \u00e9"),
        (b"# escape=`\nRUN a `\nb\\\nc", "RUN a b\\"),
    ],
    ids=[
        "keeps-blanks-of-next-line",
        "blanks-behind-escape",
        "crlf",
        "comments",
        "two-escapes-continue-nothing",
        "three-escapes-continue-nothing",
        "end-of-file",
        "character-cut-in-two",
        "backtick",
    ],
)
def test_continuation_joins_what_the_reference_joins(data: bytes, joined: str) -> None:
    nodes = parse(data).nodes

    assert nodes[0].original == joined


def test_continuation_with_empty_lines_warns_at_the_last_line() -> None:
    parsed = parse(b"FROM a\nRUN b \\\n\n \t\n c\n")

    (warning,) = parsed.warnings
    assert parsed.nodes[1].args == ("b  c",)
    assert parsed.nodes[1].location == Location(2, 5)
    assert warning.rule == "NoEmptyContinuation"
    assert warning.location == Location(5, 5)
    assert warning.message == "Empty continuation line found in: RUN b  c"


def test_comments_above_stay_over_blank_lines_and_end_at_an_empty_comment() -> None:
    nodes = parse(b"# gone\n#\n# one\n\n  # two\nFROM a\nRUN b\n").nodes

    assert nodes[0].comments == ("one", "# two")
    assert nodes[1].comments == ()


def test_keyword_is_parted_by_ascii_blanks_only() -> None:
    nodes = parse("FROM\u00a0a\nFROM\v\fb\nRUN\x1cc\n".encode()).nodes

    assert [(node.keyword, node.args) for node in nodes] == [
        ("FROM\u00a0a", ("",)),
        ("FROM", ("b",)),
        ("RUN\x1cc", ("",)),
    ]


def test_keyword_in_letters_whose_lower_case_is_ascii_is_known() -> None:
    kelvin, dotted = "WOR\u212aDIR /a b", "ENTRYPO\u0130NT a b"

    nodes = parse(f"{kelvin}\n{dotted}\n".encode()).nodes

    assert [node.args for node in nodes] == [("/a b",), ("a b",)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"ENV a=1 b='2 3'", ("a", "1", "=", "b", "'2 3'", "=")),
        (b"ENV a  b c", ("a", "b c", "")),
        (b"ENV a\xff=\xff", ("a\ufffd", "\ufffd", "=")),
        (b"ENV a \xff", ("a", "\udcff", "")),
        (b"ENV a=b\\", ("a", "b", "=")),
        (b'ENV a="b c', ("a", '"b c', "=")),
        (b'ENV a="b\\" c" d=\\ e', ("a", '"b\\" c"', "=", "d", "\\ e", "=")),
        (b"ENV a='b\\' c=d", ("a", "'b\\'", "=", "c", "d", "=")),
        ("ENV a=1\u3000b=2\u0085c=3".encode(), ("a", "1", "=", "b", "2", "=", "c", "3", "=")),
        (b"ENV", ()),
        (b"ARG a=1 b 'c d'", ("a=1", "b", "'c d'")),
        (b"EXPOSE  1\t2 \x0b3", ("1", "2", "3")),
        (b"WORKDIR  /a  b ", ("/a  b",)),
        (b"HEALTHCHECK CMD a  b", ("CMD", "a  b")),
        (b"HEALTHCHECK NONE", ("NONE",)),
        (b"HEALTHCHECK CMD\xc3\xa0 x", ("CMD\udcc3", "x")),
        (b"FROB a b", ("",)),
    ],
)
def test_arguments_are_split_as_the_keyword_asks(data: bytes, expected: tuple[str, ...]) -> None:
    assert args(data) == expected


@pytest.mark.parametrize(
    ("data", "flags", "rest"),
    [
        (b"COPY --from=a --link b c", ("--from=a", "--link"), ("b", "c")),
        (b"COPY --a='b c'\"d\" e", ("--a=b cd",), ("e",)),
        (b"COPY --a='b\\'c' e", ("--a=b'c",), ("e",)),
        (b"COPY --a -- --b c", ("--a",), ("--b", "c")),
        (b"COPY --a --", ("--a",), ()),
        (b"COPY --a=\\", ("--a=",), ()),
        (b"COPY - --a", (), ("-", "--a")),
        ("COPY --a=\u00e9 b".encode(), ("--a=\u00c3\u00a9",), ("b",)),
        ("COPY --a=\u00e0 b".encode(), ("--a=\u00c3",), ("b",)),
        (b"COPY --a=\xff b", ("--a=\u00ff",), ("b",)),
    ],
)
def test_flags_are_taken_byte_by_byte(
    data: bytes, flags: tuple[str, ...], rest: tuple[str, ...]
) -> None:
    (node,) = parse(data).nodes

    assert (node.flags, node.args) == (flags, rest)


def test_onbuild_holds_an_instruction_with_flags_and_heredocs_are_the_outer_ones() -> None:
    (node,) = parse(b"ONBUILD COPY --link <<E /x\n1\nE\n").nodes

    assert node.onbuild is not None
    assert (node.args, node.onbuild.flags, node.onbuild.args) == ((), ("--link",), ("<<E", "/x"))
    assert node.onbuild.location == Location(0, 0)
    assert [heredoc.content for heredoc in node.heredocs] == ["1\n"]
    assert node.onbuild.heredocs == ()


def test_onbuild_nested_without_end_is_refused() -> None:
    assert parse(b"ONBUILD " * DEEPEST_ONBUILD + b"RUN a").nodes[0].onbuild is not None

    error = failure(b"FROM a\n" + b"ONBUILD " * (DEEPEST_ONBUILD + 1) + b"RUN a\n")

    assert lines_of(error) == (2, 2)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", (0, 0)),
        (b"# a\n\n#b", (3, 3)),
        (b"\xef\xbb\xbf", (1, 1)),
        (b"FROM a\nENV \\\nb\n", (2, 3)),
        (b"FROM a\nENV a=1 b\n", (2, 2)),
        (b"FROM a\nRUN [\\\n1]\n", (2, 3)),
        (b"FROM a\nRUN <<E\nx\n", (2, 3)),
        (b"# check=a\n# check=b\nFROM a\n", (1, 1)),
        (b"# escape=x\nFROM a\n", (0, 0)),
    ],
)
def test_error_names_the_lines_that_buildkit_names(data: bytes, lines: tuple[int, int]) -> None:
    assert lines_of(failure(data)) == lines


def test_line_of_the_greatest_length_is_read_and_one_byte_more_is_refused() -> None:
    longest = b"RUN " + b"x" * (LONGEST_LINE - 4)

    for end in (b"", b"\n", b"\nRUN b\n"):
        assert len(parse(b"FROM a\n" + longest + end).nodes[1].original) == LONGEST_LINE
        assert lines_of(failure(b"FROM a\n" + longest + b"x" + end)) == (1, 1)


def test_line_too_long_in_a_continuation_is_taken_once_more_as_a_line_of_its_own() -> None:
    words = b'CMD ["a"]'.ljust(LONGEST_LINE + 2)
    numbers = b"CMD [1]".ljust(LONGEST_LINE + 2)

    # Go's scanner hands out what it holds of the long line: it counts, and it can be wrong itself.
    assert lines_of(failure(b"FROM a\nRUN b \\\n" + words)) == (3, 3)
    assert "strings only" in failure(b"FROM a\nRUN b \\\n" + numbers).problem


def test_line_too_long_inside_a_heredoc_leaves_it_without_an_end() -> None:
    error = failure(b"FROM a\nRUN <<E\n" + b"x" * (LONGEST_LINE + 1) + b"\nE\n")

    assert error.problem == "unterminated heredoc"
    assert lines_of(error) == (2, 2)


def test_byte_order_mark_is_taken_off_once() -> None:
    mark = b"\xef\xbb\xbf"

    assert parse(mark + b"FROM a").nodes[0].keyword == "FROM"
    assert parse(mark + mark + b"FROM a").nodes[0].keyword == "\ufeffFROM"


def test_bytes_that_are_no_text_come_back_unchanged() -> None:
    data = b"RUN a\x00b\xff\xc3"

    assert parse(data).nodes[0].args[0].encode("utf-8", "surrogateescape") == data[4:]
