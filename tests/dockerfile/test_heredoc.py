"""Here-documents: which a line announces, and where their bodies end. Measured with BuildKit."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.heredoc import (
    LARGEST_DESCRIPTOR,
    announced,
    parse_heredoc,
    without_leading_tabs,
)
from layerscope.dockerfile.parser import parse
from layerscope.errors import DockerfileError


@pytest.mark.parametrize(
    ("word", "name", "descriptor", "expand", "chomp"),
    [
        ("<<E", "E", 0, True, False),
        ("<<-E", "E", 0, True, True),
        ("3<<E", "E", 3, True, False),
        ("<<'E'", "E", 0, False, False),
        ('<<-"E"', "E", 0, False, True),
        ("<<E'F'", "EF", 0, False, False),
        ("<<E\\F", "EF", 0, True, False),
        ('<<\\"E', '"E', 0, True, False),
        ("<< \tE", "E", 0, True, False),
        ("<<$E", "$E", 0, True, False),
        ("007<<E", "E", 7, True, False),
        ("9" * 5000 + "<<E", "E", LARGEST_DESCRIPTOR, True, False),
        ("<<\ufeffE", "E", 0, True, False),
        ("<<\udcff", "\ufffd", 0, True, False),
    ],
)
def test_word_that_opens_a_heredoc_gives_its_parts(
    word: str, name: str, descriptor: int, *, expand: bool, chomp: bool
) -> None:
    heredoc = parse_heredoc(word)

    assert heredoc is not None
    assert (heredoc.name, heredoc.descriptor) == (name, descriptor)
    assert (heredoc.expand, heredoc.chomp) == (expand, chomp)


@pytest.mark.parametrize("word", ["", "<<", "<<-", "<E", "<<<E", "<<E<F", "a<<E", "<<E F", "<<''"])
def test_word_that_opens_no_heredoc_gives_none(word: str) -> None:
    assert parse_heredoc(word) is None


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("COPY <<A <<B 3<<C /x/", ["A", "B", "C"]),
        ("RUN <<'A B' cat", ["A B"]),
        ("RUN echo '<<A' \"<<B\"", []),
        ("RUN echo \\<<A", []),
        ("RUN cat <<<A", []),
        ("RUN echo $((1<<2))", []),
        ("RUN echo $(( 1 << 2 ))", ["2"]),
        ('RUN echo "a <<A', []),
        ("RUN echo ${ <<A", []),
    ],
)
def test_line_announces_the_heredocs_of_its_words(line: str, names: list[str]) -> None:
    assert [heredoc.name for heredoc in announced(line)] == names


def test_bodies_follow_in_order_and_are_kept_as_written() -> None:
    data = b"FROM a\nCOPY <<A <<-B /x\n\t1\r\nB\nA\n\t\t2 \\\n# 3\n\t\tB\nRUN c\n"

    nodes = parse(data).nodes

    assert [heredoc.content for heredoc in nodes[1].heredocs] == ["\t1\r\nB\n", "\t\t2 \\\n# 3\n"]
    assert (nodes[1].location.first_line, nodes[1].location.last_line) == (2, 8)
    assert nodes[2].args == ("c",)


@pytest.mark.parametrize(
    ("end", "ends"),
    [
        (b"E\n", True),
        (b"E\r\r\n", True),
        (b"E", True),
        (b"E \n", False),
        (b" E\n", False),
        (b"\tE\n", False),
        (b"e\n", False),
    ],
)
def test_body_ends_at_its_name_alone(end: bytes, *, ends: bool) -> None:
    data = b"RUN <<E\nx\n" + end

    if ends:
        assert parse(data).nodes[0].heredocs[0].content == "x\n"
    else:
        with pytest.raises(DockerfileError, match="unterminated heredoc"):
            parse(data)


@pytest.mark.parametrize(
    "line",
    [
        b'RUN ["<<E"]',
        b"CMD <<E",
        b"ENV a=<<E",
        b"ONBUILD",
        b"ONBUILD CMD <<E",
        b"ONBUILD ONBUILD RUN <<E",
        b'ONBUILD RUN ["<<E"]',
    ],
)
def test_instruction_that_holds_no_heredoc_has_no_body(line: bytes) -> None:
    nodes = parse(line + b"\nE\n").nodes

    assert len(nodes) == 2
    assert nodes[0].heredocs == ()


def test_leading_tabs_are_taken_off_every_line_and_blanks_are_not() -> None:
    assert without_leading_tabs("\t\ta\tb\n \tc\n\n\td\r\t") == "a\tb\n \tc\n\nd\r\t"
