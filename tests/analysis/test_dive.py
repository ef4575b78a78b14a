from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from layerscope.analysis.dive import DiveNumbers, dive_numbers
from layerscope.analysis.dive_tree import DiveTree, rows_in_order
from layerscope.errors import OverLimitError
from layerscope.files.walk import Walk
from layerscope.sources.limits import Limits
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns


def columns(tree: Tree) -> FileColumns:
    walk = Walk(Limits(), blake3)
    walk.feed(tree.layer_tar())
    walk.finish()
    return walk.columns


def numbers(*layers: Tree) -> DiveNumbers:
    return dive_numbers([columns(layer) for layer in layers])


def files(found: DiveNumbers) -> list[tuple[bytes, int, int]]:
    return [(file.path, file.count, file.size_bytes) for file in found.inefficient]


def test_dive_numbers_deleted_file_is_wasted_by_all_of_it() -> None:
    # Row 1 of the truth table in dive-compat.md; 100 bytes stay, so 100 / 1,000,100.
    base = Tree().file("big", bytes(1_000_000)).file("small", bytes(100))

    found = numbers(base, Tree().whiteout("big"))

    assert files(found) == [(b"/big", 2, 1_000_000)]
    assert found.wasted_bytes == 1_000_000
    assert found.efficiency == 100 / 1_000_100
    assert round(found.efficiency, 4) == 0.0001


def test_dive_numbers_deleted_directory_is_invisible() -> None:
    # dive adds the directory's size to a path that it met once: neither wasted nor inefficient.
    base = Tree().dir("dir").file("dir/big", bytes(1_000_000))

    found = numbers(base, Tree().whiteout("dir"))

    assert (found.efficiency, found.wasted_bytes) == (1.0, 0)
    assert found.discovered_bytes == 2_000_000


def test_dive_numbers_opaque_marker_is_invisible() -> None:
    base = Tree().dir("dir").file("dir/big", bytes(1_000_000))

    found = numbers(base, Tree().dir("dir").opaque("dir").file("dir/new", b"x"))

    assert (found.efficiency, found.wasted_bytes) == (1.0, 0)


def test_dive_numbers_chmod_counts_both_copies() -> None:
    base = Tree().file("big", bytes(1_000_000), mode=0o644)

    found = numbers(base, Tree().file("big", bytes(1_000_000), mode=0o755))

    assert (found.efficiency, found.wasted_bytes) == (0.5, 2_000_000)


def test_dive_numbers_same_content_at_two_paths_is_no_waste() -> None:
    base = Tree().file("a", bytes(1_000_000))

    found = numbers(base, Tree().file("b", bytes(1_000_000)))

    assert (found.efficiency, found.wasted_bytes) == (1.0, 0)


def test_dive_numbers_base_file_deleted_gives_ratio_far_above_one() -> None:
    base = Tree().file("big", bytes(500_000)).file("kept", bytes(100))

    found = numbers(base, Tree().whiteout("big").file("note", bytes(10)))

    assert found.wasted_bytes == 500_000
    assert found.user_size_bytes == 10
    assert found.user_wasted_ratio == 50_000.0
    assert round(found.efficiency, 4) == 0.0002


def test_dive_numbers_whiteout_of_nothing_ends_the_layer() -> None:
    # `.wh.nothing` sorts before the files of this layer, so dive never sees those. The path keeps
    # the -1 that its smallest size starts from: (110 - 1) / 110 = 0.9909, as was measured.
    base = Tree().file("a", bytes(50)).file("b", bytes(60))

    found = numbers(base, Tree().whiteout("nothing").file("a", bytes(50)).file("b", bytes(60)))

    assert found.wasted_bytes == 0
    assert found.efficiency == 109 / 110
    assert round(found.efficiency, 4) == 0.9909
    assert found.ended == {1: b"/nothing"}
    assert found.size_bytes == 220


def test_dive_numbers_whiteout_of_nothing_keeps_what_sorts_before_it() -> None:
    base = Tree().file("+a", bytes(50))

    found = numbers(base, Tree().whiteout("nothing").file("+a", bytes(50)))

    assert files(found) == [(b"/+a", 2, 100)]


def test_dive_numbers_grown_file_is_judged_by_its_smallest_version() -> None:
    found = numbers(Tree().file("log", bytes(10)), Tree().file("log", bytes(90)))

    assert found.efficiency == 10 / 100
    assert found.wasted_bytes == 100


def test_dive_numbers_directory_deleted_twice_counts_its_size() -> None:
    # The second whiteout finds the directory again, and the path was then met twice.
    content = Tree().dir("dir").file("dir/f", bytes(30))

    found = numbers(content, Tree().whiteout("dir"), content, Tree().whiteout("dir"))

    # Of equal sizes the one that was met again last comes first.
    assert files(found) == [(b"/dir", 2, 60), (b"/dir/f", 2, 60)]


def test_dive_numbers_implied_directory_is_deleted_as_a_file() -> None:
    # Layer 1 adds below `dir` without describing it: dive then forgets that it is a directory.
    base = Tree().dir("dir").file("dir/f", bytes(30))

    found = numbers(
        base, Tree().file("dir/g", bytes(5)), Tree().whiteout("dir"), base, Tree().whiteout("dir")
    )

    # Layer 2 adds 0 for it, layer 4 what layer 3 put there.
    assert files(found) == [(b"/dir/f", 2, 60), (b"/dir", 2, 30)]


def test_dive_numbers_one_layer_has_no_ratio() -> None:
    found = numbers(Tree().file("a", b"x"))

    assert (found.efficiency, found.user_wasted_ratio) == (1.0, None)


def test_dive_numbers_no_user_bytes_gives_infinite_ratio() -> None:
    found = numbers(Tree().file("a", b"x"), Tree().whiteout("a"))

    assert found.user_wasted_ratio == math.inf


def test_dive_numbers_no_layers_is_efficient() -> None:
    found = numbers()

    assert (found.efficiency, found.size_bytes, found.user_wasted_ratio) == (1.0, 0, None)


def test_dive_numbers_many_directory_whiteouts_add_each_directory_once() -> None:
    # 40 nested directories, each deleted by its own whiteout: each sum has the inner ones in it.
    base = Tree()
    gone = Tree()
    for depth in range(1, 41):
        folder = "/".join(["d"] * depth)
        base = base.dir(folder).file(f"{folder}/f", bytes(1))
        gone = gone.whiteout(folder)

    found = numbers(base, gone)

    # Only the innermost marker is beside no directory; all are leaves: 40 + 39 + … + 1.
    assert found.discovered_bytes == 40 + sum(range(1, 41))


def test_dive_tree_deep_implied_names_are_bounded() -> None:
    layer = columns(Tree().file("/".join(["d"] * 101), b""))

    with pytest.raises(OverLimitError, match="more than 99 directories"):
        DiveTree(layer, 99)

    assert DiveTree(layer, 100).implied == 100


def test_dive_tree_order_is_children_first_by_name() -> None:
    layer = columns(Tree().dir("b").file("b/z").file("b/a").file("a").file("c/d"))

    order = list(rows_in_order(DiveTree(layer)))

    # a, b/a, b/z, b, c/d, and c, which no member describes.
    assert order == [3, 2, 1, 0, 4, -1]
