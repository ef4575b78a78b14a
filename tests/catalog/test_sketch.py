from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.catalog.places import Folder
from layerscope.catalog.seal import SCHEMA, sealed
from layerscope.catalog.sketch import (
    KIND,
    LEAST_WEIGHT,
    Sketch,
    decode,
    encode,
    keep_sketch,
    merged,
    ranks,
    recall_sketch,
    sketch_of,
    sketch_of_columns,
)
from layerscope.catalog.store import Catalog
from layerscope.files.columns import FileColumns
from layerscope.files.scan_layer import scan_layer
from layerscope.sources.image import Layer
from layerscope.sources.region import Region
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DIFF_ID = "sha256:" + "9f" * 32

contents = st.lists(
    st.tuples(st.integers(0, 2**64 - 1), st.integers(1, 10**9)), max_size=40, unique=True
)


def of(pairs: Iterable[tuple[int, int]], kept: int, rate_bytes: int = 10**40) -> Sketch:
    chosen = list(pairs)
    hashes = np.array([each for each, _ in chosen], np.uint64)
    sizes = np.array([each for _, each in chosen], np.int64)
    return sketch_of(hashes, sizes, kept=kept, rate_bytes=rate_bytes)


def pairs_of(sketch: Sketch) -> list[tuple[int, int]]:
    return list(zip(sketch.hashes.tolist(), sketch.sizes.tolist(), strict=True))


def plain_rank(pair: tuple[int, int]) -> float:
    return ((pair[0] >> 11) + 0.5) * 2.0**-53 / max(pair[1], LEAST_WEIGHT)


def columns_of(*rows: tuple[int, bytes]) -> FileColumns:
    """A table of rows of kind and content; that of what is no file is empty."""
    columns = FileColumns()
    for kind, content in rows:
        columns.names += b"x\0"
        columns.kinds.append(kind)
        columns.size_bytes.append(len(content))
        columns.contents += blake3(content).digest() if kind == 0 else bytes(32)
    return columns


@given(contents, st.integers(1, 20))
def test_sketch_has_the_smallest_ranks_and_says_below_which(
    pairs: list[tuple[int, int]], kept: int
) -> None:
    sketch = of(pairs, kept)

    in_order = sorted(pairs, key=lambda pair: (plain_rank(pair), pair))
    if len(pairs) <= kept:
        assert pairs_of(sketch) == in_order
        assert sketch.threshold == math.inf
    else:
        threshold = plain_rank(in_order[kept])
        assert sketch.threshold == threshold
        assert pairs_of(sketch) == [pair for pair in in_order if plain_rank(pair) < threshold]
    assert sketch.files == (len(pairs), len(pairs))
    assert sketch.size_bytes == (sum(size for _, size in pairs),) * 2


@given(contents, contents, st.integers(1, 20), st.integers(1, 20))
def test_union_of_sketches_cut_to_one_size_is_the_sketch_of_the_union(
    one: list[tuple[int, int]], other: list[tuple[int, int]], kept: int, more: int
) -> None:
    union = merged([of(one, kept), of(other, kept + more)], kept=kept)

    expected = of(set(one) | set(other), kept)
    assert pairs_of(union) == pairs_of(expected)
    assert union.threshold == expected.threshold
    assert union.files[0] <= expected.files[0] <= union.files[1]
    assert union.size_bytes[0] <= expected.size_bytes[0] <= union.size_bytes[1]


@given(st.lists(contents, max_size=4), st.integers(1, 20))
def test_union_has_all_of_a_smaller_rank_than_the_lowest_threshold(
    layers: list[list[tuple[int, int]]], kept: int
) -> None:
    sketches = [of(each, kept) for each in layers]

    union = merged(sketches)

    threshold = min((each.threshold for each in sketches), default=math.inf)
    everything = {pair for each in layers for pair in each}
    expected = sorted(
        (pair for pair in everything if plain_rank(pair) < threshold),
        key=lambda pair: (plain_rank(pair), pair),
    )
    assert pairs_of(union) == expected


