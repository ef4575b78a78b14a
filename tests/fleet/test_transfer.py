from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.fleet.registry_blobs import sum_of
from layerscope.fleet.transfer import Place, pull, push
from tests.fleet.made import bytes_of, digest
from tests.fleet.registry_made import CONFIG_BYTES, MANIFEST_BYTES, config, manifest, pushed

WORDS = st.lists(st.text("abcdABCD", max_size=5), min_size=1, max_size=6)
X, Y, Z = Place("r", "x"), Place("r", "y"), Place("r", "z")
ELSEWHERE = Place("s", "x")


def things(word: str) -> dict[str, int]:
    """The blobs of an image, by name."""
    layers = {digest(f"blob {letter}"): bytes_of(letter) * 5 for letter in word}
    return {**layers, config(word): CONFIG_BYTES, manifest(word): MANIFEST_BYTES}


def test_pull_moves_what_is_not_there_by_digest() -> None:
    frames, documents = pushed("ab", "abc", "aB", "a")

    plan = pull(frames, documents, [1, 2], [0, 3])

    blobs = plan.blobs
    # Layers a b c, documents; then B, documents: aB has the config of ab.
    assert blobs["bytes"].tolist() == [5, 50, 500, 3, 7, 50, 3, 7]
    assert blobs["held"].tolist() == [True, True, False, False, False, False, True, False]
    # B is b compressed otherwise, on the same layer.
    assert blobs["held_by_diff_id"].tolist()[5] is True
    assert blobs["held_by_chain_id"].tolist()[5] is True
    assert blobs["images"].tolist()[:2] == [(1, 2), (1,)]
    assert sum_of(blobs["bytes"], ~blobs["held"]) == 567
    assert plan.images["alone_bytes"].tolist() == [510, 57]
    assert plan.images["after_bytes"].tolist() == [510, 57]
    assert plan.images["bytes"].tolist() == [565, 65]


def test_pull_of_equal_content_on_another_layer_finds_no_snapshot() -> None:
    frames, documents = pushed("bc", "aB")

    blobs = pull(frames, documents, [1], [0]).blobs

    # Nothing has a; B has the content of b, which is there, but not on a.
    assert blobs["held"].tolist() == [False, False, False, False]
    assert blobs["held_by_diff_id"].tolist() == [False, True, False, False]
    assert blobs["held_by_chain_id"].tolist() == [False, False, False, False]


def test_pull_of_a_layer_that_is_unpacked_at_one_of_two_places_is_not_there() -> None:
    frames, documents = pushed("a", "Ab", "cAb")

    blobs = pull(frames, documents, [1, 2], [0]).blobs

    # The layer A is needed at the bottom, where a lies, and on c, where nothing does.
    (row,) = blobs[blobs["digest"] == digest("blob A")].to_dict("records")
    assert (row["held_by_diff_id"], row["held_by_chain_id"]) == (True, False)


def test_pull_of_two_names_of_one_image_moves_it_once() -> None:
    frames, documents = pushed("ab", "ab")
    frames.images["same_as"] = frames.images["same_as"].where(frames.images["image"] != 1, 0)

    plan = pull(frames, documents, [0, 1], [])

    assert plan.images["after_bytes"].tolist() == [65, 0]
    assert plan.images["alone_bytes"].tolist() == [65, 65]


def test_pull_of_what_docker_save_wrote_has_unknown_bytes() -> None:
    frames, documents = pushed("ab", "a", hidden=(0,))

    plan = pull(frames, documents, [0], [1])

    assert plan.blobs["held"].isna().tolist() == [True, False, False, False]
    assert plan.blobs["held_by_diff_id"].tolist() == [True, False, False, False]
    assert sum_of(plan.blobs["bytes"], ~plan.blobs["held"]) is None
    assert plan.images["alone_bytes"].isna().tolist() == [True]
    # What it unpacks is known all the same.
    assert plan.snapshots["held"].tolist() == [True, False]


@settings(max_examples=30)
@given(WORDS, st.data())
def test_pull_is_the_difference_of_sets(words: list[str], data: st.DataObject) -> None:
    choice = st.lists(st.integers(0, len(words) - 1), max_size=4, unique=True)
    wanted, have = data.draw(choice), data.draw(choice)
    frames, documents = pushed(*words)

    plan = pull(frames, documents, wanted, have)

    needed = {name: size for at in wanted for name, size in things(words[at]).items()}
    there = {name for at in have for name in things(words[at])}
    assert set(plan.blobs["digest"]) == set(needed)
    assert plan.blobs["digest"].is_unique
    moved = plan.blobs[~plan.blobs["held"].astype(bool)]
    assert set(moved["digest"]) == set(needed) - there
    total = sum(size for name, size in needed.items() if name not in there)
    assert sum_of(plan.blobs["bytes"], ~plan.blobs["held"]) == total
    assert plan.images["after_bytes"].sum() == total
    # An engine that knows more skips more, and never less.
    assert (plan.blobs["held"] <= plan.blobs["held_by_chain_id"]).all()
    assert (plan.blobs["held_by_chain_id"] <= plan.blobs["held_by_diff_id"]).all()
    chains = {words[at][: end + 1].lower() for at in wanted for end in range(len(words[at]))}
    old = {words[at][: end + 1].lower() for at in have for end in range(len(words[at]))}
    assert len(plan.snapshots) == len(chains)
    unpacked = plan.snapshots[~plan.snapshots["held"].astype(bool)]
    assert unpacked["uncompressed_bytes"].sum() == sum(
        bytes_of(chain[-1]) * 10 for chain in chains - old
    )


