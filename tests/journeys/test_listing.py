from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import NoSuchEntryError, UnreadableInputError, UsageError
from layerscope.journeys.choose import one_image, one_layer
from layerscope.journeys.listing import Listing, clean_path, list_layer
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth import tree_language
from layerscope.synth.layouts import oci_archive
from tests.sources.archives import Layout, layer, sha

if TYPE_CHECKING:
    from pathlib import Path

LAYER = """
layer COPY . /
add a dir
add a-b file first
add a/c file second
add a/c file third!
add a/d hardlink a/c
remove a/gone
hide a
"""


def listed(path: Path, below: str | None = None) -> Listing:
    return list_layer(
        str(path),
        layer=None,
        path=below,
        digest=None,
        platform=None,
        limits=DEFAULT_LIMITS,
        stdin=None,
    )


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return oci_archive(tmp_path / "a.tar", tree_language.image(LAYER, "a:1"))


def test_listing_keeps_duplicates_in_tar_order_and_sorts_by_path(archive: Path) -> None:
    rows = list(listed(archive).rows())

    assert [(row.path, row.kind, row.size_bytes) for row in rows if row.path != "/a"] == [
        ("/a-b", "file", 5),
        ("/a/c", "file", 6),
        ("/a/c", "file", 6),
        ("/a/d", "hardlink", 0),
        ("/a/gone", "whiteout", 0),
    ]
    assert sorted(row.kind for row in rows if row.path == "/a") == ["dir", "opaque"]
    assert [row.hardlink_to for row in rows if row.kind == "hardlink"] == ["/a/c"]


@pytest.mark.parametrize("below", ["/a", "a/", "./a/../a", "//a"])
def test_listing_of_a_path_takes_what_is_below_and_no_neighbour(archive: Path, below: str) -> None:
    paths = {row.path for row in listed(archive, below).rows()}

    assert paths == {"/a", "/a/c", "/a/d", "/a/gone"}


def test_listing_of_the_root_takes_everything(archive: Path) -> None:
    assert len(listed(archive, "/").order) == len(listed(archive).order)


def test_listing_of_a_path_that_is_not_there_says_so(archive: Path) -> None:
    found = listed(archive, "/none")

    assert found.columns is None
    assert list(found.rows()) == []
    assert found.head.image is not None
    assert [(fault.code, fault.message) for fault in found.head.faults] == [
        ("no-such-entry", "layer 0 has no /none")
    ]


def test_listing_of_an_absent_layer_tells_its_fault_once(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("gone"), "a:1")
    layout.drop({"digest": sha(layer("gone"))})
    layout.tar(tmp_path / "a.tar")

    head = listed(tmp_path / "a.tar").head

    assert [(fault.code, fault.image, fault.layer) for fault in head.faults] == [
        ("missing-blob", 0, 0)
    ]


def test_one_image_of_none_raises_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInputError, match=r"none\.tar"):
        one_image(str(tmp_path / "none.tar"), platform=None, limits=DEFAULT_LIMITS, stdin=None)


def test_one_image_of_an_empty_list_raises(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"# nothing\n")

    with pytest.raises(NoSuchEntryError, match="found none"):
        one_image(f"@{tmp_path / 'list'}", platform=None, limits=DEFAULT_LIMITS, stdin=None)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (b"", b"/"),
        (b"/", b"/"),
        (b"a/b/", b"/a/b"),
        (b"/a/./b//c", b"/a/b/c"),
        (b"/a/../../b", b"/b"),
        (b"a\xff/..", b"/"),
        (b"...", b"/..."),
    ],
)
def test_clean_path_is_absolute_and_has_no_way_up(path: bytes, clean: bytes) -> None:
    assert clean_path(path) == clean


def test_one_manifest_under_two_names_is_one_image(tmp_path: Path) -> None:
    built = tree_language.image(LAYER, "a:1", "a:2")
    path = oci_archive(tmp_path / "a.tar", built)

    opened = one_image(str(path), platform=None, limits=DEFAULT_LIMITS, stdin=None)

    assert len(opened.images) == 1


def test_layer_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    built = tree_language.image(LAYER + "layer RUN more\nadd m file m\n", "a:1")
    path = oci_archive(tmp_path / "a.tar", built)
    image = one_image(str(path), platform=None, limits=DEFAULT_LIMITS, stdin=None).images[0]

    assert one_layer(image, 1).index == 1
    with pytest.raises(UsageError, match="--layer N"):
        one_layer(image, None)
    with pytest.raises(NoSuchEntryError, match="from 0 to 1"):
        one_layer(image, 2)