def test_large_layer_keeps_one_content_for_each_so_many_bytes() -> None:
    # 4,000 contents of 8 KiB are 2,000 times 16 KiB; the deviation of such a count is below 32.
    generator = np.random.default_rng(5)
    hashes = generator.integers(0, 2**64, 4000, dtype=np.uint64)

    sketch = sketch_of(hashes, np.full(4000, 8192), kept=10, rate_bytes=16384)

    assert sketch.threshold == 1 / 16384
    assert abs(len(sketch.hashes) - 2000) < 5 * 32


def test_files_of_a_layer_each_content_once_without_empty_ones_and_other_kinds() -> None:
    columns = columns_of((0, b"aaa"), (0, b""), (1, b""), (0, b"aaa"), (0, b"bbbb"))

    sketch = sketch_of_columns(columns)

    assert sketch is not None
    first = {content: blake3(content).digest()[:8] for content in (b"aaa", b"bbbb")}
    expected = {(int.from_bytes(digest, "big"), len(text)) for text, digest in first.items()}
    assert set(pairs_of(sketch)) == expected
    assert (sketch.files, sketch.size_bytes, sketch.unhashed) == ((2, 2), (7, 7), 0)
    assert sketch.is_whole()


def test_files_without_a_digest_are_counted_and_not_sampled() -> None:
    columns = columns_of((0, b"aaa"), (0, b"bbbb"))
    columns.unhashed.add(1)

    sketch = sketch_of_columns(columns)

    assert sketch is not None
    assert (sketch.size_bytes, sketch.unhashed) == ((3, 3), 1)


def test_layer_hashed_otherwise_has_no_sketch() -> None:
    columns = columns_of((0, b"aaa"))
    columns.hashed = "sha256"

    assert sketch_of_columns(columns) is None


@given(contents, st.integers(1, 20), st.integers(0, 3))
def test_stored_sketch_comes_back(pairs: list[tuple[int, int]], kept: int, unhashed: int) -> None:
    made = of(pairs, kept)
    sketch = Sketch(made.hashes, made.sizes, made.threshold, made.files, made.size_bytes, unhashed)

    found = decode(DIFF_ID, encode(DIFF_ID, sketch))

    assert found is not None
    assert pairs_of(found) == pairs_of(sketch)
    assert found.threshold == sketch.threshold
    assert (found.files, found.size_bytes) == (sketch.files, sketch.size_bytes)
    assert found.unhashed == unhashed


def test_stored_sketch_of_a_thousand_contents_takes_sixteen_bytes_for_each() -> None:
    sketch = of(((at << 40, 5000) for at in range(1, 5000)), 1024)

    assert len(sketch.hashes) == 1024
    assert len(encode(DIFF_ID, sketch)) - 1024 * 16 < 250


def test_damaged_or_foreign_sketch_is_none() -> None:
    data = encode(DIFF_ID, of([(2**60, 10), (2**61, 10)], 10))

    assert decode(DIFF_ID, data) is not None
    assert decode(DIFF_ID, data[:-1]) is None
    assert decode(DIFF_ID, data[:-1] + bytes([data[-1] ^ 1])) is None
    assert decode("sha256:" + "00" * 32, data) is None


