"""`layerscope explore` as users start it: what it refuses, and one session in a real terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import Run, app_tar, damaged_tar, run, two_tar
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

HUES = re.compile(rb"[34]8;2;(\d+);(\d+);(\d+)")
"""A colour of letters or of what is behind them, as terminals are told."""
HINT = "hint: layerscope ls, history and analyze print what explore shows"
PATIENCE = 50


def hues(result: Run) -> list[tuple[bytes, ...]]:
    """All colours that were drawn."""
    return [found.groups() for found in HUES.finditer(result.out)]


def is_hue(color: tuple[bytes, ...]) -> bool:
    """Whether a colour is no grey."""
    return len(set(color)) > 1


def in_terminal(
    *arguments: str, cwd: Path, keys: bytes = b"", after: bytes = b"", **environment: str
) -> Run:
    """A run in a terminal of its own, and `keys` sent once `after` is seen; `err` is all lines."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "layerscope", *arguments],
            cwd=cwd,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY),
                "TERM": "xterm-256color",
                **environment,
            },
        ) as process:
            out, sent = b"", not keys
            end = time.monotonic() + PATIENCE
            while process.poll() is None and time.monotonic() < end:
                if select.select([ours], [], [], 0.1)[0]:
                    out += os.read(ours, 65536)
                if not sent and after in out:
                    os.write(ours, keys)
                    sent = True
            while select.select([ours], [], [], 0)[0]:
                out += os.read(ours, 65536)
            process.kill()
            return Run(process.wait(), out, out.decode().replace("\r\n", "\n"))
    finally:
        os.close(ours)
        os.close(theirs)


def test_explore_without_a_terminal_is_refused(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("explore", "app.tar", cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert result.err.splitlines() == [
        "layerscope: standard input: expected a terminal, found none (usage)",
        HINT,
    ]


def test_explore_without_textual_says_how_to_install_it(tmp_path: Path) -> None:
    app_tar(tmp_path)
    package = tmp_path / "without" / "textual"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'textual'\", name='textual')\n"
    )

    path = os.pathsep.join((str(tmp_path / "without"), str(REPOSITORY)))
    result = in_terminal("explore", "app.tar", cwd=tmp_path, PYTHONPATH=path)

    assert result.status == 2
    assert result.err.splitlines() == [
        "layerscope: explore needs the package textual, which is not installed (usage)",
        "hint: pip install 'layerscope[tui]'",
    ]


def test_explore_of_several_images_lists_them(tmp_path: Path) -> None:
    two_tar(tmp_path)

    result = in_terminal("explore", "two.tar", cwd=tmp_path)

    assert result.status == 2
    assert result.err.splitlines() == [
        "layerscope: two.tar: expected one image, found 2 (usage)",
        "hint: pick one: two.tar:@0 (base:1, linux/amd64); :@1 (app:1, linux/amd64)",
    ]


@pytest.mark.parametrize(
    ("name", "code"), [("damaged.tar", "digest-mismatch"), ("none.tar", "unreadable")]
)
def test_explore_of_what_is_not_whole_says_why(tmp_path: Path, name: str, code: str) -> None:
    damaged_tar(tmp_path)

    result = in_terminal("explore", "-q", name, cwd=tmp_path)

    assert result.status == 3
    assert result.err.splitlines()[0].endswith(f"({code})")
    # No screen was drawn.
    assert b"\x1b[?1049h" not in result.out


@pytest.mark.parametrize("keys", [b"q", b"\x03"])
def test_explore_draws_the_image_and_leaves_the_terminal_as_it_was(
    tmp_path: Path, keys: bytes
) -> None:
    app_tar(tmp_path)

    result = in_terminal(
        "explore", "-q", "app.tar", cwd=tmp_path, keys=keys, after=b"ADD rootfs.tar"
    )

    assert result.status == 0
    # The second screen is entered, and left at the end.
    assert b"\x1b[?1049h" in result.out
    assert result.out.rindex(b"\x1b[?1049l") > result.out.rindex(b"ADD rootfs.tar")


def test_explore_that_fails_says_so_in_one_line(tmp_path: Path) -> None:
    app_tar(tmp_path)
    (tmp_path / "sitecustomize.py").write_text(
        "import layerscope.tui.words as words\nwords.tree_line = lambda *_, **__: 1 / 0\n"
    )

    path = os.pathsep.join((str(tmp_path), str(REPOSITORY)))
    result = in_terminal("explore", "-q", "app.tar", cwd=tmp_path, PYTHONPATH=path)

    assert result.status == 70
    said = result.err.rpartition("\x1b[?1049l")[2]
    assert "layerscope: unexpected ZeroDivisionError: division by zero (internal)" in said
    assert "Traceback" not in result.err


def test_explore_without_colour_draws_none(tmp_path: Path) -> None:
    app_tar(tmp_path)

    plain, coloured = (
        in_terminal(
            *("explore", "-q", "--color", color, "app.tar"),
            cwd=tmp_path,
            keys=b"\tq",
            after=b"ADD rootfs.tar",
            NO_COLOR="1",
            COLORTERM="truecolor",
        )
        for color in ("never", "always")
    )

    assert (plain.status, coloured.status) == (0, 0)
    assert (any(map(is_hue, hues(plain))), any(map(is_hue, hues(coloured)))) == (False, True)