def test_push_mounts_from_other_repositories_of_the_same_registry() -> None:
    frames, documents = pushed("ab", "a", "b")

    table = push(frames, documents, [(0, X)], [(1, Y), (2, ELSEWHERE), (1, Z)])

    assert table["kind"].tolist() == ["layer", "layer", "config", "manifest"]
    assert table["state"].tolist() == ["mount", "upload", "upload", "upload"]
    assert table["sources"].tolist() == [("y", "z"), (), (), ()]
    assert table["stored"].tolist() == [False, True, True, True]


def test_push_to_the_repository_that_has_a_blob_leaves_it_alone() -> None:
    frames, documents = pushed("ab", "a")

    table = push(frames, documents, [(0, X)], [(1, X), (1, Y)])

    assert table["state"].tolist() == ["there", "upload", "upload", "upload"]


def test_push_of_an_image_to_a_second_repository_puts_its_manifest_again() -> None:
    frames, documents = pushed("a")

    table = push(frames, documents, [(0, X), (0, Y), (0, X)], [])

    assert table["turn"].tolist() == [0] * 3 + [1] * 3 + [2] * 3
    assert table["state"].tolist() == ["upload"] * 3 + ["mount", "mount", "upload"] + ["there"] * 3
    # The registry stores a manifest once.
    assert table["stored"].tolist() == [True] * 3 + [False] * 6


def test_push_where_a_repository_is_not_known_cannot_tell() -> None:
    frames, documents = pushed("ab", "a")

    nowhere = push(frames, documents, [(0, None)], [(1, X)])
    somewhere = push(frames, documents, [(0, X)], [(1, None)])
    both = push(frames, documents, [(0, X)], [(1, None), (1, X)])

    assert nowhere["state"].tolist() == ["unknown", "upload", "upload", "upload"]
    assert somewhere["state"].tolist() == ["unknown", "upload", "upload", "upload"]
    assert both["state"].tolist() == ["there", "upload", "upload", "upload"]
    assert nowhere["stored"].isna().tolist() == [True, False, False, False]


def test_push_where_a_digest_is_not_known_cannot_tell() -> None:
    frames, documents = pushed("ab", "a", hidden=(1,))

    same = push(frames, documents, [(0, X)], [(1, X)])
    elsewhere = push(frames, documents, [(0, X)], [(1, ELSEWHERE)])

    assert same["state"].tolist() == ["unknown", "upload", "upload", "upload"]
    assert elsewhere["state"].tolist() == ["upload"] * 4


def test_push_sends_no_foreign_layer() -> None:
    frames, documents = pushed("ab")
    layers = frames.image_layers
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    told = layers.assign(media_type=[foreign, "application/vnd.oci.image.layer.v1.tar+gzip"])

    table = push(frames._replace(image_layers=told), documents, [(0, X)], [])

    assert table["state"].tolist() == ["foreign", "upload", "upload", "upload"]
    assert table["stored"].tolist() == [False, True, True, True]


@settings(max_examples=30)
@given(WORDS, st.data())
def test_push_stores_each_blob_that_no_repository_has_once(
    words: list[str], data: st.DataObject
) -> None:
    places = st.tuples(st.integers(0, len(words) - 1), st.sampled_from([X, Y, Z]))
    wanted = data.draw(st.lists(places, max_size=4))
    have = data.draw(st.lists(places, max_size=3))
    frames, documents = pushed(*words)

    table = push(frames, documents, wanted, have)

    stored = {name for at, _ in have for name in things(words[at])}
    there = {(name, place) for at, place in have for name in things(words[at])}
    expected = []
    for at, place in wanted:
        for name in things(words[at]):
            if (name, place) in there:
                expected.append((name, "there", False))
            elif name in stored and name != manifest(words[at]):
                expected.append((name, "mount", False))
            else:
                expected.append((name, "upload", name not in stored))
        stored |= set(things(words[at]))
        there |= {(name, place) for name in things(words[at])}
    got = zip(table["digest"], table["state"], table["stored"].astype(bool), strict=True)
    assert list(got) == expected