@pytest.mark.parametrize(
    "forged",
    [
        Sketch(np.array([5], np.uint64), np.array([0]), math.inf, (1, 1), (0, 0)),
        Sketch(np.array([5], np.uint64), np.array([-7]), math.inf, (1, 1), (0, 0)),
        Sketch(np.array([5], np.uint64), np.array([2**60]), math.inf, (1, 1), (2**60, 2**60)),
        Sketch(np.array([5, 5], np.uint64), np.array([7, 7]), math.inf, (2, 2), (14, 14)),
        Sketch(np.array([2**63, 5], np.uint64), np.array([7, 7]), math.inf, (2, 2), (14, 14)),
        Sketch(np.array([2**63], np.uint64), np.array([7]), 1e-30, (2, 2), (14, 14)),
        Sketch(np.array([5], np.uint64), np.array([7]), math.nan, (1, 1), (7, 7)),
        Sketch(np.array([5], np.uint64), np.array([7]), -1.0, (1, 1), (7, 7)),
        Sketch(np.array([5], np.uint64), np.array([7]), math.inf, (2, 2), (7, 7)),
        Sketch(np.array([5], np.uint64), np.array([7]), 0.5, (0, 0), (7, 7)),
        Sketch(np.array([5], np.uint64), np.array([7]), 0.5, (1, 1), (6, 6)),
        Sketch(np.array([5], np.uint64), np.array([7]), 0.5, (2**63, 2**63), (7, 7)),
    ],
    ids=lambda _: "",
)
def test_sealed_sketch_that_cannot_be_is_none(forged: Sketch) -> None:
    assert decode(DIFF_ID, encode(DIFF_ID, forged)) is None


@pytest.mark.parametrize("payload", [b"", b"\xff" * 31, b"\xff" * 32, b"\xff" * 64])
def test_sealed_object_of_another_form_is_none(payload: bytes) -> None:
    assert decode(DIFF_ID, sealed(payload, KIND, DIFF_ID)) is None


def test_ranks_are_the_same_on_every_machine() -> None:
    # 2**63 is a half, less what 53 bits do not hold; 8,192 bytes weigh twice the least weight.
    found = ranks(np.array([2**63, 2**63], np.uint64), np.array([8192, 1]))

    assert found.tolist() == [(0.5 + 2.0**-54) / 8192, (0.5 + 2.0**-54) / 4096]


def test_catalog_gives_back_a_sketch(tmp_path: Path) -> None:
    catalog = Catalog(Folder(str(tmp_path)))
    sketch = of([(2**60, 10), (2**61, 10)], 10)

    keep_sketch(catalog, DIFF_ID, sketch)

    found = recall_sketch(catalog, DIFF_ID)
    assert found is not None
    assert pairs_of(found) == pairs_of(sketch)
    assert catalog.problems == []


def test_catalog_without_a_sketch_makes_it_from_the_table(tmp_path: Path) -> None:
    path = tmp_path / "layer.tar"
    path.write_bytes(Tree().file("a", b"hello").file("b", b"hello").file("c", b"you").layer_tar())
    layer = Layer(0, None, None, None, None, None, Region.of_file(str(path)), "layer.tar")
    scan = scan_layer(layer)
    catalog = Catalog(Folder(str(tmp_path / "catalog")))
    catalog.keep_table(str(scan.diff_id), scan)

    found = recall_sketch(catalog, str(scan.diff_id))

    assert found is not None
    assert (found.files, found.size_bytes) == ((2, 2), (8, 8))
    kept = Folder(str(tmp_path / "catalog")).objects()
    assert sorted(each.name.split("/")[1] for each in kept) == ["sketches", "tables"]


def test_catalog_without_sketch_and_table_has_none(tmp_path: Path) -> None:
    assert recall_sketch(Catalog(Folder(str(tmp_path))), DIFF_ID) is None


def test_catalog_that_cannot_be_reached_says_so_and_has_none(tmp_path: Path) -> None:
    (tmp_path / str(SCHEMA)).mkdir()
    (tmp_path / str(SCHEMA) / "sketches").symlink_to("sketches")
    catalog = Catalog(Folder(str(tmp_path)))

    keep_sketch(catalog, DIFF_ID, of([], 10))

    assert recall_sketch(catalog, DIFF_ID) is None
    assert [line.split(":")[0] for line in catalog.problems] == [
        "the catalog cannot be written",
        "the catalog cannot be read",
    ]
