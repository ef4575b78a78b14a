from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import msgspec
from blake3 import blake3
from hypothesis import given, settings
from hypothesis import strategies as st
from pyfastcdc import FastCDC

from layerscope.catalog.store import Catalog
from layerscope.files.chunking import FASTCDC, FIXED, SCHEMES
from layerscope.journeys import chunk_reading
from layerscope.journeys.dedup import dedup
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from layerscope.report.dedup_document import DedupDocument

POOL = [
    content
    for seed, size in enumerate((1, 4096, 4097, 20_000, 300_000))
    for half in [random.Random(seed).randbytes(size)]
    for content in (half, half + b"!", b"?" + half)
]
"""Contents that begin or end alike."""


def levels(document: DedupDocument) -> dict[str, dict[str, Any]]:
    return {row.level: msgspec.to_builtins(row) for row in document.levels}


def cuts(content: bytes, scheme: str) -> list[bytes]:
    """The chunks of a content, the straightforward way."""
    if scheme == FASTCDC:
        cutter = FastCDC(65536, min_size=16384, max_size=262144)
        return [bytes(chunk.data) for chunk in cutter.cut_buf(content)]
    span = FIXED[scheme]
    return [content[at : at + span] for at in range(0, len(content), span)]


LAYER = st.lists(st.sampled_from(range(len(POOL))), min_size=1, max_size=5)
IMAGE = st.lists(LAYER, min_size=1, max_size=3)


@settings(max_examples=15, deadline=None)
@given(st.lists(IMAGE, min_size=1, max_size=3))
def test_ladder_equals_sets_of_what_was_put_into_the_images(
    tmp_path_factory: pytest.TempPathFactory, images: list[list[list[int]]]
) -> None:
    path = tmp_path_factory.mktemp("fleet") / "all.tar"
    built = []
    for number, layers in enumerate(images):
        image = ImageBuilder(names=(f"i:{number}",))
        for layer in layers:
            tree = Tree()
            for place, file in enumerate(layer):
                tree = tree.file(f"{place}", POOL[file])
            image = image.layer(tree, "COPY . .")
        built.append(image)
    oci_archive(path, *built, compression="gzip")

    found = levels(dedup([str(path)], chunks=True))

    distinct = {tuple(layer) for layers in images for layer in layers}
    used = {file for layer in distinct for file in layer}
    content = [row["content_bytes"] for row in found.values()]
    assert found["diff_id"]["content_bytes"] == sum(
        len(POOL[file]) for layer in distinct for file in layer
    )
    assert found["file"]["content_bytes"] == sum(len(POOL[file]) for file in used)
    assert found["file"]["entries"] == sum(map(len, distinct))
    for scheme in SCHEMES:
        chunks = {chunk for file in used for chunk in cuts(POOL[file], scheme)}
        assert found[scheme]["content_bytes"] == sum(map(len, chunks))
        assert found[scheme]["objects"] == len(chunks)
        assert found[scheme]["entries"] == sum(
            len(cuts(POOL[file], scheme)) for layer in distinct for file in layer
        )
        assert found[scheme]["content_bytes"] <= found["file"]["content_bytes"]
    assert content[:4] == sorted(content[:4], reverse=True)


def two(folder: Path) -> list[str]:
    """Two images in two archives; one file of theirs differs by its last byte."""
    base = ImageBuilder(names=("one:1",)).layer(Tree().file("a", POOL[12]), "COPY a")
    docker_archive(folder / "one.tar", base)
    oci_archive(
        folder / "two.tar",
        base.named("two:1").layer(Tree().file("b", POOL[13]), "COPY b"),
        compression="gzip",
    )
    return [str(folder / "one.tar"), str(folder / "two.tar")]


def test_chunks_are_read_only_if_they_are_asked_for(tmp_path: Path) -> None:
    document = dedup(two(tmp_path))

    assert list(levels(document)) == ["referenced", "blob", "diff_id", "file"]


def test_blob_that_is_compressed_otherwise_is_another_blob_and_the_same_layer(
    tmp_path: Path,
) -> None:
    found = levels(dedup(two(tmp_path)))

    # 300,000 bytes in both, in a tar and in gzip, and 300,001 in one.
    assert found["referenced"]["content_bytes"] == found["blob"]["content_bytes"] == 900_001
    assert found["diff_id"]["content_bytes"] == 600_001
    assert [found[level]["objects"] for level in ("referenced", "blob", "diff_id")] == [3, 3, 2]


def test_worker_processes_find_what_one_process_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = two(tmp_path)
    seen: list[tuple[int, int]] = []
    alone = dedup(inputs, chunks=True, jobs=1)
    monkeypatch.setattr(chunk_reading, "IN_PROCESS_BYTES", 0)

    together = dedup(
        inputs, chunks=True, jobs=2, progress=lambda done, total: seen.append((done, total))
    )

    assert msgspec.to_builtins(together) == msgspec.to_builtins(alone)
    # Three copies of layers are read, then the two that have a content of their own.
    assert seen[-1][0] == seen[-1][1] > 0
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_catalog_changes_nothing_but_what_is_read(tmp_path: Path) -> None:
    inputs = two(tmp_path)
    catalog = Catalog.at(str(tmp_path / "catalog"))
    plain = dedup(inputs, chunks=True)

    first = dedup(inputs, chunks=True, catalog=catalog)
    again = dedup(inputs, chunks=True, catalog=catalog)

    assert msgspec.to_builtins(first) == msgspec.to_builtins(plain)
    assert msgspec.to_builtins(again) == msgspec.to_builtins(plain)


def test_layer_that_changed_before_it_was_read_again_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs = two(tmp_path)

    def changed(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the real one is given
        data = bytearray((tmp_path / "one.tar").read_bytes())
        data[data.index(POOL[12]) + 5] ^= 1
        (tmp_path / "one.tar").write_bytes(data)
        return chunk_reading.read_chunks(*given, **named)

    monkeypatch.setattr("layerscope.journeys.dedup.read_chunks", changed)

    document = dedup(inputs, chunks=True)

    assert [(fault.input, fault.code, fault.layer) for fault in document.faults] == [
        (inputs[0], "digest-mismatch", 0)
    ]
    found = levels(document)
    assert found["file"]["content_bytes"] == 600_001
    assert [found[scheme]["content_bytes"] for scheme in SCHEMES] == [None] * 4
    assert document.images[0].levels[-1].content_bytes is None


def test_fixed_spans_of_a_pool_are_what_blake3_tells_apart() -> None:
    # What the property above relies on: the pool has contents that share some of their chunks.
    spans = [blake3(cut).digest() for content in POOL for cut in cuts(content, "fixed_4k")]

    assert len(set(spans)) < len(spans)
