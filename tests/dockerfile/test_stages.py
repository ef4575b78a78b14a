"""A Dockerfile as stages, errors with their lines, and single triggers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.dockerfile.expand import expand
from layerscope.dockerfile.instructions import Copy, Run
from layerscope.dockerfile.location import Location
from layerscope.dockerfile.stages import INSTRUCTIONS, read, trigger
from layerscope.errors import DockerfileError
from layerscope.report.dockerfile_typed import typed_part

if TYPE_CHECKING:
    from collections.abc import Callable


def test_read_puts_instructions_into_their_stages() -> None:
    # Given
    data = b"""ARG V=1
# builder compiles
FROM --platform=$P a:$V \\
  AS Builder
RUN make
FROM builder
COPY --from=0 a b
COPY <<E /c
text
E
"""

    # When
    dockerfile = read(data)

    # Then
    first, second = dockerfile.stages
    assert [argument.key for arg in dockerfile.meta_args for argument in arg.arguments] == ["V"]
    assert (first.name, first.base_name, first.platform) == ("builder", "a:$V", "$P")
    assert (first.doc_comment, first.location) == ("compiles", Location(3, 4))
    assert [command.keyword for command in first.commands] == ["run"]
    assert (second.name, second.base_name) == ("", "builder")
    assert [command.location for command in second.commands] == [Location(7, 7), Location(8, 10)]


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"RUN a\nFROM b\n", (1, 1)),
        (b"ARG a\nLABEL a=b\n", (2, 2)),
        (b"FROM a\n\nNOPE \\\n x\n", (3, 4)),
        (b"FROM a\nCOPY a <<E\nx\nE\n", (2, 4)),
        (b"# nothing\n", (1, 1)),
    ],
)
def test_read_of_a_wrong_file_names_the_lines(data: bytes, lines: tuple[int, int]) -> None:
    # When
    with pytest.raises(DockerfileError) as caught:
        read(data)

    # Then
    assert (caught.value.first_line, caught.value.last_line) == lines


def test_read_tells_a_wrong_instruction_before_the_missing_stage() -> None:
    with pytest.raises(DockerfileError, match="is no flag of RUN"):
        read(b"RUN --x a\n")


def test_read_knows_keywords_in_any_case_that_the_reference_folds() -> None:
    # Given a dotted capital I and a Kelvin sign
    data = "FROM a\nWORKD\u0130R /b\nWOR\u212aDIR /c\n".encode()

    # When
    (stage,) = read(data).stages

    # Then
    assert [command.keyword for command in stage.commands] == ["workdir", "workdir"]


def test_trigger_is_one_instruction_without_lines() -> None:
    # When
    copy = trigger("COPY <<E /x\nbody\nE")
    escaped = trigger("RUN a `\n b", escape="`")

    # Then
    assert isinstance(copy, Copy)
    assert copy.location == Location(0, 0)
    assert copy.contents[0].content == "body\n"
    assert isinstance(escaped, Run)
    assert escaped.words == ("a  b",)


@pytest.mark.parametrize("text", ["", "FROM a", "RUN a\nRUN b", "NOPE x", "COPY a", "ENV a"])
def test_trigger_that_is_no_single_instruction_is_refused(text: str) -> None:
    # When
    with pytest.raises(DockerfileError) as caught:
        trigger(text)

    # Then
    assert caught.value.first_line == 0


WORDS = st.sampled_from(
    [
        *("a", "/b", ".", "$A", "${B:-c}", "${", '"', "'", "\\", "=", "a=b", "=b", "[", "]", ","),
        *('["a"]', '["a", 1]', "<<E", "<<-E", "<<'E'", "\n", "\nE\n", "\t", "#", "AS", "NONE"),
        *("--from=a", "--link", "--mount=type=cache", '--mount="', "--mount=a,=", "--device=a,,"),
        *("--interval=1x", "--interval=9h", "--retries=9", "--", "--x", "\udcff", "é", "\x00"),
        *("\nFROM a AS b\n", "\n# check=skip=all\n", "\\\n", "CMD", "\ufeff", "\u2028", "\x85"),
        *(f"\n{keyword.upper()} " for keyword in INSTRUCTIONS),
    ]
)


@pytest.mark.hypothesis
@settings(max_examples=400, deadline=None)
@given(st.lists(WORDS, max_size=30), st.sampled_from(["", " "]))
def test_read_of_anything_gives_a_dockerfile_or_a_dockerfile_error(
    words: list[str], between: str
) -> None:
    # Given
    data = between.join(["FROM a\n", *words]).encode("utf-8", "surrogateescape")

    # When
    refused = _refusal(lambda: read(data))

    # Then
    if refused is not None:
        assert typed_part(data)["error"]["start_line"] == refused.first_line >= 0
        return
    dockerfile = read(data)
    for command in (command for stage in dockerfile.stages for command in stage.commands):
        assert 1 <= command.location.first_line <= command.location.last_line
        refused = _refusal(partial(expand, command, ["A=x y"], escape=dockerfile.escape))
        assert refused is None or refused.first_line == command.location.first_line


def _refusal(call: Callable[[], object]) -> DockerfileError | None:
    """The error that the call ends with; another one than `DockerfileError` goes through."""
    try:
        call()
    except DockerfileError as error:
        return error
    return None


@pytest.mark.hypothesis
@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_typed_part_of_any_bytes_has_all_its_keys(data: bytes) -> None:
    assert set(typed_part(data)) == {"error", "failed_in", "meta_args", "stages", "lint"}
