"""Plans worked out by hand, and plans carried out: the same trees, and the bytes that were said."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.files.squash import squash
from layerscope.fleet.repack import LayerNow, Planned, Repacked, repack
from layerscope.fleet.repack_totals import LayerSizes, repository_of, stack_totals, successions
from layerscope.synth.image_builder import ImageBuilder, digest_of
from layerscope.synth.tree import Tree
from tests.fleet.repacking import read, rebuilt, repacked, told, written
from tests.properties.test_squash_laws import LAYERS, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.synth.tree import TreeMember

HEADER, END = 512, 1024


def image(*trees: Tree) -> list[LayerNow]:
    found = []
    for tree in trees:
        tar = tree.layer_tar()
        columns = table(tree.members)
        found.append(LayerNow(digest_of(tar), sum(columns.size_bytes), len(tar), columns))
    return found


def layers(planned: Planned) -> list[tuple[tuple[int, ...], int, int]]:
    """Images, files and content bytes of each layer."""
    return [(layer.images, layer.files, layer.content_bytes) for layer in planned.layout.layers]


def paths(found: Repacked, planned: Planned, layer: int) -> list[bytes]:
    return sorted(
        name
        for entry in planned.layout.layers[layer].entries
        for name in found.entries.names[entry]
    )


def test_repack_parts_by_who_holds_what() -> None:
    # What was copied in one layer of each image becomes a layer of both and one of each.
    one = image(Tree().file("shared", b"s" * 1000).file("one", b"1" * 10))
    two = image(Tree().file("shared", b"s" * 1000).file("two", b"2" * 20))

    found = repack([one, two], [], max_layers=5)

    assert found.left_out == [None, None]
    assert found.now.registry.content_bytes == 2030
    assert layers(found.planned) == [((0, 1), 1, 1000), ((1,), 1, 20), ((0,), 1, 10)]
    assert found.planned.layout.stacks == [[0, 2], [0, 1]]
    # Three headers, 1,000 bytes in two blocks, 10 and 20 in one each, three ends of two blocks.
    sizes = LayerSizes(1030, 3 * HEADER + 1024 + 512 + 512 + 3 * END)
    assert found.planned.totals.registry == found.planned.totals.node == sizes
    assert found.lower_bound == LayerSizes(1030, sizes.tar_bytes - 2 * END)
    # As many layers as now: one each, and nothing can be shared.
    assert found.as_many is not None
    assert found.as_many.layout.limits == [1, 1]
    assert found.as_many.totals.registry.content_bytes == 2030


def test_repack_of_equal_images_is_one_layer() -> None:
    tree = Tree().dir("a").file("a/b", b"x" * 100)
    other = [Tree().dir("a"), Tree().file("a/b", b"x" * 100)]

    found = repack([image(tree), image(*other)], [], max_layers=1)

    assert layers(found.planned) == [((0, 1), 1, 100)]
    assert found.planned.layout.stacks == [[0], [0]]
    assert found.now.registry.content_bytes == 200


def test_repack_drops_what_no_image_shows() -> None:
    lower = Tree().file("kept", b"k" * 7).file("gone", b"g" * 100)
    one = image(lower, Tree().whiteout("gone"))
    two = image(lower, Tree().file("gone", b"new"))

    found = repack([one, two], [], max_layers=3)

    assert found.hidden_bytes == 100
    assert found.now.registry.content_bytes == 110
    assert found.planned.totals.registry.content_bytes == found.lower_bound.content_bytes == 10


def test_repack_hidden_in_one_image_and_seen_in_another_is_not_hidden() -> None:
    lower = Tree().file("a", b"g" * 100)

    found = repack([image(lower, Tree().whiteout("a")), image(lower)], [], max_layers=3)

    assert found.hidden_bytes == 0


def test_repack_keeps_files_apart_that_differ_in_anything() -> None:
    plain = image(Tree().file("a", b"x" * 9).file("b", b"y", mode=0o600).file("c", b"z", uid=1))
    other = image(Tree().file("a", b"x" * 9, mtime=5).file("b", b"y").file("c", b"z"))

    found = repack([plain, other], [], max_layers=5)
    timeless = repack([plain, other], [], max_layers=5, ignore_times=True)

    assert layers(found.planned) == [((0,), 3, 11), ((1,), 3, 11)]
    assert layers(timeless.planned) == [((0, 1), 1, 9), ((0,), 2, 2), ((1,), 2, 2)]


def test_repack_keeps_names_of_one_file_together() -> None:
    linked = image(Tree().file("x/b", b"x" * 50).hardlink("x/a", "x/b").file("c", b"c"))
    again = image(Tree().file("x/b", b"x" * 50).hardlink("x/a", "x/b"))
    apart = image(Tree().file("x/b", b"x" * 50).file("x/a", b"x" * 50))

    found = repack([linked, again, apart], [], max_layers=5)

    shared = layers(found.planned).index(((0, 1), 1, 50))
    assert paths(found, found.planned, shared) == [b"/x/a", b"/x/b"]
    # Not even the file of the same name is shared with the image where it is two.
    assert ((2,), 2, 100) in layers(found.planned)


def test_repack_puts_directories_right_on_top() -> None:
    one = image(Tree().dir("d", mtime=1).file("d/f", b"f" * 40))
    two = image(Tree().dir("d", mtime=2).file("d/f", b"f" * 40))

    found = repack([one, two], [], max_layers=2)

    # The shared layer has the directory of the first image; the second one puts its own on that.
    assert layers(found.planned) == [((0, 1), 1, 40), ((1,), 0, 0)]
    assert found.planned.layout.stacks == [[0], [0, 1]]
    tight = repack([one, two], [], max_layers=1)
    assert layers(tight.planned) == [((0,), 1, 40), ((1,), 1, 40)]


def test_repack_orders_layers_so_that_snapshots_are_shared() -> None:
    # All hold "base", images 0 and 1 the large "pair", images 1 and 2 the small "other".
    base = Tree().file("base", b"b" * 100)
    pair, other = Tree().file("pair", b"p" * 5000), Tree().file("other", b"o" * 10)
    images = [image(base, pair), image(base, other, pair), image(base, other)]

    found = repack(images, [], max_layers=4)

    assert layers(found.planned) == [((0, 1, 2), 1, 100), ((0, 1), 1, 5000), ((1, 2), 1, 10)]
    # "pair" lies lower in image 1: its snapshot is that of image 0.
    assert found.planned.layout.stacks == [[0, 1], [0, 1, 2], [0, 2]]
    assert found.planned.totals.node.content_bytes == 5120
    assert found.now.node.content_bytes == 10110
    assert found.planned.totals.registry.content_bytes == 5110


def test_repack_counts_what_updates_pull() -> None:
    def version(number: int) -> list[LayerNow]:
        tree = Tree().file("lib", b"l" * 1000).file("app", b"%d" % number * 10)
        return image(tree if number < 3 else tree.file("new", b"n" * 100))

    found = repack([version(n) for n in (1, 2, 3)], [(0, 1), (1, 2)], max_layers=2)

    assert [size.content_bytes for size in found.now.updates] == [1010, 1110]
    assert [size.content_bytes for size in found.planned.totals.updates] == [10, 110]
    assert found.planned.totals.update.content_bytes == 120


def test_repack_leaves_out_what_cannot_be_unpacked() -> None:
    good = image(Tree().file("a", b"a"))
    dangling = image(Tree().hardlink("b", "nowhere"))

    found = repack([None, dangling, good], [(1, 2)], max_layers=3)

    assert found.left_out == ["not-read", "dangling-hard-link", None]
    assert found.images == [2]
    assert (found.updates, layers(found.planned)) == ([], [((0,), 1, 1)])


def test_repack_of_no_image_is_nothing() -> None:
    found = repack([], [], max_layers=3)

    assert layers(found.planned) == []
    assert found.lower_bound == found.now.registry == LayerSizes()


def test_repack_of_an_image_without_layers_has_none() -> None:
    found = repack([[], image(Tree().file("a", b"a"))], [], max_layers=3)

    assert found.planned.layout.stacks == [[], [0]]


def test_stack_totals_of_a_layer_twice_counts_it_once_for_a_registry() -> None:
    sizes = {"a": LayerSizes(10, 1000), "b": LayerSizes(1, 100)}

    totals = stack_totals(["aba", "ab", "b"], sizes, [(2, 0), (0, 2)])

    assert (totals.layers, totals.snapshots) == (2, 4)
    assert totals.registry == LayerSizes(11, 1100)
    # a, a b, a b a, b
    assert totals.node == LayerSizes(22, 2200)
    assert totals.updates == [LayerSizes(10, 1000), LayerSizes()]


def test_successions_follow_each_repository_and_platform() -> None:
    names = [["a:1", "b:1"], ["a:2"], ["1.0"], ["b:2", "a:3"], ["a:9"]]
    platforms = ["x", "x", "x", "x", "y"]

    assert successions(names, platforms) == [(0, 1), (0, 3), (1, 3)]


@pytest.mark.parametrize(
    ("name", "repository"),
    [(":1", None), ("", None), ("a:", "a"), ("h:1/a", None), ("h:1/a:2", "h:1/a"), ("@x", None)],
)
def test_repository_of_odd_names(name: str, repository: str | None) -> None:
    assert repository_of(name) == repository


FLEETS = st.lists(LAYERS, min_size=1, max_size=4)


@pytest.mark.hypothesis
@settings(max_examples=60, deadline=None)
@given(FLEETS, st.integers(1, 4), st.booleans())
def test_repacked_layers_unpack_to_the_same_trees_and_are_as_large_as_was_said(
    fleet: Sequence[Sequence[Sequence[TreeMember]]], max_layers: int, shared: bool
) -> None:
    if shared:
        # Every image begins with the layers of the first, so that much is held by several.
        fleet = [fleet[0], *([*fleet[0], *stack] for stack in fleet[1:])]
    builders = []
    for stack in fleet:
        builder = ImageBuilder()
        for members in stack:
            builder = builder.layer(Tree(tuple(members)))
        builders.append(builder)
    with tempfile.TemporaryDirectory() as folder:
        given_images = read(Path(folder, "old"), builders)
        pairs = [(0, 1)] if len(builders) > 1 else []
        found = repacked(given_images, max_layers, pairs)
        for planned in (found.planned, found.as_many):
            if planned is None:
                continue
            tars = written(given_images, found, planned)
            assert [len(tar) for tar in tars] == [
                layer.tar_bytes for layer in planned.layout.layers
            ]
            assert len(set(tars)) == len(tars)
            new = [
                rebuilt(builders[number], planned, tars, at)
                for at, number in enumerate(found.images)
            ]
            again = read(Path(folder, f"new{planned is found.planned}"), new)
            for at, number in enumerate(found.images):
                old = squash([layer.columns for layer in given_images.images[number]])
                now = squash([layer.columns for layer in again.images[at]])
                assert told(now) == told(old)
                assert not now.hidden.keys() - {row for row in now.hidden if now.kind(row) == "dir"}
                once(again.images[at], now.rows)
                assert len(again.images[at]) <= planned.layout.limits[at]
            measured = stack_totals(
                [[layer.diff_id for layer in one] for one in again.images],
                {
                    layer.diff_id: LayerSizes(layer.content_bytes, layer.tar_bytes)
                    for one in again.images
                    for layer in one
                },
                found.updates,
            )
            assert measured == planned.totals
            bound = found.lower_bound
            assert bound.content_bytes <= measured.registry.content_bytes
            assert bound.tar_bytes <= measured.registry.tar_bytes


def once(stack: Sequence[LayerNow], rows: dict[bytes, int]) -> None:
    """Every path but a directory's is in exactly one layer, and there is no whiteout."""
    counts = Counter(
        path
        for layer in stack
        for path, kind in zip(layer.columns.paths(), layer.columns.kinds, strict=True)
        if kind != 1
    )
    directories = {path for layer in stack for path in layer.columns.paths()} - set(counts)
    assert set(counts.values()) <= {1}
    assert counts.keys() | directories == rows.keys()
