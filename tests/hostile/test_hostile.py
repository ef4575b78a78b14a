"""Every hostile archive and folder of the shared collection, through three commands.

`SHARED/conformance/hostile/make_hostile.py` writes the inputs; its table says what must happen.
Small ones always run; those marked big run with `LAYERSCOPE_HOSTILE_BIG=1`, and where
`LAYERSCOPE_REQUIRE_ALL=1` asks for everything; bombs are of `LAYERSCOPE_HOSTILE_BOMB_GIB` (2) GiB.
Inputs for Dockerfile readers are not for these commands.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED", ROOT.parent / "shared"))
MAKER = SHARED / "conformance" / "hostile" / "make_hostile.py"
BIG = "1" in {os.environ.get(f"LAYERSCOPE_{name}") for name in ("HOSTILE_BIG", "REQUIRE_ALL")}
BOMB_GIB = int(os.environ.get("LAYERSCOPE_HOSTILE_BOMB_GIB", "2"))

TIMEOUT_S = 120
MIB = 1024 * 1024
PEAK_BYTES = 512 * MIB
COMMANDS = {
    "json": ("analyze", "-f", "json"),
    "text": ("analyze",),
    "validate": ("validate",),
}
OTHER_KINDS = ("dockerfile", "dockerignore")
TOTALS = ("compressed_bytes", "uncompressed_bytes", "content_bytes")


@dataclass(frozen=True)
class Case:
    """A line of the table: the input's name, its verdict, and whether it is big."""

    name: str
    must: str
    big: bool


@dataclass(frozen=True)
class Run:
    """What one run of the program left behind."""

    status: int | None
    out: bytes
    err: bytes
    peak_bytes: int
    timed_out: bool

    def error_lines(self) -> list[str]:
        return [line for line in self.err.decode().splitlines() if not line.startswith("hint: ")]


def _cases() -> list[Case]:
    """The archives and folders of the table; the maker itself lists names, classes, verdicts."""
    if not MAKER.exists():
        return []
    listed = subprocess.run([sys.executable, MAKER, "--list"], capture_output=True, check=True)
    rows = [line.split() for line in listed.stdout.decode().splitlines()]
    cases = [Case(row[0], row[2], "big" in row[3:]) for row in rows if row[1] not in OTHER_KINDS]
    return [case for case in cases if BIG or not case.big]


