from __future__ import annotations

import json

import pytest

from layerscope.fleet.rebase import OldBase, longest_base, on_same_base, rebase, run_image_top
from layerscope.fleet.stacks import (
    Stack,
    StackLayer,
    common_layers,
    effect,
    missing_bytes,
    shared_bytes,
    sizes_of,
    stack_of,
    stacked,
)
from tests.fleet.made import bytes_of, digest, fleet

MANIFEST = digest("manifest")


def stack(word: str) -> Stack:
    """A letter is a layer: a blob of 5 (a), 50 (b), 500 (c) … bytes, a tar of twice as many."""
    return stacked(
        StackLayer(
            digest=digest(f"blob {letter}"),
            diff_id=digest(letter.lower()),
            compressed_bytes=bytes_of(letter) * 5,
            uncompressed_bytes=bytes_of(letter) * 10,
            content_bytes=bytes_of(letter) * 9,
        )
        for letter in word
    )


def test_rebase_puts_the_upper_layers_on_the_new_base_as_they_are() -> None:
    plan = rebase(stack("acd"), 1, stack("be"))

    assert plan.result == stack("becd")
    assert plan.before == (3, 5 + 500 + 5000, 10 + 1000 + 10_000, 9 + 900 + 9000)
    assert plan.after == (4, 50 + 50_000 + 500 + 5000, 111_100 - 0, 99_990)
    # A node has c and d; it pulls b and e, and unpacks all four anew.
    assert (plan.pull_blobs, plan.pull_bytes) == (2, 50_050)
    assert plan.new_snapshots == tuple(layer.chain_id for layer in stack("becd"))
    assert plan.gone_snapshots == tuple(layer.chain_id for layer in stack("acd"))
    assert plan.new_snapshot_bytes == 111_100


def test_rebase_onto_a_base_with_a_common_beginning_keeps_its_snapshots() -> None:
    plan = rebase(stack("abd"), 2, stack("ac"))

    assert plan.kept_base_layers == 1
    assert plan.new_snapshots == tuple(layer.chain_id for layer in stack("acd")[1:])
    assert (plan.pull_blobs, plan.pull_bytes) == (1, 500)


def test_rebase_onto_the_same_base_changes_nothing() -> None:
    plan = rebase(stack("abc"), 2, stack("ab"))

    assert plan.result == stack("abc")
    assert (plan.new_snapshots, plan.gone_snapshots) == ((), ())
    assert (plan.pull_blobs, plan.pull_bytes, plan.new_snapshot_bytes) == (0, 0, 0)


def test_rebase_of_layers_without_diff_ids_has_no_known_snapshots() -> None:
    plan = rebase((*stack("a"), StackLayer()), 1, stack("b"))

    assert plan.result[0].chain_id == stack("b")[0].chain_id
    assert plan.result[1].chain_id is None
    assert (plan.new_snapshots, plan.gone_snapshots, plan.new_snapshot_bytes) == (None, None, None)
    assert (plan.pull_blobs, plan.pull_bytes) == (None, None)


def test_longest_base_is_the_image_with_most_equal_layers_below_others() -> None:
    others = [(0, stack("a")), (4, stack("ab")), (5, stack("abc")), (6, stack("b")), (7, ())]

    assert longest_base(stack("abc"), others) == OldBase(2, "layers", 4)
    assert longest_base(stack("xyz"), others) is None


def test_same_base_needs_all_its_layers_and_one_above() -> None:
    assert on_same_base(stack("abc"), stack("ab"))
    assert not on_same_base(stack("ab"), stack("ab"))
    assert not on_same_base(stack("acb"), stack("ab"))
    assert not on_same_base(stack("ab"), ())
    assert common_layers((StackLayer(),), (StackLayer(),)) == 0


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"io.buildpacks.lifecycle.metadata": '{"runImage":{"topLayer":"sha256:1"}}'}, "sha256:1"),
        ({"io.buildpacks.lifecycle.metadata": '{"runImage":["topLayer"]}'}, None),
        ({"io.buildpacks.lifecycle.metadata": "{"}, None),
        ({"io.buildpacks.lifecycle.metadata": "[" * 100_000}, None),
        ({"io.buildpacks.lifecycle.metadata": json.dumps("x" * 5_000_000)}, None),
        ({"io.buildpacks.lifecycle.metadata": 3}, None),
        (["io.buildpacks.lifecycle.metadata"], None),
        (None, None),
    ],
)
def test_run_image_top_is_read_from_a_label_of_buildpacks(
    labels: object, expected: str | None
) -> None:
    assert run_image_top(labels) == expected


