from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDigestError
from layerscope.oci.digest import DiffID, Digest, chain_ids

# printf '' | sha256sum; printf hello | sha512sum
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
HELLO_512 = (
    "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca7"
    "2323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043"
)

DIGESTS = st.sampled_from([("sha256", 64), ("sha512", 128)]).flatmap(
    lambda form: st.text("0123456789abcdef", min_size=form[1], max_size=form[1]).map(
        lambda digits: Digest(form[0], digits)
    )
)


@given(DIGESTS)
def test_digest_printed_and_parsed_is_the_same(digest: Digest) -> None:
    assert Digest.parse(str(digest)) == digest


@given(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.lists(st.text())
)
def test_digest_anything_is_a_digest_or_a_bad_digest(value: object) -> None:
    said = None
    try:
        digest = str(Digest.parse(value))
    except BadDigestError as error:
        digest = None
        said = str(error)

    assert digest == value if said is None else said.isprintable() and len(said) < 500


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sha256:",
        "sha256",
        EMPTY,
        f"md5:{'0' * 32}",
        f"sha256:{'0' * 63}",
        f"sha256:{'0' * 65}",
        f"sha256:{'A' * 64}",
        f"SHA256:{'0' * 64}",
        f"sha256:{'g' * 64}",
        f"sha256:{'0' * 63}\0",
        f"sha256:{'0' * 64}\n",
        f"\nsha256:{'0' * 64}",
        f"sha256:{'0' * 64} ",
        f"sha512:{'0' * 64}",
        f"sha256:{'0' * 128}",
        "sha256:" + "\uff10" * 64,
        "sha256:%2e%2e%2fx",
        "sha256:../../../../etc/passwd",
        f"../../x:{'0' * 64}",
        "/etc/passwd",
        "sha256:\x1b[31m",
        None,
        5,
        True,
        [],
        {},
        f"sha256:{EMPTY}".encode(),
    ],
)
def test_digest_of_another_form_is_refused(text: object) -> None:
    with pytest.raises(BadDigestError) as caught:
        Digest.parse(text)

    assert str(caught.value).isprintable()


def test_digest_of_a_long_text_is_shown_cut() -> None:
    with pytest.raises(BadDigestError) as caught:
        Digest.parse("sha256:" + "\x1b" * 10_000_000)

    assert len(str(caught.value)) < 500


def test_digest_of_bytes_is_their_sha256() -> None:
    digest = Digest.of(b"")

    assert str(digest) == f"sha256:{EMPTY}"
    assert digest.short == "e3b0c44298fc"


def test_digest_of_sha512_checks_with_sha512() -> None:
    digest = Digest.parse(f"sha512:{HELLO_512}")

    assert digest.matches(b"hello")
    assert not digest.matches(b"hullo")
    assert digest.new_hasher().name == "sha512"


def test_new_hasher_starts_fresh_each_time() -> None:
    digest = Digest.of(b"x")
    digest.new_hasher().update(b"y")

    assert digest.new_hasher().hexdigest() == EMPTY


def test_chain_ids_of_three_layers_are_those_of_sha256sum() -> None:
    # printf base | sha256sum, and so on; then printf 'sha256:… sha256:…' | sha256sum.
    diff_ids = [DiffID(Digest.of(layer)) for layer in (b"base", b"middle", b"top")]

    chain = chain_ids(diff_ids)

    assert [str(identity) for identity in chain] == [
        "sha256:cae662172fd450bb0cd710a769079c05bfc5d8e35efa6576edc7d0377afdd4a2",
        "sha256:67b0cfe730e94ed386ba14cffaaa695cf94f602c00d5fe6cff9b72fc901d5e2f",
        "sha256:2ff8d5c6870774a6b116af2967f6e31959950f6ee9037c55eb80e4fcb8544a66",
    ]


def test_chain_ids_of_no_layers_are_none() -> None:
    assert chain_ids([]) == []


@given(st.lists(DIGESTS.map(DiffID), max_size=6), st.integers(0, 6))
def test_chain_ids_of_a_prefix_are_a_prefix(diff_ids: list[DiffID], length: int) -> None:
    assert chain_ids(diff_ids[:length]) == chain_ids(diff_ids)[:length]


@given(st.lists(DIGESTS.map(DiffID), min_size=2, max_size=6))
def test_chain_ids_follow_the_rule_at_each_step(diff_ids: list[DiffID]) -> None:
    chain = chain_ids(diff_ids)

    for below, own, diff_id in zip(chain, chain[1:], diff_ids[1:], strict=False):
        assert own.hex == hashlib.sha256(f"{below} {diff_id}".encode()).hexdigest()
