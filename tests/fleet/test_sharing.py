from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UsageError
from layerscope.fleet import sharing
from layerscope.fleet.frames import frames_of_columns
from layerscope.fleet.holdings import IDENTITIES, holdings
from layerscope.fleet.sharing import (
    exclusive,
    image_sharing,
    intersections,
    layer_sharing,
    matrix,
    reuse,
    totals,
)
from tests.fleet.made import digest, fleet

WORDS = st.lists(st.text("abcdABCD", max_size=6), max_size=7)
IDENTITY = st.sampled_from(sorted(IDENTITIES))


def test_totals_by_each_identity() -> None:
    frames = fleet("ab", "aB", "cb")

    found = totals(frames)

    # a 10, b 100, c 1,000 bytes of tar; blobs are half of that, snapshots nine tenths.
    assert found["layers"].tolist() == [6, 6, 6, 6]
    # Blobs a b B c; DiffIDs a b c; ChainIDs a ab c cb.
    assert found["distinct"].tolist() == [4, 3, 4, 4]
    assert found["referenced_bytes"].tolist() == [660, 1320, 1320, 1188]
    assert found["stored_bytes"].tolist() == [605, 1110, 1210, 1089]
    assert found["unique_bytes"].tolist() == [550, 1000, 1100, 990]
    assert found["shared_bytes"].tolist() == [55, 110, 110, 99]


def test_what_each_image_has_alone_and_with_others() -> None:
    found = image_sharing(fleet("ab", "aB", "cb"))

    assert found["blob_unique_bytes"].tolist() == [0, 50, 500]
    assert found["blob_shared_bytes"].tolist() == [55, 5, 50]
    assert found["diff_id_unique_bytes"].tolist() == [0, 0, 1000]
    assert found["chain_id_unique_bytes"].tolist() == [0, 0, 1100]
    assert found["docker_shared_bytes"].tolist() == [99, 99, 0]


def test_layer_that_an_image_repeats_counts_once_by_content_and_twice_by_chain() -> None:
    found = image_sharing(fleet("aba"))

    assert found["diff_id_unique_bytes"].tolist() == [110]
    assert found["chain_id_unique_bytes"].tolist() == [120]


def test_manifest_under_several_names_is_one_image() -> None:
    found = image_sharing(fleet("a", "a", same_as=[0, 0]))

    assert found["blob_unique_bytes"].tolist() == [5, 5]
    assert found["blob_shared_bytes"].tolist() == [0, 0]


def test_for_docker_a_config_is_an_image_whatever_input_it_came_from() -> None:
    frames = fleet("ab", "AB", "ac", config_digest=[digest("1"), digest("1"), digest("2")])

    found = image_sharing(frames)

    assert found["docker_unique_bytes"].tolist() == [90, 90, 900]
    assert found["docker_shared_bytes"].tolist() == [9, 9, 9]
    assert found["chain_id_unique_bytes"].tolist() == [0, 0, 1000]


def test_unknown_layer_makes_sums_missing_and_no_others() -> None:
    found = image_sharing(fleet("ab", "a?", "a"))

    assert found["blob_unique_bytes"].isna().tolist() == [False, True, False]
    assert found["blob_shared_bytes"].tolist()[2] == 5
    assert totals(fleet("ab", "a?"))["stored_bytes"].isna().all()


def test_size_of_a_copy_that_was_read_counts_for_one_that_was_not() -> None:
    frames = frames_of_columns(
        {"input": ["1", "2"]},
        {
            "image": [0, 1],
            "position": [0, 0],
            "digest": [digest("a")] * 2,
            "compressed_bytes": [None, 7],
        },
    )

    assert image_sharing(frames)["blob_shared_bytes"].tolist() == [7, 7]


def test_layers_say_in_how_many_images_they_are() -> None:
    found = layer_sharing(fleet("ab", "aB", "?"))

    assert found["blob_images"].dropna().tolist() == [2, 1, 2, 1]
    assert found["diff_id_images"].dropna().tolist() == [2, 2, 2, 2]
    assert found["blob_images"].isna().tolist() == [False, False, False, False, True]


def test_exclusive_bytes_of_a_group_are_those_nobody_else_holds() -> None:
    frames = fleet("ab", "abc", "ad", "d")

    found = exclusive(frames, ["team", "team", "other", "other"])

    assert found["group"].tolist() == ["other", "team"]
    assert found["images"].tolist() == [2, 2]
    # a is held by both groups; the team alone holds b and c, the others d.
    assert found["diff_id_bytes"].tolist() == [10_010, 1_110]
    assert found["diff_id_exclusive_bytes"].tolist() == [10_000, 1_100]


