from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.lint.shell_commands import commands, commands_of_run
from layerscope.dockerfile import stages
from layerscope.dockerfile.instructions import Run


def texts(text: str) -> list[str]:
    found = commands(text)
    assert found is not None
    return [" ".join(word.text for word in command.words) for command in found]


def texts_of_run(text: str, shell: tuple[str, ...] = ("/bin/sh", "-c")) -> list[str] | None:
    run = stages.read(f"FROM a\n{text}\n".encode()).stages[0].commands[0]
    assert isinstance(run, Run)
    found = commands_of_run(run, shell)
    if found is None:
        return None
    return [" ".join(word.text for word in command.words) for command in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a && b || c; d | e & f", ["a", "b", "c", "d", "e", "f"]),
        ("set -ex; (cd x; y) ; { z; }", ["set -ex", "cd x", "y", "z"]),
        ("if a; then b; elif c; then d; else e; fi", ["a", "b", "c", "d", "e"]),
        ("while a; do b; done; ! c", ["a", "b", "c"]),
        ("case $x in a|b) c;; *) d;; esac", ["case $x in a", "b", "c", "*", "d"]),
        ("A=1 B='2 3' c d", ["c d"]),
        ("a > x 2>&1 < y b", ["a b"]),
        ("sudo -E -u root apt-get update", ["apt-get update"]),
        ("env -i A=b nice -n 5 timeout -k 1 60 a b", ["a b"]),
        ("cat x | xargs -r -n 1 pip install", ["cat x", "pip install"]),
        ("command -v a && exec b", ["command -v a", "b"]),
        ("sh -c 'a && b'; bash -euxo pipefail -c \"c; d\"", ["a", "b", "c", "d"]),
        ("su - x -c 'a b'", ["a b"]),
        ("trap 'rm x' EXIT; a", ["a", "rm x"]),
        ("f() { a; b; }; c; f; d", ["c", "a", "b", "d"]),
        ("f() { f; a; }; f", ["f", "a"]),
        ("bash <<E\na\nb\nE\nc", ["a", "b", "c"]),
        ("cat <<E > x\nrm -rf /\nE\nc", ["cat", "c"]),
        ("'if' a", ["if a"]),
        ("", []),
    ],
)
def test_commands_of_a_line_are_the_simple_ones(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


def test_commands_keep_assignments_and_outputs() -> None:
    found = commands("A=1 b >> c 2> d")

    assert found is not None
    assert [word.text for word in found[0].assignments] == ["A=1"]
    assert [word.text for word in found[0].outputs] == ["c", "d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a && \\\n# comment\n  b", ["a", "b"]),
        ('RUN ["a", "b && c"]', ["a b && c"]),
        ('RUN ["/bin/bash", "-o", "pipefail", "-c", "a | b"]', ["a", "b"]),
        ("RUN <<E\nset -e\na\nE", ["set -e", "a"]),
        ("RUN <<E\n#!/usr/bin/env bash\na\nE", ["a"]),
        ("RUN <<E\n#!/usr/bin/env python3\nimport a\nE", None),
        ("RUN cat <<E > x && b\nrm c\nE", ["cat", "b"]),
        ("RUN sh <<E && b\na\nE", ["a", "b"]),
        ("RUN a 'b", None),
    ],
)
def test_commands_of_run_read_every_form(text: str, expected: list[str] | None) -> None:
    assert texts_of_run(text) == expected


@pytest.mark.parametrize("shell", [("powershell", "-Command"), ("cmd", "/S", "/C"), ()])
def test_commands_of_run_in_another_shell_are_none(shell: tuple[str, ...]) -> None:
    assert texts_of_run("RUN a; b", shell) is None


@pytest.mark.hypothesis
@given(
    st.lists(
        st.sampled_from(
            [
                *("a", "b ", "&&", ";", "|", "(", ")", "{ ", "; }", "f()", "sh -c 'x'", "\n"),
                *("<<E", "E\n", "if ", "fi", "$x", "'", '"', "sudo ", "trap 'a' X", "2>", ">x"),
            ]
        )
    ).map("".join)
)
def test_commands_of_any_text_never_raise_and_have_a_program(text: str) -> None:
    found = commands(text)

    assert found is None or all(command.words for command in found)
