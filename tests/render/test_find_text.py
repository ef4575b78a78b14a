from __future__ import annotations

from typing import Any

import pytest

from layerscope.render.find_text import find_text
from layerscope.report.answers import image_name
from layerscope.report.document import Tool
from layerscope.report.find_document import FindDocument, FoundImage, VersionRow
from layerscope.report.from_results import build
from tests.render.test_escape import EVIL
from tests.report.made import image, opened


def version(**more: Any) -> VersionRow:  # noqa: ANN401 - any field of the row
    values: dict[str, Any] = {
        "path": "/etc/motd",
        "name": "etc/motd",
        "kind": "file",
        "size_bytes": 1234,
        "mode": "0644",
        "uid": 0,
        "gid": 0,
        "mtime_ns": 1_700_000_000_000_000_000,
        "link_target": None,
        "content": "blake3:" + "0123456789abcdef" * 4,
        "layer": 0,
        "hardlink_to": None,
        "created_by": "RUN make",
        "state": "visible",
        "cause": None,
        "hidden_by_layer": None,
        "hidden_by_path": None,
        "hidden_by_created_by": None,
        "visible_as": None,
    }
    return VersionRow(**{**values, **more})


def document(*found: list[VersionRow] | None) -> FindDocument:
    name = image_name(build([opened(image("a"))], {}).images[0])
    return FindDocument(
        tool=Tool(version="1"),
        pattern="*",
        images=[FoundImage(image=name, layers=3, versions=versions) for versions in found],
        faults=[],
    )


def text_of(*found: list[VersionRow] | None, width: int = 80) -> str:
    return b"".join(find_text(document(*found), width=width)).decode()


def test_find_text_shows_a_version_on_one_line_and_what_made_its_layer() -> None:
    lines = text_of([version()]).splitlines()

    assert lines[3:] == [
        "/etc/motd",
        "  layer 0  visible   -rw-r--r--  0:0   1.2 kB  2023-11-14 22:13  0123456789ab",
        "",
        "layer 0  RUN make",
    ]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"cause": "deleted"}, "deleted by layer 2"),
        ({"cause": "deleted", "hidden_by_path": "/etc"}, "deleted by layer 2, with /etc"),
        (
            {"cause": "opaque", "hidden_by_path": "/etc"},
            "hidden by layer 2, which starts /etc anew",
        ),
        ({"cause": "overwritten"}, "overwritten by layer 2"),
        ({"cause": "metadata-only"}, "stored again by layer 2, same content"),
        ({"cause": "metadata-only", "kind": "dir"}, "described again by layer 2"),
        ({"cause": "same-layer"}, "stored once more in the same layer"),
        ({"cause": "type-changed"}, "replaced by layer 2, by another kind of file"),
        ({"cause": "repeated-layer"}, "stored again by layer 2, which is the same layer"),
    ],
)
def test_find_text_says_what_hides_a_version(more: dict[str, Any], words: str) -> None:
    hidden = {"state": "hidden", "hidden_by_layer": 2, "hidden_by_path": "/etc/motd"}
    hidden["hidden_by_created_by"] = "RUN rm"

    lines = text_of([version(**{**hidden, **more})]).splitlines()

    assert f"           {words}" in lines
    assert lines[-2:] == ["layer 2  RUN rm", "layer 0  RUN make"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"kind": "symlink", "link_target": "x"}, "-> x"),
        ({"kind": "hardlink", "hardlink_to": "/x"}, "hard link to /x"),
        ({"name": "lib/motd"}, "stored as lib/motd"),
        ({"kind": "whiteout", "state": "whiteout"}, "deletes what layers below have there"),
        ({"kind": "opaque", "state": "opaque"}, "hides what layers below have in it"),
        ({"state": "absent"}, "cannot be unpacked"),
        ({"state": "linked", "visible_as": "/x"}, "the file is still visible as /x"),
    ],
)
def test_find_text_says_what_is_special_about_a_version(more: dict[str, Any], words: str) -> None:
    assert f"           {words}" in text_of([version(**more)]).splitlines()


@pytest.mark.parametrize("width", [80, 160])
def test_find_text_keeps_to_the_width(width: int) -> None:
    rows = [version(layer=12, uid=1000, gid=1000, created_by="RUN " + "x" * 900)]

    assert max(map(len, text_of(rows, width=width).splitlines()[2:])) <= width


def test_find_text_of_nothing_says_so() -> None:
    assert text_of([]) == "nothing matches *\n"
    assert text_of([], []) == "nothing matches * in 2 images\n"
    assert text_of([version()], [], None).endswith("\nnothing matches in 1 more image\n")
    assert text_of(None) == ""


def test_find_text_of_hostile_names_is_inert() -> None:
    more = {"link_target": EVIL, "kind": "symlink", "created_by": EVIL, "name": f"{EVIL}/x"}

    text = text_of([version(path=f"/{EVIL}\udcff", **more)])

    assert all(line.isprintable() for line in text.splitlines())