def test_reuse_is_a_histogram_of_holders() -> None:
    found = reuse(fleet("ab", "ac", "a", "b"), "diff_id")

    assert found["images"].tolist() == [1, 2, 3]
    assert found["layers"].tolist() == [1, 1, 1]
    assert found["stored_bytes"].tolist() == [1000, 100, 10]
    assert found["referenced_bytes"].tolist() == [1000, 200, 30]


def test_intersections_name_exactly_who_shares_what() -> None:
    found = intersections(fleet("abc", "abd", "ab", "a"), "diff_id")

    assert found["images"].tolist() == [(1,), (0,), (0, 1, 2), (0, 1, 2, 3)]
    assert found["stored_bytes"].tolist() == [10_000, 1_000, 100, 10]
    assert found["layers"].tolist() == [1, 1, 1, 1]


def test_intersections_count_what_has_no_known_size() -> None:
    frames = frames_of_columns(
        {"input": ["1"]}, {"image": [0], "position": [0], "digest": [digest("a")]}
    )

    found = intersections(frames, "blob")

    assert found["unknown"].tolist() == [1]
    assert found["stored_bytes"].tolist() == [0]


def test_matrix_says_which_image_holds_which_layer() -> None:
    found = matrix(fleet("ab", "cb", "ab", same_as=[0, 1, 0]), "diff_id")

    assert found.columns.tolist() == [digest("a"), digest("b"), digest("c")]
    assert found.to_numpy().tolist() == [
        [True, True, False],
        [False, True, True],
        [True, True, False],
    ]


def test_matrix_of_too_many_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "MATRIX_CELLS", 5)

    with pytest.raises(UsageError):
        matrix(fleet("ab", "cd"), "blob")


def test_unknown_identity_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        holdings(fleet("a"), "name")


@pytest.mark.hypothesis
@given(WORDS)
def test_unique_of_all_images_and_shared_once_are_what_is_stored(words: list[str]) -> None:
    frames = fleet(*words)

    sums, images = totals(frames), image_sharing(frames)

    for identity in IDENTITIES:
        row = sums.loc[identity]
        assert row["unique_bytes"] + row["shared_bytes"] == row["stored_bytes"]
        assert images[f"{identity}_unique_bytes"].sum() == row["unique_bytes"]
        together = images[[f"{identity}_unique_bytes", f"{identity}_shared_bytes"]].sum().sum()
        assert together == row["referenced_bytes"]


@pytest.mark.hypothesis
@given(WORDS, IDENTITY)
def test_histogram_and_sets_sum_to_what_is_stored(words: list[str], identity: str) -> None:
    frames = fleet(*words)

    stored = totals(frames).loc[identity, "stored_bytes"]
    sets = intersections(frames, identity, 10_000)
    histogram = reuse(frames, identity)

    assert sets["stored_bytes"].sum() == histogram["stored_bytes"].sum() == stored
    assert len(set(sets["images"])) == len(sets)
    by_count = Counter[int]()
    for count, layers in zip(sets["count"], sets["layers"], strict=True):
        by_count[count] += layers
    assert dict(by_count) == dict(zip(histogram["images"], histogram["layers"], strict=True))


@pytest.mark.hypothesis
@given(WORDS)
def test_sharing_is_what_sets_of_letters_say(words: list[str]) -> None:
    frames = fleet(*words)

    found = image_sharing(frames)

    held = [set(word.lower()) for word in words]
    for at, letters in enumerate(held):
        others = set().union(*(one for place, one in enumerate(held) if place != at))
        unique = sum(10 ** (ord(letter) - ord("a") + 1) for letter in letters - others)
        assert found["diff_id_unique_bytes"][at] == unique


@pytest.mark.hypothesis
@given(WORDS, IDENTITY)
def test_one_group_of_all_images_holds_all_that_is_stored(words: list[str], identity: str) -> None:
    frames = fleet(*words)

    found = exclusive(frames, ["all"] * len(words))

    if words:
        stored = totals(frames).loc[identity, "stored_bytes"]
        assert found[f"{identity}_exclusive_bytes"].tolist() == [stored]
    else:
        assert len(found) == 0
