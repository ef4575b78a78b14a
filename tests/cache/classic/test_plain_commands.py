"""What can be told of a RUN from its text."""

from __future__ import annotations

import pytest

from layerscope.cache.builders.bases import nothing
from layerscope.cache.builders.plain_commands import after_commands
from layerscope.cache.builders.rootfs import Origin, Rootfs

EMPTY = Rootfs(Origin("base"))


def after(text: str, files: Rootfs = EMPTY, user: str = "") -> Rootfs | None:
    return after_commands(files, text, "/w", user=user, number=7, build=1)


def contents(files: Rootfs | None) -> dict[str, str | None]:
    assert files is not None
    return {
        path: None if file.tree is None else file.tree.read(file.path).decode()
        for path, file in files.placed.items()
        if file.node.kind == "file"
    }


def test_words_that_are_written_out_are_known() -> None:
    assert contents(after("mkdir -p /o && echo a  b > /o/x ; echo c >y")) == {
        "o/x": "a b\n",
        "w/y": "c\n",
    }


def test_directories_are_made() -> None:
    files = after("mkdir -p /o/p q")

    assert files is not None
    assert files.is_directory("o/p")
    assert files.is_directory("w/q")


def test_what_a_program_prints_is_not_known_but_all_else_is() -> None:
    files = after("echo a > /a; date +%N > /noise; echo $V > /v; echo x >> /a2")

    assert contents(files) == {"a": "a\n", "noise": None, "v": None, "a2": None}
    assert files is not None
    assert files.known_file("a")
    assert not files.known_file("noise")
    assert files.unknown("noise").origin == (("run", 7, "noise"),)
    assert files.unknown("etc").origin == ("base",)


def test_mode_and_copies_follow_what_is_known() -> None:
    files = after("echo a > /a; chmod 700 /a; cp /a /tmp; cp /a /b")

    assert contents(files) == {"a": "a\n", "tmp/a": "a\n", "b": "a\n"}
    assert files is not None
    assert files.placed["b"].node.mode == 0o700


@pytest.mark.parametrize(
    "text",
    [
        "make",
        "echo a > /a; make",
        "echo $(make) > /a",
        "echo `make`",
        "echo 'a' > /a",
        "echo a | tee /a",
        "echo a > $F",
        "echo a 2> /e",
        "echo a > /a b > /c",
        "echo a > /tmp",
        "(echo a > /a)",
        "echo a & make",
        "env make",
        "cp -r /a /b",
        "cp /gone /b",
        "chmod +x /a",
        "cd /x && echo a > b",
        "test -f /x && echo a > /a",
        "",
    ],
)
def test_anything_else_may_have_done_anything(text: str) -> None:
    assert after(text) is None


def test_only_what_root_does_is_told() -> None:
    assert after("echo a > /a", user="app") is None
    assert after("echo a > /a", user="0:0") is not None


def test_device_files_are_left_alone() -> None:
    assert contents(after("make > /dev/null") or EMPTY) == {}
    assert contents(after("ls > /dev/null", nothing())) == {}
