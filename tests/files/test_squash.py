"""Each rule of squashing by hand; expectations follow OCI layer.md and `umoci unpack`."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from layerscope.errors import OverLimitError
from layerscope.files import tree as tree_module
from layerscope.files.squash import Squashed, squash
from layerscope.files.tree import clean
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree, TreeMember

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns


def table(tree: Tree) -> FileColumns:
    stream = BytesIO()
    tree.write_tar(stream)
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(stream.getvalue())
    walk.finish()
    return walk.columns


def squashed_of(*layers: Tree) -> Squashed:
    return squash([table(layer) for layer in layers])


def paths(squashed: Squashed) -> dict[str, tuple[int, int]]:
    """Path to layer and row of what provides it; row -1 is a directory that nobody described."""
    return {path.decode(): squashed.place(row) for path, row in squashed.rows.items()}


def test_squash_of_no_layers_is_empty() -> None:
    squashed = squash([])

    assert squashed.rows == {}
    assert squashed.starts == (0,)
    assert repr(squashed) == "<Squashed tree of 0 paths from 0 layers>"


def test_squash_of_one_layer_holds_each_member_and_implied_parents() -> None:
    # Given a file three directories deep, of which one is described; names begin with "./"
    tree = Tree().dir(".").dir("./usr").file("./usr/share/doc/copyright", b"text")

    # When squashed
    squashed = squashed_of(tree)

    # Then parents are there, and "/" since the tar has it
    assert paths(squashed) == {
        "/": (0, 0),
        "/usr": (0, 1),
        "/usr/share": (0, -1),
        "/usr/share/doc": (0, -1),
        "/usr/share/doc/copyright": (0, 2),
    }
    assert squashed.kind(squashed.rows[b"/usr/share"]) == "dir"
    assert squashed.size(squashed.rows[b"/usr/share"]) == 0
    assert squashed.content(squashed.rows[b"/usr/share"]) is None
    assert squashed.content(2) == blake3(b"text").digest()
    assert squashed.size(2) == len(b"text")
    assert squashed.path_of(2) == b"/usr/share/doc/copyright"


def test_squash_implied_directory_that_a_later_layer_describes_is_that_one() -> None:
    squashed = squashed_of(Tree().file("a/b"), Tree().dir("a", mode=0o700))

    assert paths(squashed) == {"/a": (1, 0), "/a/b": (0, 0)}
    assert squashed.hidden == {}


def test_squash_replaced_file_is_that_of_the_later_layer() -> None:
    squashed = squashed_of(Tree().file("a", b"old"), Tree().file("b"), Tree().file("a", b"new"))

    assert paths(squashed) == {"/a": (2, 0), "/b": (1, 0)}
    assert squashed.hidden == {0: 2}


def test_squash_whiteout_hides_a_file() -> None:
    squashed = squashed_of(
        Tree().dir("d").file("d/gone").file("d/stays"), Tree().whiteout("d/gone")
    )

    assert paths(squashed) == {"/d": (0, 0), "/d/stays": (0, 2)}
    assert squashed.hidden == {1: 3}
    assert squashed.path_of(3) == b"/d/gone"
    assert squashed.kind(3) == "whiteout"


def test_squash_whiteout_of_a_directory_hides_all_in_it() -> None:
    squashed = squashed_of(
        Tree().dir("d").dir("d/e").file("d/e/f").file("dd"), Tree().whiteout("d")
    )

    assert paths(squashed) == {"/dd": (0, 3)}
    assert squashed.hidden == {0: 4, 1: 4, 2: 4}


def test_squash_whiteout_of_an_implied_directory_hides_what_is_in_it() -> None:
    squashed = squashed_of(Tree().file("d/e/f"), Tree().whiteout("d"))

    assert paths(squashed) == {}
    assert squashed.hidden == {0: 1}


def test_squash_whiteout_of_nothing_does_nothing() -> None:
    squashed = squashed_of(Tree().file("a"), Tree().whiteout("b").whiteout("c/d"))

    assert paths(squashed) == {"/a": (0, 0)}
    assert squashed.hidden == {}


def test_squash_whiteout_in_the_base_layer_hides_nothing_of_it() -> None:
    squashed = squashed_of(Tree().file("a").whiteout("a").whiteout("b"))

    assert paths(squashed) == {"/a": (0, 0)}


@pytest.mark.parametrize("first", ["whiteout", "file"])
def test_squash_whiteout_beside_a_new_entry_of_its_name_leaves_the_new_one(first: str) -> None:
    # Given a directory that becomes a new one; the whiteout may come before or after
    base = Tree().dir("a").file("a/old")
    new = Tree().dir("a").file("a/new")
    gone = Tree().whiteout("a")
    layer = gone.plus(new.members) if first == "whiteout" else new.plus(gone.members)

    # When squashed
    squashed = squashed_of(base, layer)

    # Then all of below is gone, and what the layer brings is there
    assert set(squashed.rows) == {b"/a", b"/a/new"}
    assert squashed.place(squashed.rows[b"/a"])[0] == 1
    assert set(squashed.hidden) == {0, 1}


def test_squash_of_a_path_that_comes_back_after_its_whiteout_has_the_new_one() -> None:
    squashed = squashed_of(
        Tree().dir("d").file("d/a", b"1"), Tree().whiteout("d"), Tree().file("d/b", b"2")
    )

    assert paths(squashed) == {"/d": (2, -1), "/d/b": (2, 0)}


@pytest.mark.parametrize("first", ["marker", "new"])
def test_squash_opaque_marker_hides_what_is_below_and_leaves_what_is_beside(first: str) -> None:
    # Given a marker before, and after, new entries of its own layer
    base = Tree().dir("d").file("d/old").dir("d/sub").file("d/sub/old").file("e")
    new = Tree().file("d/new").dir("d/sub").file("d/sub/new")
    mark = Tree().opaque("d")
    layer = mark.plus(new.members) if first == "marker" else new.plus(mark.members)

    # When squashed
    squashed = squashed_of(base, Tree().dir("d").plus(layer.members))

    # Then the directory is there, with new entries only
    assert set(squashed.rows) == {b"/d", b"/d/new", b"/d/sub", b"/d/sub/new", b"/e"}
    assert all(squashed.place(squashed.rows[p])[0] == 1 for p in (b"/d/new", b"/d/sub/new"))
    marker = 6 if first == "marker" else 9
    assert squashed.hidden[1] == marker
    assert squashed.hidden[3] == marker
    assert squashed.hidden[2] == (6 if first == "marker" else 7)
    assert squashed.engine_differs == set()


def test_squash_opaque_marker_in_a_directory_without_entry_keeps_the_lower_one() -> None:
    squashed = squashed_of(Tree().dir("d").file("d/old"), Tree().opaque("d"))

    assert paths(squashed) == {"/d": (0, 0)}
    assert squashed.path_of(2) == b"/d"


def test_squash_file_in_a_directory_hidden_before_has_the_file_as_hider() -> None:
    # Given an entry that replaces a file of below before the marker hides all else
    base = Tree().dir("d").file("d/a", b"1").file("d/b", b"2")
    layer = Tree().dir("d").file("d/a", b"3").opaque("d")

    # When squashed
    squashed = squashed_of(base, layer)

    # Then each was hidden by what came first
    assert squashed.hidden == {0: 3, 1: 4, 2: 5}


def test_squash_root_opaque_marker_hides_all_layers_below() -> None:
    # Given a marker in the root, which docker's engine does not honour
    squashed = squashed_of(Tree().dir(".").dir("a").file("a/b"), Tree().opaque("").file("c"))

    assert {path for path in squashed.rows if path != b"/"} == {b"/c"}
    assert squashed.engine_differs >= {b"/a", b"/a/b"}


def test_squash_aufs_metadata_hides_nothing_and_its_files_stay() -> None:
    # Given the folders that AUFS wrote into its layers; umoci unpacks what lies in them
    layer = Tree().dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2").file(".wh..wh.aufs").file("a")

    # When squashed
    squashed = squashed_of(Tree().file("b"), layer)

    # Then the folder is one that no entry describes, as in conformance image h17e
    assert paths(squashed) == {
        "/b": (0, 0),
        "/.wh..wh.plnk": (1, -1),
        "/.wh..wh.plnk/1.2": (1, 1),
        "/a": (1, 3),
    }
    assert squashed.hidden == {}


def test_squash_bare_whiteout_prefix_hides_nothing() -> None:
    squashed = squashed_of(Tree().dir("d").file("d/a"), Tree().whiteout("d/"))

    assert paths(squashed) == {"/d": (0, 0), "/d/a": (0, 1)}


CHANGES = {
    "file-to-dir": (Tree().file("x", b"1"), Tree().dir("x").file("x/y"), {0: 1}),
    "file-to-symlink": (Tree().file("x", b"1"), Tree().symlink("x", "y"), {0: 1}),
    "dir-to-file": (Tree().dir("x").file("x/y", b"1"), Tree().file("x"), {0: 2, 1: 2}),
    "dir-to-symlink": (Tree().dir("x").file("x/y", b"1"), Tree().symlink("x", "z"), {0: 2, 1: 2}),
    "symlink-to-file": (Tree().symlink("x", "z"), Tree().file("x"), {0: 1}),
    "symlink-to-dir": (Tree().symlink("x", "z"), Tree().dir("x").file("x/y"), {0: 1}),
    "implied-to-file": (Tree().file("x/y", b"1"), Tree().file("x"), {0: 1}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_squash_of_a_changed_type_has_the_new_one_alone(change: str) -> None:
    base, layer, hidden = CHANGES[change]

    squashed = squashed_of(base, layer)

    start = len(base.members)
    expected = {
        f"/{member.name}": (1, row - start) for row, member in enumerate(layer.members, start)
    }
    assert paths(squashed) == expected
    assert squashed.hidden == hidden


def test_squash_directory_again_keeps_what_is_in_it() -> None:
    squashed = squashed_of(Tree().dir("d").file("d/a"), Tree().dir("d", mode=0o700))

    assert paths(squashed) == {"/d": (1, 0), "/d/a": (0, 1)}
    assert squashed.hidden == {0: 2}


def test_squash_hard_links_in_a_layer_are_names_of_one_inode() -> None:
    # Given a link to a link
    squashed = squashed_of(Tree().file("a", b"1").hardlink("b", "a").hardlink("c", "./b"))

    assert squashed.inodes == {1: 0, 2: 0}
    assert squashed.inode(0) == squashed.inode(2) == 0
    assert squashed.engine_differs == set()


def test_squash_hard_link_keeps_content_whose_name_is_gone() -> None:
    squashed = squashed_of(Tree().file("a", b"1").hardlink("b", "a"), Tree().whiteout("a"))

    assert paths(squashed) == {"/b": (0, 1)}
    assert squashed.inode(1) == 0
    assert squashed.hidden == {0: 2}


def test_squash_hard_link_to_a_file_of_a_lower_layer_is_found_and_engines_differ() -> None:
    squashed = squashed_of(Tree().file("a", b"1"), Tree().hardlink("b", "a"))

    assert squashed.inodes == {1: 0}
    assert b"/b" in squashed.engine_differs


def test_squash_hard_link_to_nothing_or_to_a_directory_has_no_inode() -> None:
    squashed = squashed_of(Tree().dir("d").hardlink("a", "nothing").hardlink("b", "d"))

    assert squashed.inodes == {}
    assert squashed.engine_differs >= {b"/a", b"/b"}
    assert squashed.inode(1) == 1


def test_squash_hard_link_to_a_later_or_its_own_name_has_no_inode() -> None:
    squashed = squashed_of(Tree().hardlink("a", "b").file("b", b"1").hardlink("c", "c"))

    assert squashed.inodes == {}
    assert set(squashed.rows) == {b"/a", b"/b", b"/c"}


def test_squash_hard_link_to_a_symlink_is_a_name_of_the_symlink() -> None:
    squashed = squashed_of(Tree().file("f", b"1").symlink("s", "f").hardlink("h", "s"))

    assert squashed.kind(squashed.inode(squashed.rows[b"/h"])) == "symlink"


def test_squash_hard_link_through_a_symlinked_directory_is_found() -> None:
    squashed = squashed_of(
        Tree().file("usr/lib/a", b"1").symlink("lib", "usr/lib").hardlink("h", "lib/a")
    )

    assert squashed.inodes == {2: 0}


def test_squash_duplicate_entries_last_wins() -> None:
    squashed = squashed_of(Tree().file("a", b"1").dir("d").file("./a", b"22").file("/a", b"333"))

    assert paths(squashed) == {"/a": (0, 3), "/d": (0, 1)}
    assert squashed.hidden == {0: 2, 2: 3}


def test_squash_member_through_a_symlink_lands_in_the_real_directory() -> None:
    # Given merged /usr: a later layer still writes to /lib
    base = Tree().dir("usr").dir("usr/lib").symlink("lib", "usr/lib").file("usr/lib/a", b"1")

    # When squashed
    squashed = squashed_of(base, Tree().file("lib/a", b"2").file("lib/new/b", b"3"))

    # Then the link stays, and files are in /usr/lib
    assert paths(squashed) == {
        "/usr": (0, 0),
        "/usr/lib": (0, 1),
        "/lib": (0, 2),
        "/usr/lib/a": (1, 0),
        "/usr/lib/new": (1, -1),
        "/usr/lib/new/b": (1, 1),
    }
    assert squashed.redirected == {4: b"/usr/lib/a", 5: b"/usr/lib/new/b"}
    assert squashed.path_of(4) == b"/usr/lib/a"
    assert squashed.hidden == {3: 4}
    assert b"/lib" in squashed.engine_differs


def test_squash_member_before_the_directory_that_replaces_a_symlink_goes_through_it() -> None:
    base = Tree().dir("c").symlink("a", "c")

    squashed = squashed_of(base, Tree().file("a/b", b"2").dir("a"))

    assert set(squashed.rows) == {b"/c", b"/c/b", b"/a"}
    assert squashed.redirected == {2: b"/c/b"}
    assert squashed.hidden == {1: 3}


def test_squash_whiteout_through_a_symlink_hides_the_real_file() -> None:
    base = Tree().file("usr/lib/a", b"1").symlink("lib", "/usr/lib")

    squashed = squashed_of(base, Tree().whiteout("lib/a"))

    assert b"/usr/lib/a" not in squashed.rows
    assert squashed.hidden == {0: 2}


def test_squash_symlink_that_leaves_the_root_stays_in_it() -> None:
    squashed = squashed_of(Tree().symlink("d", "../../../e"), Tree().file("d/a"))

    assert b"/e/a" in squashed.rows


def test_squash_symlink_loop_is_bounded_and_engines_differ() -> None:
    squashed = squashed_of(
        Tree().symlink("a", "b").symlink("b", "a").symlink("self", "self"),
        Tree().file("a/x", b"1").file("self/y", b"2"),
    )

    # What umoci refuses is put where its name says
    assert {b"/a/x", b"/self/y"} <= set(squashed.rows)
    assert {b"/a/x", b"/self/y"} <= squashed.engine_differs


def test_squash_symlinks_that_multiply_are_over_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given long targets that each member goes through anew
    monkeypatch.setattr(tree_module, "STEPS", 1000)
    tree = Tree().symlink("a", "d/" * 500 + "e")
    for number in range(10):
        tree = tree.file(f"a/{number}/x").symlink(f"s{number}", "y")

    # When squashed, then it ends
    with pytest.raises(OverLimitError, match="1000"):
        squashed_of(tree)


def test_squash_implied_directories_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "IMPLIED_BYTES", 1000)
    tree = Tree()
    for number in range(20):
        tree = tree.file("/".join([str(number)] * 20))

    with pytest.raises(OverLimitError, match="1000"):
        squashed_of(tree)


def test_squash_path_that_linux_does_not_take_gets_no_parents() -> None:
    deep = "a/" * 3000 + "b"

    squashed = squashed_of(Tree().file(deep, b"1"))

    assert set(squashed.rows) == {b"/" + deep.encode()}
    assert squashed.engine_differs == {b"/" + deep.encode()}


def test_squash_follows_no_link_in_a_path_longer_than_engines_make() -> None:
    # To follow each of the parts would take time that grows with their square.
    deep = "link/" + "a/" * 300_000 + "b"

    squashed = squashed_of(Tree().dir("real").symlink("link", "real").file(deep, b"1"))

    assert b"/" + deep.encode() in squashed.rows
    assert squashed.engine_differs == {b"/" + deep.encode()}


def test_squash_entry_below_a_file_makes_it_a_directory_and_engines_differ() -> None:
    squashed = squashed_of(Tree().file("a", b"1"), Tree().file("a/b", b"2"))

    assert paths(squashed) == {"/a": (1, -1), "/a/b": (1, 0)}
    assert squashed.hidden == {0: 1}
    assert b"/a" in squashed.engine_differs


def test_squash_member_named_with_dots_stays_in_the_root() -> None:
    squashed = squashed_of(Tree().file("../../etc/passwd").file("a/./b/../c"))

    assert {b"/etc/passwd", b"/a/c"} <= set(squashed.rows)
    assert not any(b".." in path for path in squashed.rows)


def test_squash_file_for_the_root_is_refused() -> None:
    squashed = squashed_of(Tree().plus([TreeMember(".", "file", b"1")]).file("a"))

    assert set(squashed.rows) == {b"/a"}
    assert squashed.engine_differs == {b"/"}


def test_squash_root_directory_is_that_of_the_last_layer() -> None:
    squashed = squashed_of(Tree().dir("."), Tree().dir("/", mode=0o700).file("a"))

    assert paths(squashed) == {"/": (1, 0), "/a": (1, 1)}
    assert squashed.hidden == {0: 1}


def test_squash_overlay_device_is_a_deletion_for_engines_only() -> None:
    squashed = squashed_of(Tree().file("a", b"1").file("b", b"1"), Tree().device("a", 0, 0))

    assert squashed.kind(squashed.rows[b"/a"]) == "char"
    assert squashed.engine_differs == {b"/a"}


def test_squash_overlay_opaque_attribute_is_a_deletion_for_engines_only() -> None:
    opaque = {"trusted.overlay.opaque": b"y"}

    squashed = squashed_of(Tree().dir("d").file("d/a", b"1"), Tree().dir("d", xattrs=opaque))

    assert paths(squashed) == {"/d": (1, 0), "/d/a": (0, 1)}
    assert squashed.engine_differs == {b"/d/a"}


def test_squash_of_empty_layers_changes_nothing() -> None:
    squashed = squashed_of(Tree(), Tree().file("a"), Tree(), Tree())

    assert squashed.starts == (0, 0, 1, 1, 1)
    assert paths(squashed) == {"/a": (1, 0)}


@pytest.mark.parametrize(
    ("path", "expected"),
    [(b"", b"/"), (b"..", b"/"), (b"a//b/./c/", b"/a/b/c"), (b"/a/../../b", b"/b")],
)
def test_clean_path_has_no_dots_and_no_empty_parts(path: bytes, expected: bytes) -> None:
    assert clean(path) == expected
