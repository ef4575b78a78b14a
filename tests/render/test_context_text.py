from __future__ import annotations

from typing import Any

from layerscope.render.context_text import context_text
from layerscope.report.context_document import ContextDocument, FolderRow, UseRow
from layerscope.report.document import Tool
from tests.render.test_escape import EVIL


def document(**more: Any) -> ContextDocument:  # noqa: ANN401 - any field of the document
    values: dict[str, Any] = {
        "tool": Tool(version="1"),
        "ignore_file": ".dockerignore",
        "patterns": 2,
        "files": 4,
        "bytes": 2000,
        "unused_files": 0,
        "unused_bytes": 0,
        "uses": [],
        "unused": [],
        "entries": None,
        "record": None,
        "notes": [],
    }
    return ContextDocument(**{**values, **more})


def lines_of(made: ContextDocument, width: int = 80, *, verbose: bool = False) -> list[str]:
    return context_text(made, width=width, verbose=verbose).decode().splitlines()


def folder(path: str, size: int, *, whole: bool = True) -> FolderRow:
    return FolderRow(path=path, files=1, bytes=size, whole=whole)


def test_context_text_lists_what_instructions_take_and_what_none_uses() -> None:
    made = document(
        uses=[UseRow(line=3, instruction="COPY a b /x/", files=2, bytes=500)],
        unused_files=2,
        unused_bytes=1500,
        unused=[folder("docs", 1000), folder("", 500, whole=False)],
    )

    assert lines_of(made) == [
        "the context holds 2.0 kB in 4 files",
        "after 2 patterns of .dockerignore",
        "",
        "line  instruction   files  bytes",
        "--------------------------------",
        "   3  COPY a b /x/      2  500 B",
        "",
        "no instruction uses 1.5 kB (75.0%) in 2 files",
        "unused        files   bytes",
        "---------------------------",
        "docs/             1  1.0 kB",
        "./*               1   500 B",
    ]


def test_context_text_without_an_ignore_file_and_without_unused_files_says_so() -> None:
    assert lines_of(document(ignore_file=None, files=1)) == [
        "the context holds 2.0 kB in 1 file",
        "no .dockerignore: all files of the folder are in it",
        "",
        "every file is used",
    ]


def test_context_text_of_an_empty_context_says_nothing_of_use() -> None:
    assert lines_of(document(files=0, bytes=0, patterns=1)) == [
        "the context holds 0 B in 0 files",
        "after 1 pattern of .dockerignore",
    ]


def test_context_text_where_use_is_not_known_has_only_the_notes() -> None:
    made = document(unused_files=None, unused_bytes=None, notes=["the build fails", "on line 2"])

    assert lines_of(made)[2:] == ["", "note: the build fails", "note: on line 2"]


def test_context_text_of_unused_empty_files_has_a_share_of_nothing() -> None:
    made = document(bytes=0, unused_files=1, unused=[folder("", 0)])

    assert "no instruction uses 0 B (0%) in 1 file" in lines_of(made)


def test_context_text_shows_fifteen_unused_places_unless_all_are_asked_for() -> None:
    places = [folder(f"d{number:02}", 100) for number in range(17)]
    made = document(unused_files=17, unused_bytes=1700, unused=places)

    brief, full = lines_of(made), lines_of(made, verbose=True)

    assert [row.split()[0] for row in brief[6:21]] == [f"d{number:02}/" for number in range(15)]
    assert brief[21:] == ["and 2 places more; -v lists them"]
    assert [row.split()[0] for row in full[6:]] == [f"d{number:02}/" for number in range(17)]


def test_context_text_on_a_narrow_page_cuts_instructions_and_no_numbers() -> None:
    use = UseRow(line=3, instruction="COPY " + "x" * 60 + " /x/", files=1234, bytes=5_000_000)

    row = lines_of(document(uses=[use]), width=40)[5]

    # 40 columns less two for each gap, 4 for the line, 5 for files and 6 for bytes.
    assert row == f"   3  COPY {'x' * 13}…  1,234  5.0 MB"


def test_context_text_escapes_what_a_terminal_would_obey() -> None:
    made = document(
        ignore_file=EVIL,
        uses=[UseRow(line=1, instruction=EVIL, files=1, bytes=1)],
        unused_files=1,
        unused_bytes=1,
        unused=[folder(EVIL, 1)],
        notes=[EVIL],
    )

    text = context_text(made, width=400).decode()

    assert all(char == "\n" or char.isprintable() for char in text)
    assert text.count("[red]markup[/red]") == 4
