from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.fleet.merge import merged
from layerscope.fleet.new_layer import Refused
from layerscope.synth.tree import Tree
from tests.fleet.written import facts, random_tars, stored, table_of, tree_of, written

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.fleet.new_layer import NewLayer
    from layerscope.sources.image import Layer

T = Tree()


def replaced(
    folder: Path, layers: list[Layer], first: int, last: int
) -> tuple[NewLayer, list[Layer]]:
    """The plan, and the layers of the image with the merged one in place."""
    new = merged([table_of(layer) for layer in layers], first, last)
    if new.refused:
        return new, layers
    (one,) = stored(folder, [written(new, layers)])
    return new, [*layers[:first], one, *layers[last + 1 :]]


@pytest.mark.parametrize("seed", range(60))
def test_merged_layers_leave_the_same_tree(tmp_path: Path, seed: int) -> None:
    layers = stored(tmp_path, random_tars(seed))
    before = facts(tree_of(layers))

    for first in range(len(layers)):
        for last in range(first, len(layers)):
            _, after = replaced(tmp_path, layers, first, last)
            assert facts(tree_of(after)) == before, (first, last)


def test_few_random_images_are_refused(tmp_path: Path) -> None:
    refused = 0
    for seed in range(60):
        folder = tmp_path / str(seed)
        folder.mkdir()
        layers = stored(folder, random_tars(seed))
        new = merged([table_of(layer) for layer in layers], 0, len(layers) - 1)
        refused += bool(new.refused)

    assert refused < 15


def test_squash_holds_what_is_visible_once_by_hand(tmp_path: Path) -> None:
    layers = stored(
        tmp_path,
        [
            T.file("a", b"1" * 600).file("b", b"2" * 5).layer_tar(),
            T.file("a", b"3" * 700).whiteout("b").file("c", b"").layer_tar(),
        ],
    )

    new, _ = replaced(tmp_path, layers, 0, 1)

    # Two headers, 700 bytes in two blocks, and the end.
    assert new.entries == 2
    assert (new.content_bytes, new.uncompressed_bytes) == (700, 2 * 512 + 1024 + 1024)


def test_merge_keeps_the_whiteouts_that_hide_something_below(tmp_path: Path) -> None:
    layers = stored(
        tmp_path,
        [
            T.dir("d").file("d/a", b"1").file("d/b", b"1").file("e", b"1").layer_tar(),
            T.file("x", b"1").whiteout("e").whiteout("nothing").layer_tar(),
            T.dir("d").opaque("d").file("d/c", b"1").whiteout("x").layer_tar(),
        ],
    )

    new, after = replaced(tmp_path, layers, 1, 2)

    names = table_of(after[1]).stored_names()
    assert names == [b"d/.wh.a", b"d/.wh.b", b".wh.e", b"d", b"d/c"]
    assert new.uncompressed_bytes == 5 * 512 + 512 + 1024


def test_name_of_a_hidden_file_gets_its_content(tmp_path: Path) -> None:
    layers = stored(
        tmp_path,
        [
            T.file("a", b"x" * 9).hardlink("b", "a").hardlink("c", "a").layer_tar(),
            T.whiteout("a").layer_tar(),
        ],
    )

    new, after = replaced(tmp_path, layers, 0, 1)

    columns = table_of(after[0])
    assert columns.stored_names() == [b"b", b"c"]
    assert (list(columns.size_bytes), columns.links) == ([9, 0], {1: b"b"})
    assert new.content_bytes == 9


def test_directory_that_is_left_without_members_stays(tmp_path: Path) -> None:
    layers = stored(tmp_path, [T.file("a/b/c", b"1").layer_tar(), T.whiteout("a/b/c").layer_tar()])

    _, after = replaced(tmp_path, layers, 0, 1)

    assert table_of(after[0]).stored_names() == [b"a/b"]
    assert facts(tree_of(after)).keys() == {b"/a", b"/a/b"}


@pytest.mark.parametrize(
    ("trees", "refused"),
    [
        ((T, T.hardlink("b", "nowhere")), Refused(b"/b", "a hard link to nothing")),
        (
            (T.file("a", b"1"), T.hardlink("b", "a")),
            Refused(b"/b", "a hard link to a file of a layer below"),
        ),
        (
            (T.dir("d", mode=0o700).file("d/a", b"1"), T.whiteout("d"), T.file("d/b", b"1")),
            Refused(b"/d", "made anew without an entry of its own"),
        ),
    ],
)
def test_what_no_layer_could_say_is_refused(
    tmp_path: Path, trees: tuple[Tree, ...], refused: Refused
) -> None:
    layers = stored(tmp_path, [tree.layer_tar() for tree in trees])

    new = merged([table_of(layer) for layer in layers], 1, len(layers) - 1)

    assert new.refused == [refused]
    assert (new.uncompressed_bytes, new.content_bytes) == (None, None)
