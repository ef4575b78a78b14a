from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.fleet.registry_blobs import sum_of
from layerscope.fleet.removal import SIZES, keepers, remove
from tests.fleet.made import bytes_of, digest
from tests.fleet.registry_made import CONFIG_BYTES, MANIFEST_BYTES, config, manifest, pushed

WORDS = st.lists(st.text("abcdABCD", max_size=5), min_size=1, max_size=6)


def test_removal_frees_what_no_kept_image_needs() -> None:
    frames, documents = pushed("ab", "abc", "aB", "a")

    plan = remove(frames, documents, [1, 2], [0, 3])

    blobs = plan.blobs
    # a b c and the documents of abc; B and the documents of aB, whose config ab has too.
    assert blobs["bytes"].tolist() == [5, 50, 500, 3, 7, 50, 3, 7]
    assert blobs["held"].tolist() == [True, True, False, False, False, False, True, False]
    assert blobs["holders"].tolist() == [(0, 3), (0,), (), (), (), (), (0,), ()]
    assert sum_of(blobs["bytes"], ~blobs["held"]) == 567
    # On a node the snapshot of b on a stays, however it is compressed.
    assert plan.snapshots["held"].tolist() == [True, True, False]
    assert plan.images["blob_alone_bytes"].tolist() == [510, 57]
    assert plan.images["docker_alone_bytes"].tolist() == [900, 0]


def test_removal_of_two_that_share_frees_more_than_each_alone() -> None:
    frames, documents = pushed("ab", "ac")

    plan = remove(frames, documents, [0, 1], [])

    assert plan.images["blob_alone_bytes"].tolist() == [60, 510]
    assert sum_of(plan.blobs["bytes"], ~plan.blobs["held"]) == 575


def test_removal_of_an_image_that_is_kept_under_another_name_frees_nothing() -> None:
    frames, documents = pushed("ab", "ab")
    frames.images["same_as"] = frames.images["same_as"].where(frames.images["image"] != 1, 0)

    plan = remove(frames, documents, [0], [1])

    assert sum_of(plan.blobs["bytes"], ~plan.blobs["held"]) == 0


def test_removal_where_a_digest_is_not_known_cannot_tell_of_blobs() -> None:
    frames, documents = pushed("ab", "ac", hidden=(1,))

    plan = remove(frames, documents, [0], [1])

    assert plan.blobs["held"].isna().tolist() == [True, False, False, False]
    assert sum_of(plan.blobs["bytes"], ~plan.blobs["held"]) is None
    assert plan.images["blob_alone_bytes"].isna().tolist() == [True]
    assert plan.images["docker_alone_bytes"].tolist() == [90]


def test_keepers_are_the_exact_sets_largest_first() -> None:
    frames, documents = pushed("abc", "ab", "a", "d")

    sets = keepers(remove(frames, documents, [0], [1, 2, 3]).blobs, "bytes")

    assert sets["holders"].tolist() == [(1,), (1, 2)]
    assert sets["bytes"].tolist() == [50, 5]
    assert sets["things"].tolist() == [1, 1]


@settings(max_examples=30)
@given(WORDS, st.data())
def test_removal_closes_by_each_identity(words: list[str], data: st.DataObject) -> None:
    removed = data.draw(st.lists(st.integers(0, len(words) - 1), max_size=4, unique=True))
    kept = [at for at in range(len(words)) if at not in removed and data.draw(st.booleans())]
    frames, documents = pushed(*words)

    plan = remove(frames, documents, removed, kept)

    def blobs(at: int) -> dict[str, int]:
        word = words[at]
        layers = {digest(f"blob {letter}"): bytes_of(letter) * 5 for letter in word}
        return {**layers, config(word): CONFIG_BYTES, manifest(word): MANIFEST_BYTES}

    def chains(at: int) -> dict[str, int]:
        word = words[at].lower()
        return {word[: end + 1]: bytes_of(word[end]) * 10 for end in range(len(word))}

    def docker(at: int) -> dict[str, int]:
        return {name: size - size // 10 for name, size in chains(at).items()}

    for identity, of in (("blob", blobs), ("chain_id", chains), ("docker", docker)):
        table = plan.blobs if identity == "blob" else plan.snapshots
        size = SIZES[identity]
        held = {name: bytes_ for at in removed for name, bytes_ in of(at).items()}
        stay = {name for at in kept for name in of(at)}
        freed = sum_of(table[size], ~table["held"])
        assert freed == sum(bytes_ for name, bytes_ in held.items() if name not in stay)
        assert freed + keepers(table, size)["bytes"].sum() == sum(held.values())
        for at, alone in zip(removed, plan.images[f"{identity}_alone_bytes"], strict=True):
            others = {name for one in {*removed, *kept} - {at} for name in of(one)}
            assert alone == sum(bytes_ for name, bytes_ in of(at).items() if name not in others)
