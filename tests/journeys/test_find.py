from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import UsageError
from layerscope.journeys.find import find
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.find_document import FindDocument, VersionRow

BASE = Tree().dir("etc").file("etc/app.conf", b"debug=1", mode=0o600, uid=5).symlink("lib", "usr")


def saved(folder: Path, name: str, *layers: Tree) -> str:
    made = ImageBuilder(names=(f"{name}:1",))
    for number, layer in enumerate(layers):
        made = made.layer(layer, f"STEP {number}")
    return str(oci_archive(folder / f"{name}.tar", made))


def rows_of(document: FindDocument, image: int = 0) -> list[VersionRow]:
    versions = document.images[image].versions
    assert versions is not None
    return versions


def test_find_tells_every_version_and_what_hides_it(tmp_path: Path) -> None:
    upper = Tree().file("etc/app.conf", b"debug=0")
    path = saved(tmp_path, "a", BASE, upper, Tree().whiteout("etc/app.conf"))

    rows = rows_of(find("*.conf", [path]))

    assert [(row.layer, row.state, row.cause, row.hidden_by_layer) for row in rows] == [
        (2, "whiteout", None, None),
        (1, "hidden", "deleted", 2),
        (0, "hidden", "overwritten", 1),
    ]
    assert [row.created_by for row in rows] == ["STEP 2", "STEP 1", "STEP 0"]
    assert [row.hidden_by_created_by for row in rows] == [None, "STEP 2", "STEP 1"]
    assert [row.hidden_by_path for row in rows] == [None, "/etc/app.conf", "/etc/app.conf"]
    assert (rows[2].size_bytes, rows[2].mode, rows[2].uid) == (7, "0600", 5)
    assert rows[2].content != rows[1].content


def test_find_looks_into_every_image_in_order(tmp_path: Path) -> None:
    paths = [saved(tmp_path, "b", BASE), saved(tmp_path, "a", Tree().file("x", b""))]

    document = find("app.conf", paths)

    assert [found.image.names for found in document.images] == [["b:1"], ["a:1"]]
    assert [[row.path for row in rows_of(document, place)] for place in (0, 1)] == [
        ["/etc/app.conf"],
        [],
    ]
    assert document.faults == []


def test_find_keeps_the_stored_name_of_what_a_link_led_elsewhere(tmp_path: Path) -> None:
    path = saved(tmp_path, "a", BASE.dir("usr"), Tree().file("lib/x", b""))

    (row,) = rows_of(find("/lib/x", [path]))

    assert (row.path, row.name, row.state) == ("/usr/x", "lib/x", "visible")


def test_find_gives_hard_links_the_content_of_their_file(tmp_path: Path) -> None:
    path = saved(tmp_path, "a", Tree().file("f", b"hello").hardlink("g", "f"))

    (row,) = rows_of(find("/g", [path]))
    (file,) = rows_of(find("/f", [path]))

    assert (row.kind, row.hardlink_to, row.size_bytes) == ("hardlink", "/f", 5)
    assert row.content == file.content


def test_find_with_a_damaged_image_tells_of_the_others(tmp_path: Path) -> None:
    bad = saved(tmp_path, "bad", Tree().file("app.conf", b"x" * 1000))
    data = (tmp_path / "bad.tar").read_bytes()
    (tmp_path / "bad.tar").write_bytes(data.replace(b"x" * 1000, b"y" * 1000))

    document = find("app.conf", [bad, saved(tmp_path, "good", BASE), str(tmp_path / "none")])

    assert document.images[0].versions is None
    assert [row.path for row in rows_of(document, 1)] == ["/etc/app.conf"]
    assert [fault.code for fault in document.faults] == ["digest-mismatch", "unreadable"]


def test_find_of_an_empty_pattern_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        find("", [saved(tmp_path, "a", BASE)])
