from __future__ import annotations

import random
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st
from pyfastcdc import FastCDC

from layerscope.errors import CorruptLayerError, DigestMismatchError
from layerscope.files.chunking import FASTCDC, FIXED, SCHEMES, Chunker, chunk_layer
from layerscope.oci.digest import DiffID, Digest
from layerscope.sources.image import Layer
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.files.chunking import Chunks


def noise(size: int, seed: int = 1) -> bytes:
    """Bytes that do not repeat, the same each time."""
    return random.Random(seed).randbytes(size)


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    """The data in pieces that end at some of its bytes."""
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[low:high] for low, high in pairwise(bounds)]


def cut(*files: bytes) -> dict[str, Chunks]:
    chunker = Chunker()
    for file in files:
        chunker.feed(file)
        chunker.end()
    return dict(chunker.chunks)


def digests(chunks: Chunks) -> list[bytes]:
    return [bytes(chunks.digests[at : at + 16]) for at in range(0, len(chunks.digests), 16)]


@given(
    st.sampled_from([1, 4095, 4096, 4097, 16384, 65536, 262143, 262144, 262145, 700_000]),
    st.lists(st.integers(0, 2**20), max_size=5),
)
def test_chunks_do_not_depend_on_the_pieces_that_content_comes_in(
    size: int, cuts: list[int]
) -> None:
    data = noise(size)
    chunker = Chunker()
    for piece in pieces_of(data, cuts):
        chunker.feed(memoryview(piece))
    chunker.end()

    assert dict(chunker.chunks) == cut(data)


def test_content_decides_on_chunks_as_the_library_cuts_the_whole_file() -> None:
    data = noise(3_000_000)
    whole = FastCDC(65536, min_size=16384, max_size=262144)

    found = cut(data)[FASTCDC]

    expected = [bytes(chunk.data) for chunk in whole.cut_buf(data)]
    assert len(expected) > 10
    assert found.sizes.tolist() == [len(each) for each in expected]
    assert digests(found) == [blake3(each).digest()[:16] for each in expected]


@pytest.mark.parametrize(("scheme", "span"), FIXED.items())
@pytest.mark.parametrize("size", [1, 4096, 4097, 2**20, 2**20 + 1, 9_000_000])
def test_spans_begin_at_the_start_of_the_file_and_only_the_last_is_shorter(
    scheme: str, span: int, size: int
) -> None:
    found = cut(noise(size), b"another")[scheme]

    whole, rest = divmod(size, span)
    assert found.counts.tolist() == [whole + (rest > 0), 1]
    assert found.sizes.tolist() == [span] * whole + [rest] * (rest > 0) + [7]


def test_equal_spans_have_equal_digests_and_others_do_not() -> None:
    first, second = noise(2**20), noise(2**20, 2)

    found = cut(first + second + first[:5000], second + first[:5000], second + first[:5001])

    a, b, tail, b2, tail2, b3, other = digests(found["fixed_1m"])
    assert (b, tail) == (b2, tail2)
    assert b3 == b
    assert len({a, b, tail, other}) == 4
    assert len(set(digests(found["fixed_4m"]))) == 3


def test_file_of_one_span_has_the_digest_of_its_content() -> None:
    found = cut(b"x" * 4096)

    assert {digests(found[scheme])[0] for scheme in SCHEMES} == {blake3(b"x" * 4096).digest()[:16]}


def test_file_that_holds_digests_does_not_look_like_a_span() -> None:
    span = noise(8192)
    blocks = b"".join(blake3(span[at : at + 4096]).digest()[:16] for at in (0, 4096))

    found = cut(span, blocks)["fixed_1m"]

    assert len(set(digests(found))) == 2


def test_insertion_moves_all_fixed_spans_and_few_chunks_cut_by_content() -> None:
    data = noise(4_000_000)

    found = cut(data, b"!" + data)

    counts = found[FASTCDC].counts.tolist()
    old, new = digests(found[FASTCDC])[: counts[0]], digests(found[FASTCDC])[counts[0] :]
    assert len(set(old) & set(new)) >= len(old) - 3
    blocks = digests(found["fixed_4k"])
    assert len(set(blocks)) == len(blocks)


