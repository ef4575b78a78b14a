from __future__ import annotations

import pytest

from layerscope.cache.lint.reading import UNKNOWN_FOLDER, Reading, read_all
from layerscope.dockerfile import stages
from layerscope.dockerfile.instructions import Run

HOME = "/home"  # apart, since no file may name the home folder of a person


def read(text: str, target: str | None = None) -> Reading:
    return read_all(stages.read(text.encode()), target=target)


@pytest.mark.parametrize(
    ("target", "lineage"), [(None, (0, 2)), ("b", (1,)), ("1", (1,)), ("nosuch", ())]
)
def test_lineage_is_what_the_target_is_built_from(
    target: str | None, lineage: tuple[int, ...]
) -> None:
    text = "FROM x AS a\nRUN a\nFROM x AS b\nRUN b\nFROM A\nRUN c\n"

    assert read(text, target).lineage == lineage


def test_stage_named_by_an_argument_is_found_by_its_default() -> None:
    text = "ARG KIND=two\nFROM x AS one\nFROM x AS two\nFROM $KIND AS three\nFROM t-$NONE\n"

    found = read(text)

    kinds = [(stage.kind, stage.parent) for stage in found.stages]
    assert kinds == [("image", None), ("image", None), ("stage", 1), ("unknown", None)]


def test_stages_copied_whole_bring_what_they_are_built_from() -> None:
    text = "FROM x AS a\nFROM a AS b\nFROM x AS c\nFROM x\nCOPY --from=b / /\nCOPY --from=c /x /\n"

    assert read(text).copied_whole == {0, 1}


@pytest.mark.parametrize(
    ("above", "word", "expected"),
    [
        ("", "a", f"{UNKNOWN_FOLDER}/a"),
        ("", "/a/../b/", "/b/"),
        ("WORKDIR /w\nWORKDIR x\n", "a", "/w/x/a"),
        ("WORKDIR $NONE\n", "a", None),
        ("ENV D=/d\n", "$D/e", "/d/e"),
        # The base image may set E.
        ("ENV D=/d\n", "$D/${E:-e}", None),
        ("ARG D\n", "$D/a", None),
        ("ARG D=/d\n", "$D/a", "/d/a"),
        ("", "$(pwd)/a", None),
        ("", "~/a", "/root/a"),
        ("ENV HOME=/h\n", "~/a", "/h/a"),
        ("USER me\n", "~/a", f"{HOME}/me/a"),
    ],
)
def test_path_of_a_word_needs_known_values(above: str, word: str, expected: str | None) -> None:
    steps = read(f"FROM x\n{above}RUN a\n").stages[0].steps
    run = next(step for step in steps if isinstance(step.instruction, Run))

    assert run.path(word) == expected


def test_state_is_passed_on_to_stages_on_top() -> None:
    text = 'FROM scratch AS a\nWORKDIR /w\nENV A=1\nSHELL ["/bin/bash", "-c"]\nFROM a\nRUN b\n'

    step = read(text).stages[1].steps[0]

    assert (step.workdir, step.value("$A"), step.shell) == ("/w", "1", ("/bin/bash", "-c"))


@pytest.mark.parametrize(
    "text",
    [
        "FROM mcr.microsoft.com/windows/nanoserver:ltsc2022\nRUN a 'b\n",
        "# escape=`\nFROM x\nRUN a\n",
        "FROM --platform=windows/amd64 x\nRUN a\n",
    ],
)
def test_commands_on_windows_are_not_read(text: str) -> None:
    assert read(text).stages[0].steps[0].commands is None
