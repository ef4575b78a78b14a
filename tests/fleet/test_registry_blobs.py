from __future__ import annotations

import pandas as pd

from layerscope.fleet.registry_blobs import (
    BLOBS,
    distinct,
    documents_of,
    held,
    registry_blobs,
    rows_of,
    units_of,
)
from layerscope.fleet.snapshots import snapshots
from tests.fleet.made import digest, fleet
from tests.fleet.registry_made import config, manifest, pushed


def answers(*words: str, hidden: tuple[int, ...] = ()) -> list[bool | None]:
    """Of the blobs of the first image, whether one of the others has them."""
    frames, documents = pushed(*words, hidden=hidden)
    table = registry_blobs(frames, documents)
    found = held(distinct(rows_of(table, [0])), rows_of(table, list(range(1, len(words)))))
    return [None if each is pd.NA else bool(each) for each in found]


def test_blobs_of_an_image_are_its_layers_its_config_and_its_manifest() -> None:
    frames, documents = pushed("ab")

    table = registry_blobs(frames, documents)

    assert list(table.columns) == list(BLOBS)
    assert table["kind"].tolist() == ["layer", "layer", "config", "manifest"]
    assert table["digest"].tolist() == [
        digest("blob a"),
        digest("blob b"),
        config("ab"),
        manifest("ab"),
    ]
    assert table["bytes"].tolist() == [5, 50, 3, 7]


def test_blobs_of_layers_that_are_stored_otherwise_are_not_known() -> None:
    frames, documents = pushed("ab", hidden=(0,))

    table = registry_blobs(frames, documents)

    assert table["digest"].isna().tolist() == [True, True, False, True]
    assert table["bytes"].isna().tolist() == [True, True, False, True]
    assert table["diff_id"].tolist()[:2] == [digest("a"), digest("b")]


def test_blobs_of_nothing_have_the_declared_columns() -> None:
    table = registry_blobs(fleet(), documents_of([]))

    assert list(table.columns) == list(BLOBS)
    assert len(table) == 0


def test_image_that_is_the_same_as_another_has_no_blobs_of_its_own() -> None:
    frames = fleet("a", "a", same_as=[0, 0])

    table = registry_blobs(frames, documents_of([(1, 1, True)] * 2))

    assert table["image"].tolist() == [0, 0, 0]
    assert units_of(frames, [1, 0]) == [0]


def test_held_by_digest_is_yes_or_no() -> None:
    # Blobs a, b, the config of ab, the manifest of ab; aB has the same config.
    assert answers("ab", "a") == [True, False, False, False]
    assert answers("ab", "aB") == [True, False, True, False]
    assert answers("ab") == [False] * 4


def test_held_is_unknown_where_equal_content_has_an_unknown_digest() -> None:
    # The config is known by its digest; what the manifest of either is, is not.
    assert answers("ab", "ac", hidden=(1,)) == [None, False, False, False]
    assert answers("ab", "ac", hidden=(0,)) == [None, False, False, False]
    assert answers("ab", "ab", hidden=(1,)) == [None, None, True, None]
    assert answers("ab", "ab", hidden=(0,)) == [None, None, True, None]


def test_held_is_unknown_where_a_layer_of_unknown_content_is_there() -> None:
    # Of the layer ? nothing is known, not even its DiffID: it may be any layer.
    assert answers("ab", "?") == [None, None, False, False]
    assert answers("?b", "a") == [None, False, False, False]
    # A known copy is one whatever else there is.
    assert answers("ab", "?", "a") == [True, None, False, False]


def test_snapshots_are_counted_once_for_each_chain() -> None:
    frames, _ = pushed("ab", "abc", "b", "aB")

    table = snapshots(frames, [1, 2], [0, 3])

    assert table["uncompressed_bytes"].tolist() == [10, 100, 1000, 100]
    assert table["snapshot_bytes"].tolist() == [9, 90, 900, 90]
    # b on nothing is another snapshot than b on a.
    assert table["held"].tolist() == [True, True, False, False]
    assert table["images"].tolist() == [(1,), (1,), (1,), (2,)]
    assert table["holders"].tolist() == [(0, 3), (0, 3), (), ()]


def test_snapshot_above_an_unknown_layer_may_be_there() -> None:
    frames, _ = pushed("ab", "?b")

    table = snapshots(frames, [0], [1])
    other = snapshots(frames, [1], [0])

    assert table["held"].isna().tolist() == [True, True]
    assert other["chain_id"].isna().tolist() == [True, True]
    assert other["held"].isna().tolist() == [True, True]
    assert snapshots(frames, [1], [])["held"].tolist() == [False, False]