def test_gzip_blobs_of_layers_that_differ_by_an_early_file_share_next_to_nothing() -> None:
    words = [b"lorem", b"ipsum", b"dolor", b"sit", b"amet", b"elit", b"sed", b"magna"]
    draw = random.Random(3)
    text = b" ".join(draw.choices(words, k=2_000_000))
    layers = [
        Tree().file("a", early).file("b", text).layer_tar()
        for early in (b"one" * 500, b"two" * 511)
    ]
    blobs = [compressed(layer, "gzip") for layer in layers]

    shares = {}
    for what, files in (("tar", layers), ("gzip", blobs)):
        found = cut(*files)[FASTCDC]
        first = found.counts[0]
        old, new = digests(found)[:first], digests(found)[first:]
        sizes = dict(zip(digests(found), found.sizes, strict=True))
        assert len(old) > 5
        shares[what] = sum(sizes[each] for each in set(old) & set(new)) / len(files[0])

    # Unpacked, the layers have all but their beginning in common. One early byte changes where
    # blocks of deflate begin and all that follows, so blobs dedup 1.0x (DupHunter, ATC'20).
    assert shares["tar"] > 0.9
    assert shares["gzip"] < 0.01


def layer_of(
    path: Path,
    tree: Tree,
    how: str = "none",
    *,
    claimed: bytes | None = None,
    most: int | None = None,
) -> Layer:
    """A layer in a file, perhaps cut short, and what is claimed of it."""
    tar = tree.layer_tar()
    path.write_bytes(compressed(tar, how)[:most])
    diff_id = DiffID(Digest("sha256", sha256(tar if claimed is None else claimed).hexdigest()))
    return Layer(0, None, None, None, diff_id, None, Region.of_file(str(path)), "layer")


TREE = (
    Tree()
    .dir("d")
    .file("d/small", b"s" * 100)
    .file("d/big", noise(100_000))
    .symlink("d/link", "big")
    .file("d/other", noise(600_000, 2))
)


@pytest.mark.parametrize("how", ["none", "gzip", "zstd"])
def test_layer_gives_the_chunks_of_the_rows_that_are_wanted(tmp_path: Path, how: str) -> None:
    layer = layer_of(tmp_path / "layer.tar", TREE, how)

    found = chunk_layer(layer, bytes([0, 0, 1, 0, 1]))

    for scheme, chunks in cut(noise(100_000), noise(600_000, 2)).items():
        assert found[scheme] == chunks


def test_rows_beyond_those_that_are_named_are_not_cut(tmp_path: Path) -> None:
    found = chunk_layer(layer_of(tmp_path / "layer.tar", TREE), bytes([0, 1]))

    assert [found[scheme].sizes.tolist() for scheme in SCHEMES] == [[100]] * 4


def test_layer_that_is_another_one_now_is_refused(tmp_path: Path) -> None:
    layer = layer_of(tmp_path / "layer.tar", TREE, claimed=b"what was there before")

    with pytest.raises(DigestMismatchError):
        chunk_layer(layer, b"\0\0\1")


def test_layer_that_ends_early_is_refused(tmp_path: Path) -> None:
    half = TREE.layer_tar()[:200_000]
    layer = layer_of(tmp_path / "layer.tar", TREE, claimed=half, most=200_000)

    with pytest.raises(CorruptLayerError):
        chunk_layer(layer, b"\0\0\1")


def test_holes_of_a_sparse_file_are_cut_as_the_zeros_that_they_are(tmp_path: Path) -> None:
    # GNU's old format: 4 bytes of data at 0 and at 50,000 of a file of 60,000 bytes.
    header = bytearray(Tree().file("s", b"").layer_tar()[:512])
    header[124:136] = b"%011o\0" % 8
    header[156:157] = b"S"
    header[257:265] = b"ustar  \0"
    header[386:434] = b"".join(b"%011o\0" % number for number in (0, 4, 50_000, 4))
    header[483:495] = b"%011o\0" % 60_000
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    tar = bytes(header) + b"abcdwxyz" + bytes(504 + 1024)
    (tmp_path / "sparse.tar").write_bytes(tar)
    region = Region.of_file(str(tmp_path / "sparse.tar"))

    found = chunk_layer(Layer(0, None, None, None, None, None, region, "layer"), b"\1")

    whole = b"abcd" + bytes(49_996) + b"wxyz" + bytes(9_996)
    for scheme, chunks in cut(whole).items():
        assert found[scheme] == chunks
