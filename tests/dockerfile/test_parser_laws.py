"""Laws of the parser: any bytes give nodes or a DockerfileError, and lines account for the file."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.dockerfile.directives import detect_syntax
from layerscope.dockerfile.parser import Parsed, parse
from layerscope.errors import DockerfileError
from layerscope.report.dockerfile_document import parser_part

pytestmark = pytest.mark.hypothesis

FRAGMENTS = (
    *(b"FROM a", b"RUN ", b"COPY ", b"ENV ", b"ARG ", b"ONBUILD ", b"HEALTHCHECK ", b"CMD "),
    *(b" ", b"\t", b"\r", b"\v", b"\xc2\xa0", b"\xc2\x85", b"\xe3\x80\x80", b"\x1c", b"\n", b"\n"),
    *(b"\\\n", b"`\n", b"\\", b"`", b"# escape=`\n", b"# syntax=a\n", b"# c\n", b"//", b"#!", b"#"),
    *(b"<<E", b"<<-E", b"3<<'E'", b"\nE\n", b"\tE\n", b"<<", b"$", b"${", b"}", b":-", b"a", b"=b"),
    *(b"--", b"--a=", b"'", b'"', b"[", b"]", b'["a"]', b"{", b"1e999", b",", b"\\ud800", b"null"),
    *(b"\x00", b"\xff", b"\xc3", b"\xa9", b"\xef\xbb\xbf", b"\xc4\xb0", b"\xe2\x84\xaa"),
)
DOCKERFILES = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(b"".join)
ANYTHING = st.binary(max_size=300) | DOCKERFILES


def parsed(data: bytes) -> Parsed | None:
    try:
        return parse(data)
    except DockerfileError:
        return None


@given(ANYTHING)
def test_any_bytes_give_nodes_or_the_parsers_own_error(data: bytes) -> None:
    result = parsed(data)
    detect_syntax(data)

    if result is not None:
        assert result.nodes
        lines = [(node.location.first_line, node.location.last_line) for node in result.nodes]
        assert all(first <= last for first, last in lines)
        assert all(lines[at][1] < lines[at + 1][0] for at in range(len(lines) - 1))


@given(ANYTHING)
def test_error_of_any_bytes_names_lines_that_the_file_has(data: bytes) -> None:
    error = parser_part(data)["error"]

    if error is not None:
        assert 0 <= error["start_line"] <= error["end_line"] <= data.count(b"\n") + 1


@given(ANYTHING)
def test_any_bytes_give_a_document_that_json_can_write(data: bytes) -> None:
    part = parser_part(data)

    assert json.loads(json.dumps(part)) == part


@given(DOCKERFILES)
def test_comment_line_below_changes_no_instruction(data: bytes) -> None:
    result = parsed(data)

    if result is not None:
        again = parsed(data.rstrip(b"\n") + b"\n# comment\n")
        # A comment inside of an open continuation makes the last instruction one line longer.
        assert again is None or [node.args for node in again.nodes] == [
            node.args for node in result.nodes
        ]


@given(DOCKERFILES)
def test_line_feeds_as_crlf_change_no_words(data: bytes) -> None:
    data = data.replace(b"\r", b"")
    result = parsed(data)
    again = parsed(data.replace(b"\n", b"\r\n"))

    assert (result is None) == (again is None)
    if result is not None and again is not None:
        assert [node.args for node in result.nodes] == [node.args for node in again.nodes]
        assert [node.original for node in result.nodes] == [node.original for node in again.nodes]
