from __future__ import annotations

import pytest
from blake3 import blake3

from layerscope.analysis.glob import Glob
from layerscope.analysis.lookup import Versions, resolve
from layerscope.errors import NoSuchEntryError
from layerscope.files.squash import Squashed, squash
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree


def squashed(*layers: Tree) -> Squashed:
    tables = []
    for layer in layers:
        walk = Walk(DEFAULT_LIMITS, blake3)
        walk.feed(layer.layer_tar())
        walk.finish()
        tables.append(walk.columns)
    return squash(tables)


def found(pattern: str, *layers: Tree) -> list[tuple[object, ...]]:
    """Path, layer, state, cause and the layer that hides, of each version."""
    tree = squashed(*layers)
    versions = Versions(tree, [layer.layer_tar() for layer in layers]).matching(Glob(pattern))
    return [
        (
            one.path.decode(),
            tree.place(one.row)[0],
            one.state,
            one.cause,
            None if one.hidden_by is None else tree.place(one.hidden_by)[0],
        )
        for one in versions
    ]


BASE = Tree().dir("usr").dir("usr/bin").symlink("bin", "usr/bin").file("usr/bin/sh", b"1")


@pytest.mark.parametrize(
    ("path", "follow", "real"),
    [
        (b"/bin/sh", True, b"/usr/bin/sh"),
        (b"bin//./sh", True, b"/usr/bin/sh"),
        (b"/bin/../bin/sh", True, b"/usr/bin/sh"),
        (b"/bin", False, b"/bin"),
        (b"/bin/", False, b"/usr/bin"),
        (b"/bin", True, b"/usr/bin"),
        (b"/bin/..", True, b"/usr"),
        (b"/../..", True, b"/"),
        (b"", True, b"/"),
    ],
)
def test_resolve_follows_links_as_a_container_does(path: bytes, follow: bool, real: bytes) -> None:
    assert resolve(squashed(BASE), path, follow=follow) == real


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (b"/none", "no /none"),
        (b"/bin/none", "no /usr/bin/none, where /bin/none leads"),
        (b"/bin/sh/x", "/usr/bin/sh, where /bin/sh/x leads is a file"),
        (b"/loop", "too many symbolic links"),
        (b"/dangling", "no /nowhere, where /dangling leads"),
    ],
)
def test_resolve_says_where_the_way_ends(path: bytes, words: str) -> None:
    tree = squashed(BASE.symlink("loop", "loop").symlink("dangling", "nowhere"))

    with pytest.raises(NoSuchEntryError, match=words):
        resolve(tree, path)


def test_resolve_follows_forty_links_and_no_more() -> None:
    chain = Tree().file("0", b"x")
    for number in range(1, 42):
        chain = chain.symlink(str(number), str(number - 1))

    assert resolve(squashed(chain), b"/40") == b"/0"
    with pytest.raises(NoSuchEntryError):
        resolve(squashed(chain), b"/41")


@pytest.mark.parametrize(
    ("upper", "cause"),
    [
        (Tree().file("a/f", b"other"), "overwritten"),
        (Tree().file("a/f", b"old", mode=0o600), "metadata-only"),
        (Tree().whiteout("a/f"), "deleted"),
        (Tree().whiteout("a"), "deleted"),
        (Tree().dir("a").opaque("a"), "opaque"),
        (Tree().dir("a/f"), "type-changed"),
        (Tree().file("a", b""), "type-changed"),
        (Tree().dir("a").file("a/f", b"old"), "repeated-layer"),
    ],
)
def test_version_that_is_hidden_says_by_what(upper: Tree, cause: str) -> None:
    base = Tree().dir("a").file("a/f", b"old")

    assert ("/a/f", 0, "hidden", cause, 1) in found("/a/f", base, upper)


def test_version_stored_twice_in_a_layer_is_hidden_by_the_same() -> None:
    assert found("f", Tree().file("f", b"1").file("f", b"2")) == [
        ("/f", 0, "visible", None, None),
        ("/f", 0, "hidden", "same-layer", 0),
    ]


def test_versions_come_top_layer_first_with_markers() -> None:
    layers = (Tree().file("f", b"1"), Tree().whiteout("f"), Tree().file("f", b"3"))

    assert found("/f", *layers) == [
        ("/f", 2, "visible", None, None),
        ("/f", 1, "whiteout", None, None),
        ("/f", 0, "hidden", "deleted", 1),
    ]


def test_version_whose_file_has_another_visible_name_is_linked() -> None:
    base = Tree().file("a", b"1").hardlink("b", "a")

    tree = squashed(base, Tree().whiteout("a"))
    (_, one) = Versions(tree, [None, None]).matching(Glob("/a"))

    assert (one.state, one.cause, one.visible_as) == ("linked", "deleted", b"/b")


def test_version_through_a_link_is_found_under_both_paths() -> None:
    upper = Tree().file("bin/new", b"2")
    expected = [("/usr/bin/new", 1, "visible", None, None)]

    assert found("/bin/new", BASE, upper) == expected
    assert found("/usr/bin/new", BASE, upper) == expected


def test_pattern_through_a_link_is_looked_for_where_it_leads() -> None:
    assert found("/bin/s?", BASE) == [("/usr/bin/sh", 0, "visible", None, None)]


def test_directory_that_no_entry_describes_is_found() -> None:
    assert found("/x/*", Tree().file("x/y/f", b"")) == [("/x/y", 0, "visible", None, None)]
