from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.dive import dive_numbers
from layerscope.analysis.dive_differences import SENTENCES, Difference, explain
from layerscope.files.squash import squash
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


def differences(*layers: Tree) -> list[Difference]:
    tables = [columns(layer) for layer in layers]
    return explain(dive_numbers(tables), squash(tables))


def told(*layers: Tree) -> list[tuple[str, int, int]]:
    return [(it.code, it.bytes, it.count) for it in differences(*layers)]


def test_explain_deleted_file_agrees_but_for_the_ratio() -> None:
    base = Tree().file("big", bytes(1000)).file("kept", bytes(10))

    assert told(base, Tree().whiteout("big").file("new", b"x")) == [("base-in-ratio", 1000, 1)]


def test_explain_deleted_directory_is_invisible_to_dive() -> None:
    base = Tree().dir("d").file("d/a", bytes(600)).file("d/b", bytes(400))

    assert told(base, Tree().whiteout("d").file("new", b"x")) == [("directory-deleted", -1000, 2)]


def test_explain_opaque_marker_is_invisible_to_dive() -> None:
    base = Tree().dir("d").file("d/a", bytes(1000))

    assert told(base, Tree().dir("d").opaque("d").file("d/new", b"x")) == [("opaque", -1000, 1)]


def test_explain_chmod_is_counted_twice() -> None:
    base = Tree().file("a", b"x" * 1000, mode=0o644)

    found = told(base, Tree().file("a", b"x" * 1000, mode=0o755))

    assert found == [("metadata-change", 1000, 1), ("base-in-ratio", 1000, 1)]


def test_explain_grown_file_names_live_copy_and_smallest_version() -> None:
    found = told(Tree().file("log", b"a" * 10), Tree().file("log", b"a" * 90))

    assert found == [
        ("live-copy", 90, 1),
        ("smallest-version", -80, 1),
        ("base-in-ratio", 10, 1),
    ]


def test_explain_copy_with_another_name_is_still_seen() -> None:
    base = Tree().file("a", b"x" * 100).hardlink("b", "a")

    found = told(base, Tree().whiteout("a").file("new", b"y"))

    assert found[0] == ("linked-copy", 100, 1)


def test_explain_same_layer_duplicate_is_invisible_to_dive() -> None:
    found = told(Tree().file("a", b"x" * 70).file("a", b"y" * 50))

    assert found == [("same-layer", -70, 1), ("no-ratio", 0, 0)]


def test_explain_file_replaced_by_directory_is_a_type_change() -> None:
    found = told(Tree().file("a", b"x" * 70), Tree().dir("a").file("a/b", b"y"))

    assert found == [("type-changed", -70, 1)]


def test_explain_layer_ended_early_is_said() -> None:
    base = Tree().file("a", b"x" * 50)

    found = told(base, Tree().whiteout("nothing").file("a", b"y" * 50))

    assert found == [("layer-ended-early", -50, 1)]


def test_explain_layer_ended_early_without_loss_is_said_too() -> None:
    found = told(Tree().file("a", b"x"), Tree().whiteout("nothing").file("b", b"y"))

    assert found == [("layer-ended-early", 0, 0)]


def test_explain_marker_with_content_is_waste_that_dive_leaves_out() -> None:
    found = told(Tree().file("a", b""), Tree().file(".wh.a", b"content").file("b", b"x"))

    assert found == [("marker-content", -7, 1)]


def test_explain_directory_deleted_twice_is_counted_again() -> None:
    layer = Tree().dir("d").file("d/f", b"x" * 30)
    gone = Tree().whiteout("d")

    found = told(layer, gone, layer, gone)

    # The files were met twice, and so count as they should; both whiteouts add the directory.
    assert found == [("directory-counted-again", 60, 2), ("base-in-ratio", 30, 1)]


def test_explain_no_bytes_above_the_base_is_an_infinite_ratio() -> None:
    found = told(Tree().file("a", b"x" * 9), Tree().whiteout("a"))

    assert found == [("infinite-ratio", 9, 1)]


def test_difference_text_is_one_sentence_for_each_code() -> None:
    assert all(text.endswith(".") and ". " not in text for text in SENTENCES.values())
    assert differences(Tree().file("a", b"x"))[0].text == SENTENCES["no-ratio"]


names = st.lists(st.sampled_from(["a", "b", "+c", "d"]), min_size=1, max_size=3).map("/".join)
contents = st.sampled_from([b"", b"x", b"x" * 7, b"y" * 7, b"z" * 100])
steps = st.tuples(
    st.sampled_from(["file", "file", "dir", "whiteout", "opaque", "hardlink", "symlink"]),
    names,
    names,
    contents,
)


def layer_of(chosen: list[tuple[str, str, str, bytes]]) -> Tree:
    tree = Tree()
    for kind, name, other, content in chosen:
        if kind == "file":
            tree = tree.file(name, content)
        elif kind == "dir":
            tree = tree.dir(name)
        elif kind == "whiteout":
            tree = tree.whiteout(name)
        elif kind == "opaque":
            tree = tree.opaque(name)
        elif kind == "hardlink":
            tree = tree.hardlink(name, other)
        else:
            tree = tree.symlink(name, other)
    return tree


@given(st.lists(st.lists(steps, max_size=8).map(layer_of), min_size=1, max_size=4))
def test_explain_differences_sum_to_dive_less_honest(layers: list[Tree]) -> None:
    tables = [columns(layer) for layer in layers]
    numbers, squashed = dive_numbers(tables), squash(tables)
    content = sum(sum(table.size_bytes) for table in tables)
    seen = {squashed.inode(row) for row in squashed.rows.values() if row >= 0}
    honest = content - sum(squashed.size(row) for row in seen)

    found = explain(numbers, squashed)

    explained = sum(it.bytes for it in found if it.measure == "wasted_bytes")
    assert explained == numbers.wasted_bytes - honest
