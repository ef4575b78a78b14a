from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import (
    DigestMismatchError,
    NoSuchEntryError,
    UsageError,
)
from layerscope.files.tree import clean
from layerscope.journeys.choose import image_or_faults, one_layer
from layerscope.journeys.content import write_content
from layerscope.journeys.listing import Listing, TreeListing, list_layer, list_tree
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth import tree_language
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_archive
from layerscope.synth.tree import Tree, TreeMember
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


def test_input_without_an_image_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"# nothing\n")

    for text, code in (
        (str(tmp_path / "none.tar"), "unreadable"),
        (f"@{tmp_path / 'list'}", "no-such-entry"),
    ):
        opened = image_or_faults(text, platform=None, limits=DEFAULT_LIMITS, stdin=None)

        assert [fault.code for one in opened for fault in one.faults] == [code]
        assert [one.images for one in opened] == [()]


@pytest.mark.parametrize(
    ("path", "absolute"),
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
def test_clean_path_is_absolute_and_has_no_way_up(path: bytes, absolute: bytes) -> None:
    assert clean(path) == absolute


def test_one_manifest_under_two_names_is_one_image(tmp_path: Path) -> None:
    built = tree_language.image(LAYER, "a:1", "a:2")
    path = oci_archive(tmp_path / "a.tar", built)

    opened = image_or_faults(str(path), platform=None, limits=DEFAULT_LIMITS, stdin=None)

    assert [len(one.images) for one in opened] == [1]


def test_layer_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    built = tree_language.image(LAYER + "layer RUN more\nadd m file m\n", "a:1")
    path = oci_archive(tmp_path / "a.tar", built)
    opened = image_or_faults(str(path), platform=None, limits=DEFAULT_LIMITS, stdin=None)
    image = opened[0].images[0]

    assert one_layer(image, 1).index == 1
    with pytest.raises(UsageError, match="--layer N"):
        one_layer(image, None)
    with pytest.raises(NoSuchEntryError, match="from 0 to 1"):
        one_layer(image, 2)


def tree_of(path: object, below: str | None = None) -> TreeListing:
    return list_tree(
        str(path),
        path=below,
        digest="sha256",
        platform=None,
        limits=DEFAULT_LIMITS,
        jobs=1,
        stdin=None,
    )


def image_of(folder: Path, *layers: Tree) -> Path:
    made = ImageBuilder(names=("a:1",))
    for layer_tree in layers:
        made = made.layer(layer_tree, "COPY . /")
    return oci_archive(folder / "a.tar", made)


def test_tree_listing_has_one_row_for_each_path_and_no_whiteouts(tmp_path: Path) -> None:
    path = image_of(
        tmp_path,
        Tree().dir("a").file("a/old", b"1").file("a/kept", b"22"),
        Tree().whiteout("a/old").file("a/new", b"333").file("a/kept", b"4444"),
    )

    rows = list(tree_of(path).rows())

    assert [(row.path, row.kind, row.size_bytes, row.layer) for row in rows] == [
        ("/a", "dir", 0, 0),
        ("/a/kept", "file", 4, 1),
        ("/a/new", "file", 3, 1),
    ]


def test_tree_listing_gives_hard_links_what_they_link_to(tmp_path: Path) -> None:
    base = Tree().file("f", b"hello", mode=0o600, uid=7).hardlink("g", "f").hardlink("a", "f")

    rows = list(tree_of(image_of(tmp_path, base)).rows())

    # printf hello | sha256sum
    hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert [(row.path, row.kind, row.hardlink_to) for row in rows] == [
        ("/a", "hardlink", "/f"),
        ("/f", "file", None),
        ("/g", "hardlink", "/f"),
    ]
    assert {(row.size_bytes, row.content, row.mode, row.uid) for row in rows} == {
        (5, hello, "0600", 7)
    }


def test_tree_listing_without_the_first_name_takes_the_next_as_the_file(tmp_path: Path) -> None:
    base = Tree().file("f", b"hello").hardlink("g", "f").hardlink("b", "f")

    rows = list(tree_of(image_of(tmp_path, base, Tree().whiteout("f"))).rows())

    assert [(row.path, row.kind, row.hardlink_to, row.link_target) for row in rows] == [
        ("/b", "file", None, None),
        ("/g", "hardlink", "/b", "f"),
    ]


def test_tree_listing_shows_directories_that_no_entry_describes(tmp_path: Path) -> None:
    path = image_of(tmp_path, Tree().file("a", b""), Tree().file("x/y", b""))

    (row,) = (row for row in tree_of(path).rows() if row.path == "/x")

    assert (row.kind, row.mode, row.uid, row.gid, row.mtime_ns, row.layer) == (
        "dir",
        "0755",
        0,
        0,
        0,
        1,
    )


def test_tree_listing_has_the_modes_and_attributes_that_unpacking_leaves(tmp_path: Path) -> None:
    attributes = {"user.a": b"1", "trusted.overlay.opaque": b"n", "security.selinux": b"x"}
    made = Tree().file("f", b"", xattrs=attributes)
    made = made.plus([TreeMember("ln", "symlink", mode=0o644, link="f")])

    link, file = sorted(tree_of(image_of(tmp_path, made)).rows(), key=lambda row: row.kind)[::-1]

    assert link.mode == "0777"
    assert file.xattrs == {"user.a": "31"}


@pytest.mark.parametrize(
    ("below", "paths"),
    [
        ("/usr", ["/usr", "/usr/bin", "/usr/bin/sh"]),
        ("bin/sh", ["/usr/bin/sh"]),
        ("/bin", ["/bin"]),
        ("/bin/", ["/usr/bin", "/usr/bin/sh"]),
        ("/", ["/bin", "/usr", "/usr-x", "/usr/bin", "/usr/bin/sh"]),
    ],
)
def test_tree_listing_of_a_path_follows_links_on_the_way(
    tmp_path: Path, below: str, paths: list[str]
) -> None:
    base = Tree().symlink("bin", "usr/bin").file("usr/bin/sh", b"").file("usr-x", b"")

    assert [row.path for row in tree_of(image_of(tmp_path, base), below).rows()] == paths


def test_tree_listing_of_a_path_that_is_not_there_says_where_it_led(tmp_path: Path) -> None:
    found = tree_of(image_of(tmp_path, Tree().symlink("bin", "usr/bin").dir("usr")), "/bin/sh")

    assert not found.whole
    assert [(fault.code, fault.message) for fault in found.head.faults] == [
        ("no-such-entry", "no /usr/bin, where /bin/sh leads")
    ]


def test_tree_listing_with_a_damaged_layer_is_not_known(tmp_path: Path) -> None:
    path = image_of(tmp_path, Tree().file("a", b"x" * 1000), Tree().file("b", b""))
    path.write_bytes(path.read_bytes().replace(b"x" * 1000, b"y" * 1000))

    found = tree_of(path)

    assert (found.whole, list(found.rows())) == (False, [])
    assert [(fault.code, fault.layer) for fault in found.head.faults] == [("digest-mismatch", 0)]


def test_tree_listing_with_an_absent_layer_tells_its_fault_once(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("gone"), "a:1")
    layout.drop({"digest": sha(layer("gone"))})
    layout.tar(tmp_path / "a.tar")

    found = tree_of(tmp_path / "a.tar")

    assert not found.whole
    assert [fault.code for fault in found.head.faults] == ["missing-blob"]


def test_other_inputs_of_a_glob_keep_their_faults(tmp_path: Path) -> None:
    image_of(tmp_path, Tree().file("a", b""))
    (tmp_path / "b.tar").write_bytes(b"no image at all" * 100)

    found = tree_of(tmp_path / "*.tar")
    wrong = write_content(
        str(tmp_path / "*.tar"),
        "/a",
        len,
        layer=None,
        platform=None,
        limits=DEFAULT_LIMITS,
        stdin=None,
    )

    assert [row.path for row in found.rows()] == ["/a"]
    assert [fault.input[-5:] for fault in found.head.faults] == ["b.tar"]
    assert [fault.input[-5:] for fault in wrong] == ["b.tar"]


def content_of(path: Path, name: str, layer_number: int | None = None) -> bytes:
    pieces: list[bytes] = []
    write_content(
        str(path),
        name,
        lambda piece: pieces.append(bytes(piece)),
        layer=layer_number,
        platform=None,
        limits=DEFAULT_LIMITS,
        stdin=None,
    )
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("/usr/bin/sh", b"new shell"),
        ("bin/sh", b"new shell"),
        ("/bin/link", b"new shell"),
        ("/across", b"kept"),
    ],
)
def test_content_is_what_a_container_reads(tmp_path: Path, name: str, content: bytes) -> None:
    base = Tree().symlink("bin", "usr/bin").file("usr/bin/sh", b"old shell").file("kept", b"kept")
    upper = Tree().file("usr/bin/sh", b"new shell").symlink("usr/bin/link", "/bin/sh")
    upper = upper.hardlink("across", "kept").whiteout("kept")
    path = image_of(tmp_path, base, upper)

    assert content_of(path, name) == content


def test_content_of_a_layer_is_as_that_layer_stored_it(tmp_path: Path) -> None:
    path = image_of(tmp_path, Tree().file("f", b"old"), Tree().file("f", b"new"))

    assert (content_of(path, "/f"), content_of(path, "/f", 0)) == (b"new", b"old")


@pytest.mark.parametrize("name", ["/gone", "/dir", "/", "/dangling"])
def test_content_of_what_is_no_visible_file_is_refused(tmp_path: Path, name: str) -> None:
    base = Tree().file("gone", b"1").dir("dir").symlink("dangling", "none")
    path = image_of(tmp_path, base, Tree().whiteout("gone"))

    with pytest.raises(NoSuchEntryError, match=r"a\.tar"):
        content_of(path, name)


def test_content_with_a_damaged_layer_above_is_not_given_out(tmp_path: Path) -> None:
    path = image_of(tmp_path, Tree().file("a", b"1"), Tree().file("b", b"x" * 1000))
    path.write_bytes(path.read_bytes().replace(b"x" * 1000, b"y" * 1000))

    with pytest.raises(DigestMismatchError, match="layer 1"):
        content_of(path, "/a")