CASES = _cases()
ONE = [case for case in CASES if not case.name.endswith("/")]
MANY = [case for case in CASES if case.name.endswith("/")]
BIG_NAMES = {case.name for case in CASES if case.big}
IMAGE_WHOLE = {"outer-huge-member-declared.tar"}
"""Archives that are damaged where no image lies: the image is read, verified and shown."""

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not CASES, reason="../shared/conformance/hostile is not there"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Run]]:
    """Runs the program with the given arguments in an empty folder, and checks it stays empty."""
    base = tmp_path_factory.mktemp("runs")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "100"}
    environment["LAYERSCOPE_CATALOG"] = ""
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("forked_runs.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    stdin, stdout = server.stdin, server.stdout

    def run(*argv: str) -> Run:
        cwd, tmp = base / "cwd", base / "tmp"
        for folder in (cwd, tmp):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        asked = {"argv": argv, "cwd": str(cwd), "tmp": str(tmp), "timeout": TIMEOUT_S}
        stdin.write(json.dumps(asked).encode() + b"\n")
        stdin.flush()
        told = json.loads(stdout.readline())
        assert os.listdir(cwd) == []  # nothing is written, nor left behind
        return Run(
            status=told["status"],
            out=(tmp / "stdout").read_bytes(),
            err=(tmp / "stderr").read_bytes(),
            peak_bytes=told["peak_kib"] * 1024,
            timed_out=told["timed_out"],
        )

    with server:
        yield run
        stdin.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with all inputs that are not big, written once; about 130 MB, removed at the end."""
    folder = tmp_path_factory.mktemp("small")
    _write(folder, "--skip-big")
    yield folder
    shutil.rmtree(folder)


def _write(folder: Path, *options: str) -> None:
    command = [sys.executable, str(MAKER), "--out", str(folder), *options]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture
def make(small: Path, tmp_path: Path) -> Iterator[Callable[[str], tuple[Path, dict[str, Any]]]]:
    """Gives an input's path and its row of the table; big ones are written and removed each."""

    def write(name: str) -> tuple[Path, dict[str, Any]]:
        folder = small
        if name in BIG_NAMES:
            folder = tmp_path
            _write(folder, "--only", name, "--set", f"bomb_gib={BOMB_GIB}")
        rows = json.loads((folder / "table.json").read_text())
        row = next(row for row in rows if row["name"] == name.rstrip("/"))
        return folder / row["name"], row

    yield write
    shutil.rmtree(tmp_path)


def _peak_allowed(check: str) -> int:
    """The bound that the table states, or the one that holds for all."""
    stated = re.search(r"peak memory below (\d+) (MiB|GiB)", check)
    if stated is None:
        return PEAK_BYTES
    return int(stated[1]) * (MIB if stated[2] == "MiB" else 1024 * MIB)


def _forbidden(text: str) -> set[str]:
    """Characters that could act on a terminal: controls, formats (bidi), line separators."""
    odd = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Zl", "Zp", "Cs"}}
    return odd - {"\n"}


def _refuse_constant(text: str) -> None:
    message = f"{text} is no JSON"
    raise ValueError(message)


def _document(run: Run) -> dict[str, Any]:
    assert run.out.isascii()
    document = json.loads(run.out, parse_constant=_refuse_constant)
    assert isinstance(document, dict)
    return document


def _check_always(run: Run, peak: int) -> None:
    """What holds whatever the verdict."""
    assert not run.timed_out
    text = run.out.decode()
    said = run.err.decode()
    assert "Traceback" not in said + text
    assert _forbidden(text) == set()
    assert _forbidden(said) == set()
    assert max(map(len, said.splitlines()), default=0) < 1000
    assert run.peak_bytes < peak
    assert run.status in {0, 3}


def _check_refused(run: Run, name: str) -> None:
    """One line that names the input and the reason, and at most one hint."""
    lines = run.error_lines()
    assert len(lines) == 1, lines
    assert re.fullmatch(r"layerscope: .*: .+ \([a-z0-9-]+\)", lines[0])
    assert name in lines[0]
    assert len(run.err.decode().splitlines()) <= 2


def _whole(image: dict[str, Any]) -> bool:
    return all(image[total] is not None for total in TOTALS)


@pytest.mark.parametrize("case", ONE, ids=[case.name for case in ONE])
def test_hostile_input_ends_as_the_table_says(
    case: Case,
    make: Callable[[str], tuple[Path, dict[str, Any]]],
    program: Callable[..., Run],
) -> None:
    # Given a hostile input
    path, row = make(case.name)
    before = _listing(path)

    # When every command reads it
    runs = {how: program(*argv, str(path)) for how, argv in COMMANDS.items()}

    # Then nothing happens that never may, and all commands give the one verdict
    for run in runs.values():
        _check_always(run, _peak_allowed(row["check"]))
    assert _listing(path) == before
    document = _document(runs["json"])
    statuses = {run.status for run in runs.values()}
    assert statuses in {"reject": [{3}], "survive": [{0}]}.get(case.must, [{0}, {3}])
    if statuses == {0}:
        assert {how: run.err for how, run in runs.items() if run.err} == {}
        assert document["faults"] == []
        assert document["images"] != []
        assert all(map(_whole, document["images"]))
        return
    for run in runs.values():
        _check_refused(run, path.name)
    assert document["faults"] != []
    if case.must == "reject" and case.name not in IMAGE_WHOLE:
        assert not any(map(_whole, document["images"]))


def _listing(path: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of all that is there, links not followed."""
    found = [path, *path.rglob("*")] if path.is_dir() else [path]
    states = [(str(each), each.lstat()) for each in found]
    return sorted((name, state.st_size, state.st_mtime_ns) for name, state in states)


def _verdicts(run: Run, paths: list[Path]) -> set[str]:
    """Names of the inputs that have an error line; each has one at most."""
    named: list[str] = []
    for line in run.error_lines():
        assert line.startswith("layerscope: ")
        about = [path.name for path in paths if path.name in line]
        assert len(about) == 1, line
        named += about
    assert len(named) == len(set(named))
    return set(named)


@pytest.mark.parametrize("case", MANY, ids=[case.name for case in MANY])
def test_many_hostile_inputs_give_results_or_one_line_each(
    case: Case,
    make: Callable[[str], tuple[Path, dict[str, Any]]],
    program: Callable[..., Run],
) -> None:
    # Given a folder of hostile inputs
    folder, row = make(case.name)
    paths = sorted(folder.iterdir())

    # When all are read in one run, by every command
    names = [str(path) for path in paths]
    runs = {how: program(*argv, *names) for how, argv in COMMANDS.items()}

    # Then each has a whole result or one line, the same for all commands: none hides another
    for run in runs.values():
        _check_always(run, _peak_allowed(row["check"]))
        assert run.status == 3
    document = _document(runs["json"])
    faulty = _verdicts(runs["json"], paths)
    assert _verdicts(runs["text"], paths) == faulty
    assert _verdicts(runs["validate"], paths) == faulty
    by_input = _by_input(document)
    assert {Path(name).name for name, (_, faults) in by_input.items() if faults} == faulty
    good = [path for path in paths if path.name not in faulty]
    assert good != []
    for path in good:
        images, _ = by_input.get(str(path), ([], []))
        assert images != []
        assert all(map(_whole, images))


def _told(image: dict[str, Any]) -> dict[str, Any]:
    """All that is said of an image but where it was."""
    return {column: value for column, value in image.items() if column != "input"}


def _by_input(document: dict[str, Any]) -> dict[str, tuple[list[Any], list[Any]]]:
    found: dict[str, tuple[list[Any], list[Any]]] = {}
    for image in document["images"]:
        found.setdefault(image["input"], ([], []))[0].append(image)
    for fault in document["faults"]:
        found.setdefault(fault["input"], ([], []))[1].append(fault)
    return found


def test_truncated_archive_gives_the_whole_result_or_a_fault(
    make: Callable[[str], tuple[Path, dict[str, Any]]], program: Callable[..., Run]
) -> None:
    # Given archives cut after every 256 bytes; the longest ones lack end blocks only
    folder, _ = make("truncated/")
    paths = sorted(folder.iterdir())

    # When all are read in one run
    run = program("analyze", "-f", "json", *map(str, paths))

    # Then an answer is that of the whole archive, or there is a fault: never a shorter answer
    by_input = _by_input(_document(run))
    for kind in ("docker", "oci"):
        cuts = [str(path) for path in paths if path.name.startswith(kind)]
        # The end blocks are 1,024 bytes: two of these cuts lose one block or both, two cut a block
        # in half, which Go's reader refuses and others do not.
        images, faults = by_input[cuts[-4]]
        assert (len(images), faults) == (1, [])
        expected = _told(images[0])
        for cut in cuts:
            images, faults = by_input.get(cut, ([], []))
            assert images or faults
            assert [_told(image) for image in images if _whole(image)] in ([], [expected])
            assert faults or all(map(_whole, images))
        assert by_input[cuts[-2]][1] == []


@pytest.mark.parametrize("name", ["names-traversal.tar", "names-collide.tar", "links-escape.tar"])
def test_paths_shown_of_hostile_names_stay_inside_the_root(
    name: str, make: Callable[[str], tuple[Path, dict[str, Any]]], program: Callable[..., Run]
) -> None:
    # Given names that climb out of the root
    path, _ = make(name)

    # When a layer of the image is listed
    run = program("ls", str(path), "--layer", "0", "-f", "json")

    # Then every path is absolute and clean
    assert (run.status, run.err) == (0, b"")
    paths = [row["path"] for row in _document(run)["entries"]]
    assert paths != []
    for shown in paths:
        assert shown.startswith("/")
        assert {"..", "."}.isdisjoint(shown.split("/"))
        assert "//" not in shown
    assert not os.path.lexists("/tmp/layerscope-escape")


STORED_NAMES = {
    "names-terminal.tar": {
        b"\x1b[2Jclear",
        b"\x1b]0;title\x07",
        b"a\nb",
        b"a\rb",
        "\u202eexe.txt".encode(),
        b"<script>alert(1)</script>",
        b'"><img src=x onerror=alert(1)>',
        b"\x08\x08\x08",
        "\x9b31m".encode(),
        "\u2028".encode(),
        b"a\tb",
    },
    "names-not-utf8.tar": {b"caf\xe9", b"\xff\xfe", b"dir\xc3/\x80", b"l"},
    "names-lone-surrogate.tar": {b"a\xed\xa0\x80b"},
}
"""The names as they stand in the tars, byte for byte."""


@pytest.mark.parametrize("name", STORED_NAMES)
def test_ls_of_hostile_names_is_inert_as_text_and_whole_as_json(
    name: str, make: Callable[[str], tuple[Path, dict[str, Any]]], program: Callable[..., Run]
) -> None:
    # Given names made of escape sequences, bidi marks and bytes that are not UTF-8
    path, _ = make(name)

    # When a layer of the image is listed as text and as JSON
    text = program("ls", str(path), "--layer", "0")
    listed = program("ls", str(path), "--layer", "0", "-f", "json")

    # Then nothing raw comes out, and JSON keeps every byte of the names
    for run in (text, listed):
        _check_always(run, PEAK_BYTES)
        assert (run.status, run.err) == (0, b"")
    names = {row["name"].encode("utf-8", "surrogateescape") for row in _document(listed)["entries"]}
    assert names == STORED_NAMES[name]
