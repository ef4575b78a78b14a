"""Each cause of waste by hand; sizes are those of the contents written here."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from layerscope.analysis.waste import candidates_for_appended, waste
from layerscope.files.squash import squash
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree, TreeMember

if TYPE_CHECKING:
    from layerscope.files.squash import Squashed


def squashed_of(*layers: Tree) -> Squashed:
    tables = []
    for tree in layers:
        stream = BytesIO()
        tree.write_tar(stream)
        walk = Walk(DEFAULT_LIMITS, blake3)
        walk.feed(stream.getvalue())
        walk.finish()
        tables.append(walk.columns)
    return squash(tables)


def told(
    *layers: Tree, appended: tuple[int, ...] = ()
) -> list[tuple[str, int, str, int, int | None]]:
    """Path, bytes, cause, layer, and the layer that hid it."""
    found = waste(squashed_of(*layers), [f"sha256:{n}" for n in range(len(layers))], appended)
    return [
        (one.path.decode(), one.size_bytes, one.cause, one.layer, one.hidden_by_layer)
        for one in found
    ]


BASE = Tree().dir("d").file("d/a", b"1234")
A = "/d/a"


@pytest.mark.parametrize(
    ("layer", "cause"),
    [
        (Tree().file("d/a", b"56"), "overwritten"),
        (Tree().whiteout("d/a"), "deleted"),
        (Tree().whiteout("d"), "deleted"),
        (Tree().dir("d").opaque("d"), "opaque"),
        (Tree().dir("d/a").file("d/a/b", b""), "type-changed"),
        (Tree().symlink("d/a", "b"), "type-changed"),
        (Tree().file("d", b""), "type-changed"),
        (Tree().symlink("d", "e"), "type-changed"),
        (Tree().file("d/a", b"1234", mode=0o600), "metadata-only"),
        (Tree().file("d/a", b"1234", uid=7), "metadata-only"),
        (Tree().file("b", b"1234").hardlink("d/a", "b"), "metadata-only"),
    ],
)
def test_waste_of_a_hidden_file_has_its_cause(layer: Tree, cause: str) -> None:
    assert told(BASE, Tree().file("other", b"x"), layer) == [(A, 4, cause, 0, 2)]


def test_waste_of_a_file_that_only_grew_is_appended_if_that_is_known() -> None:
    longer = Tree().file("d/a", b"123456")

    assert told(BASE, longer) == [(A, 4, "overwritten", 0, 1)]
    assert told(BASE, longer, appended=(1,)) == [(A, 4, "appended", 0, 1)]


def test_waste_of_a_layer_that_is_there_twice_is_repeated() -> None:
    squashed = squashed_of(BASE, Tree().file("other"), BASE)

    found = waste(squashed, ["sha256:a", "sha256:b", "sha256:a"])

    assert [(one.cause, one.layer, one.hidden_by_layer) for one in found] == [
        ("repeated-layer", 0, 2)
    ]


def test_waste_of_layers_without_diff_id_is_not_repeated() -> None:
    found = waste(squashed_of(BASE, BASE), [None, None])

    assert [one.cause for one in found] == ["metadata-only"]


def test_waste_in_one_layer_is_same_layer() -> None:
    assert told(Tree().file("a", b"123").file("a", b"1")) == [("/a", 3, "same-layer", 0, 0)]


def test_waste_of_each_copy_is_told_once() -> None:
    layers = [Tree().file("a", b"1" * size) for size in (1, 2, 3)]

    assert told(*layers, Tree().whiteout("a")) == [
        ("/a", 1, "overwritten", 0, 1),
        ("/a", 2, "overwritten", 1, 2),
        ("/a", 3, "deleted", 2, 3),
    ]


def test_waste_of_a_hard_linked_file_starts_with_its_last_name() -> None:
    # Given a file of two names
    base = Tree().file("a", b"1234").hardlink("b", "a")

    # When one, or the other, or both are gone, then only the last is waste
    assert told(base, Tree().whiteout("a")) == []
    assert told(base, Tree().whiteout("b")) == []
    assert told(base, Tree().whiteout("b"), Tree().file("a", b"1")) == [
        ("/a", 4, "overwritten", 0, 2)
    ]
    assert told(base, Tree().file("a", b"1"), Tree().whiteout("b")) == [("/a", 4, "deleted", 0, 2)]


def test_waste_of_a_file_whose_name_a_link_of_a_later_layer_keeps_is_none() -> None:
    assert told(BASE, Tree().hardlink("kept", "d/a"), Tree().whiteout("d/a")) == []


def test_waste_of_empty_copies_is_none() -> None:
    assert told(Tree().file("a"), Tree().file("a"), Tree().whiteout("a")) == []


def test_waste_of_a_file_written_through_a_symlink_is_at_the_real_path() -> None:
    base = Tree().dir("usr").symlink("lib", "usr")

    assert told(base, Tree().file("lib/a", b"12"), Tree().file("usr/a", b"3")) == [
        ("/usr/a", 2, "overwritten", 1, 2)
    ]


def test_waste_of_content_that_was_never_seen_has_no_layer_that_hid_it() -> None:
    # Given a whiteout with content, and a file for the root itself
    layer = Tree().file("d/.wh.x", b"12").plus([TreeMember(".", "file", b"345")])

    assert told(BASE, layer) == [("/d/x", 2, "deleted", 1, None), ("/", 3, "deleted", 1, None)]


def test_candidates_for_appended_are_longer_files_of_later_layers() -> None:
    # Given one that grew, one that shrank, one that was empty and one that grew in its own layer
    base = Tree().file("grew", b"1").file("shrank", b"22").file("empty")
    base = base.file("twice", b"1").file("twice", b"22")
    later = Tree().file("grew", b"12").file("shrank", b"2").file("empty", b"1").dir("twice")

    assert candidates_for_appended(squashed_of(base, later)) == [(0, 5)]


def test_candidates_for_appended_are_by_the_last_name() -> None:
    # Given a file whose own name was replaced by a longer one, and its other name deleted
    base = Tree().file("a", b"1").hardlink("b", "a")

    squashed = squashed_of(base, Tree().file("a", b"12"), Tree().whiteout("b"))

    assert candidates_for_appended(squashed) == []
