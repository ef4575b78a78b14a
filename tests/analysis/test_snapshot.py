from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.snapshot import snapshot_of
from layerscope.files.squash import squash
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns


def columns_of(tree: Tree) -> FileColumns:
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(tree.layer_tar())
    walk.finish()
    return walk.columns


def test_snapshot_of_hard_links_charges_the_first_name() -> None:
    layer = Tree().file("b", b"12345", mode=0o640).hardlink("a", "b").hardlink("c", "b")

    found = snapshot_of(squash([columns_of(layer)]), ["x"])

    assert {path: entry.linked_to for path, entry in found.entries.items()} == {
        b"/a": None,
        b"/b": b"/a",
        b"/c": b"/a",
    }
    assert {(entry.kind, entry.size_bytes, entry.mode) for entry in found.entries.values()} == {
        ("file", 5, 0o640)
    }
    assert found.visible_bytes() == 5


def test_snapshot_of_a_name_that_was_deleted_leaves_the_bytes_to_the_other() -> None:
    base = Tree().file("a", b"12345").hardlink("b", "a")

    found = snapshot_of(squash([columns_of(base), columns_of(Tree().whiteout("a"))]), ["x", "y"])

    assert list(found.entries) == [b"/b"]
    assert found.visible_bytes() == 5
    assert found.effects == (5, 0)
    assert found.visible_bytes_of_layers() == [5, 0]


def test_snapshot_of_a_parent_that_no_member_describes_has_no_time() -> None:
    found = snapshot_of(squash([columns_of(Tree().file("d/a", b"1"))]), ["x"])

    entry = found.entries[b"/d"]
    assert (entry.kind, entry.mode, entry.mtime_ns, entry.layer) == ("dir", 0o755, None, 0)


def test_effects_are_what_each_layer_does_to_what_is_below() -> None:
    layers = [
        Tree().dir("d").file("d/a", b"x" * 100).file("b", b"x" * 10),
        Tree().file("b", b"x" * 4),
        Tree().whiteout("d").file("c", b"x"),
    ]

    found = snapshot_of(squash([columns_of(layer) for layer in layers]), ["x", "y", "z"])

    assert found.effects == (110, -6, -99)
    assert found.visible_bytes() == 5


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a"])
STEPS = st.one_of(
    st.tuples(st.just("file"), NAMES, st.integers(0, 9)),
    st.tuples(st.just("hardlink"), NAMES, NAMES),
    st.tuples(st.just("whiteout"), st.one_of(NAMES, st.just("d"), st.just("d/e"))),
    st.tuples(st.just("opaque"), st.just("d")),
)


def made(steps: list[tuple[object, ...]]) -> Tree:
    tree = Tree()
    for step in steps:
        match step:
            case ("file", str(name), int(size)):
                tree = tree.file(name, b"x" * size)
            case ("hardlink", str(name), str(target)):
                tree = tree.hardlink(name, target)
            case ("whiteout", str(name)):
                tree = tree.whiteout(name)
            case ("opaque", str(name)):
                tree = tree.opaque(name)
    return tree


@given(st.lists(st.lists(STEPS, max_size=6), min_size=1, max_size=4))
def test_effects_of_layers_are_the_growth_of_the_tree_layer_by_layer(
    layers: list[list[tuple[object, ...]]],
) -> None:
    columns = [columns_of(made(steps)) for steps in layers]

    visible = [
        snapshot_of(squash(columns[:count]), ["x"] * count).visible_bytes()
        for count in range(len(columns) + 1)
    ]
    found = snapshot_of(squash(columns), ["x"] * len(columns))

    assert found.effects is not None
    assert sum(found.effects) == found.visible_bytes()
    assert list(found.effects) == [after - before for before, after in pairwise(visible)]
