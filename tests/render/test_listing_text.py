from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.render.json import files
from layerscope.render.listing_text import listing, time_text, tree_listing
from layerscope.report.answers import FileRow, FilesHead, image_name
from layerscope.report.document import Tool
from layerscope.report.from_results import build
from tests.render.test_escape import EVIL
from tests.report.made import image, opened


def row(path: str = "/etc/motd", **more: object) -> FileRow:
    values: dict[str, Any] = {
        "path": path,
        "name": path.lstrip("/"),
        "kind": "file",
        "size_bytes": 0,
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime_ns": 1_700_000_000_000_000_000,
        "link_target": None,
        "content": None,
        "layer": 0,
        "hardlink_to": None,
    }
    return FileRow(**{**values, **more})


def text_of(one: FileRow) -> str:
    return " ".join(b"".join(listing([one])).decode().split())


def head() -> FilesHead:
    name = image_name(build([opened(image("a"))], {}).images[0])
    return FilesHead(tool=Tool(version="1"), image=name, layer=0, faults=[])


def test_listing_of_a_file_shows_mode_owner_size_time_and_content() -> None:
    one = row(size_bytes=1234, uid=1000, gid=50, content="blake3:" + "0123456789abcdef" * 4)

    assert text_of(one) == "-rw-r--r-- 1000:50 1.2 kB 2023-11-14 22:13 0123456789ab /etc/motd"


@pytest.mark.parametrize(
    ("mode", "letters"),
    [
        ("0000", "---------"),
        ("0755", "rwxr-xr-x"),
        ("4755", "rwsr-xr-x"),
        ("4644", "rwSr--r--"),
        ("2755", "rwxr-sr-x"),
        ("2745", "rwxr-Sr-x"),
        ("1777", "rwxrwxrwt"),
        ("1776", "rwxrwxrwT"),
    ],
)
def test_listing_shows_permissions_as_ls_does(mode: str, letters: str) -> None:
    assert text_of(row(mode=mode)).split()[0] == f"-{letters}"


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({"kind": "symlink", "link_target": "../x"}, "/etc/motd -> ../x"),
        (
            {"kind": "hardlink", "link_target": "etc/x", "hardlink_to": "/etc/x"},
            "/etc/motd => etc/x",
        ),
        ({"kind": "whiteout"}, "/etc/motd (hides it)"),
        ({"kind": "opaque"}, "/etc/motd (hides what lower layers have in it)"),
    ],
)
def test_listing_says_what_links_and_whiteouts_are_for(more: dict[str, Any], end: str) -> None:
    assert text_of(row(**more)).endswith(end)


def test_listing_of_hostile_names_is_inert() -> None:
    one = row(f"/{EVIL}", kind="symlink", link_target=f"{EVIL}\udcff")

    lines = b"".join(listing([one])).decode().split("\n")

    assert len(lines) == 2
    assert lines[0].isprintable()
    assert r"\xff" in lines[0]


@pytest.mark.parametrize(
    ("mtime_ns", "text"),
    [
        (-1, "1969-12-31 23:59"),
        (253_402_300_799 * 10**9, "9999-12-31 23:59"),
        (253_402_300_800 * 10**9, "@253402300800"),
        (-62_135_596_801 * 10**9, "@-62135596801"),
        (-(2**63), "1677-09-21 00:12"),
        (10**40, "@" + "1" + "0" * 31),
    ],
)
def test_time_text_holds_for_any_number(mtime_ns: int, text: str) -> None:
    assert time_text(mtime_ns).strip() == text


def test_files_document_is_written_entry_by_entry_and_is_json() -> None:
    rows = [row("/a"), row("/caf\udce9")]

    pieces = list(files(head(), rows))

    value = json.loads(b"".join(pieces))
    assert len(pieces) > len(rows)
    assert list(value) == sorted(value)
    assert [entry["path"] for entry in value["entries"]] == ["/a", "/caf\udce9"]
    assert value["schema"] == "layerscope.files/1"


@pytest.mark.parametrize("rows", [[], None])
def test_files_document_without_entries_is_json(rows: list[FileRow] | None) -> None:
    value = json.loads(b"".join(files(head(), rows)))

    assert value["entries"] == rows
    assert list(value) == sorted(value)


def test_tree_listing_shows_the_layer_and_the_name_that_stands_for_a_hard_link() -> None:
    one = row(kind="hardlink", link_target="gone", hardlink_to="/etc/first", layer=3)

    (line,) = tree_listing([one], 12)

    assert line.decode() == (
        "hrw-r--r--  0:0          0 B  2023-11-14 22:13   3  /etc/motd => /etc/first\n"
    )


def test_tree_listing_shows_content_where_there_is_room() -> None:
    one = row(content="sha256:" + "0123456789abcdef" * 4)

    (narrow,) = tree_listing([one], 1, width=80)
    (wide,) = tree_listing([one], 1, width=120)

    assert b"0123456789ab" not in narrow
    assert b"  0123456789ab  0  /etc/motd" in wide