def test_pull_counts_a_blob_once() -> None:
    assert missing_bytes(stack("abba"), stack("c")) == (2, 55)


def test_pull_of_equal_content_that_is_stored_as_plain_tars_is_not_known() -> None:
    plain = tuple(StackLayer(diff_id=layer.diff_id) for layer in stack("a"))

    assert missing_bytes(stack("a"), plain) == (None, None)
    assert missing_bytes(plain, stack("a")) == (None, None)
    # The same client makes the same blob of the same tar.
    assert missing_bytes(plain, plain) == (0, 0)
    assert missing_bytes(plain, stack("b")) == (1, None)


def test_effect_counts_what_no_image_holds_afterwards() -> None:
    before = [stack("ac"), stack("ad"), stack("b")]
    after = [stack("bc"), stack("ad"), stack("b")]

    by_blob, by_chain = effect(before, after, "blob"), effect(before, after, "chain_id")

    # The blob a is still held by the second image; c lies on another layer now.
    assert (by_blob.gone_layers, by_blob.new_layers) == (0, 0)
    assert (by_blob.before_bytes, by_blob.after_bytes) == (5555, 5555)
    assert (by_chain.gone_layers, by_chain.gone_bytes) == (1, 1000)
    assert (by_chain.new_layers, by_chain.new_bytes) == (1, 1000)


def test_effect_of_a_planned_layer_is_one_of_its_own_and_so_is_what_lies_on_it() -> None:
    planned = StackLayer(planned="squashed", uncompressed_bytes=7)
    after = [stacked((*stack("a"), planned, *stack("c")))]

    by_diff = effect([stack("abc")], after, "diff_id")
    by_chain = effect([stack("abc")], after, "chain_id")
    by_blob = effect([stack("abc")], after, "blob")

    assert (by_diff.after_layers, by_diff.after_bytes) == (3, 10 + 7 + 1000)
    assert (by_diff.new_layers, by_diff.new_bytes) == (1, 7)
    assert (by_chain.new_layers, by_chain.new_bytes) == (2, 7 + 1000)
    assert (by_blob.new_layers, by_blob.new_bytes, by_blob.after_bytes) == (1, None, None)


def test_equal_planned_layers_on_other_layers_are_one_tar_and_two_snapshots() -> None:
    planned = StackLayer(planned="split", uncompressed_bytes=7)
    after = [stacked((*stack("a"), planned)), stacked((*stack("b"), planned))]

    assert effect([], after, "diff_id").after_bytes == 10 + 100 + 7
    assert effect([], after, "chain_id").after_bytes == 10 + 100 + 7 + 7


def test_shared_bytes_count_layers_that_another_stack_has() -> None:
    stacks = [stack("aab"), stack("ac"), stack("ba")]

    assert shared_bytes(stacks, 0, "diff_id") == 10 + 100
    assert shared_bytes(stacks, 0, "blob") == 5 + 50
    # On another layer the same tar is another snapshot.
    assert shared_bytes(stacks, 0, "chain_id") == 10
    assert shared_bytes([stack("a"), (StackLayer(),)], 0, "blob") is None


def test_effect_of_a_layer_without_an_identity_is_not_known() -> None:
    found = effect([(StackLayer(),)], [stack("a")], "diff_id")

    assert (found.before_layers, found.after_layers, found.gone_layers) == (None, 1, None)


def test_stack_of_a_fleet_has_its_layers() -> None:
    frames = fleet("ab", "a?", manifest_digest=[MANIFEST, None])

    first, second = stack_of(frames, 0), stack_of(frames, 1)

    assert [layer.digest for layer in first] == [digest("blob a"), digest("blob b")]
    assert sizes_of(first) == (2, 5 + 50, 10 + 100, 9 + 90)
    # Without a manifest document the stored tar is no blob of a registry.
    assert second[0].digest is None
    assert (second[0].diff_id, second[0].uncompressed_bytes) == (digest("a"), 10)
    assert sizes_of(second) == (2, None, None, None)
