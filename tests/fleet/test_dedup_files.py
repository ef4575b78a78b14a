from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from blake3 import blake3

from layerscope.catalog.store import Catalog
from layerscope.files.chunking import Chunker, Chunks
from layerscope.files.scan_layer import scan_layer
from layerscope.fleet.dedup_chunks import ContentChunks, cut_first
from layerscope.fleet.dedup_files import Files, catalog_files, files_of_columns, files_of_parquet
from layerscope.sources.image import Layer
from layerscope.sources.limits import Limits
from layerscope.sources.region import Region
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.files.scan_layer import LayerScan

TREE = (
    Tree()
    .dir("d")
    .file("d/one", b"1")
    .file("d/empty", b"")
    .file("d/.wh.gone", b"no file")
    .symlink("d/link", "one")
    .file("d/long", b"long" * 2000)
    .file("d/again", b"1")
)


def scan_of(path: Path, tree: Tree, limits: Limits | None = None) -> LayerScan:
    path.write_bytes(tree.layer_tar())
    layer = Layer(0, None, None, None, None, None, Region.of_file(str(path)), "layer")
    return scan_layer(layer, limits=limits or Limits())


def files_of(path: Path, tree: Tree, name: str = "a layer") -> Files:
    columns = scan_of(path, tree).columns
    assert columns is not None
    return files_of_columns(columns, name)


def words(*contents: bytes) -> list[list[int]]:
    return [
        np.frombuffer(blake3(content).digest()[:16], dtype="<u8").tolist() for content in contents
    ]


def test_files_are_regular_ones_with_content_in_tar_order(tmp_path: Path) -> None:
    found = files_of(tmp_path / "a.tar", TREE)

    assert found.digests.tolist() == words(b"1", b"long" * 2000, b"1")
    assert found.sizes.tolist() == [1, 8000, 1]
    assert found.rows.tolist() == [1, 5, 6]
    assert not found.opaque.any()


def test_layer_without_entries_has_no_files(tmp_path: Path) -> None:
    found = files_of(tmp_path / "a.tar", Tree())

    assert found.digests.shape == (0, 2)
    assert len(found.sizes) == 0


def sparse_tree_scan(path: Path) -> LayerScan:
    """A sparse file of 60,000 bytes whose holes may not be hashed, after one of a byte."""
    header = bytearray(Tree().file("s", b"").layer_tar()[:512])
    header[124:136] = b"%011o\0" % 4
    header[156:157] = b"S"
    header[257:265] = b"ustar  \0"
    header[386:410] = b"".join(b"%011o\0" % number for number in (0, 4))
    header[483:495] = b"%011o\0" % 60_000
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    first = Tree().file("one", b"1").layer_tar()[:1024]
    path.write_bytes(first + bytes(header) + b"abcd" + bytes(508 + 1024))
    layer = Layer(0, None, None, None, None, None, Region.of_file(str(path)), "layer")
    return scan_layer(layer, limits=Limits(hole_bytes=1000))


def test_file_without_a_digest_is_equal_to_nothing_else(tmp_path: Path) -> None:
    columns = sparse_tree_scan(tmp_path / "a.tar").columns
    assert columns is not None

    one, other = files_of_columns(columns, "one"), files_of_columns(columns, "other")

    assert one.sizes.tolist() == [1, 60_000]
    assert one.opaque.tolist() == [False, True]
    assert one.digests[0].tolist() == other.digests[0].tolist()
    assert one.digests[1].tolist() != other.digests[1].tolist()
    assert one.digests.tolist() == files_of_columns(columns, "one").digests.tolist()


def test_table_of_a_catalog_gives_the_same_files(tmp_path: Path) -> None:
    catalog = Catalog.at(str(tmp_path / "catalog"))
    scans = [
        scan_of(tmp_path / "a.tar", TREE),
        scan_of(tmp_path / "b.tar", Tree()),
        sparse_tree_scan(tmp_path / "c.tar"),
    ]
    names = [str(scan.diff_id) for scan in scans]
    for name, scan in zip(names, scans, strict=True):
        catalog.keep_table(name, scan)

    found = list(catalog_files(catalog, [*names, "sha256:" + "0" * 64, *names[:1] * 9]))

    assert found[3] is None
    assert len(found) == 13
    for scan, name, one in zip(scans, names, found, strict=False):
        assert scan.columns is not None
        assert one is not None
        for ours, theirs in zip(files_of_columns(scan.columns, name), one, strict=True):
            assert ours.tolist() == theirs.tolist()


def test_what_is_no_table_gives_no_files() -> None:
    assert files_of_parquet(b"PAR1 and no more", "a layer") is None


def cut(*contents: bytes) -> Chunks:
    chunker = Chunker()
    for content in contents:
        chunker.feed(content)
        chunker.end()
    return chunker.chunks["fixed_4k"]


A, B, C = b"a" * 5000, b"b" * 9000, b"c" * 4096


def test_each_long_content_is_cut_in_the_first_layer_that_has_it(tmp_path: Path) -> None:
    first = files_of(tmp_path / "a.tar", Tree().file("a", A).file("c", C).file("a2", A))
    second = files_of(tmp_path / "b.tar", Tree().file("b", B).file("a", A))

    found = cut_first([first, None, second])

    assert [each.tolist() for each in found] == [[True, False, False], [], [True, False]]


def test_chunks_of_a_layer_are_those_of_its_files_wherever_they_were_cut(tmp_path: Path) -> None:
    first = files_of(tmp_path / "a.tar", Tree().file("a", A).file("c", C))
    second = files_of(tmp_path / "b.tar", Tree().file("b", B).file("c", C).file("a", A))
    only_a, only_b = (files.chosen(files.sizes > 4096) for files in (first, second))
    only_b = only_b.chosen(only_b.sizes == 9000)
    contents = ContentChunks([(only_a.digests, cut(A)), (only_b.digests, cut(B))])

    found = contents.of(second)

    assert found is not None
    digests, sizes = found
    expected = {
        (*word, size)
        for word, size in zip(
            words(C, A[:4096], A[4096:], B[:4096], B[8192:]),
            (4096, 4096, 904, 4096, 808),
            strict=True,
        )
    }
    assert {(*word, size) for word, size in zip(digests.tolist(), sizes.tolist(), strict=True)} == (
        expected
    )
    # Two of the spans of b are equal.
    assert len(sizes) == 6


def test_layer_with_a_content_that_was_not_cut_has_no_chunks(tmp_path: Path) -> None:
    files = files_of(tmp_path / "a.tar", Tree().file("a", A).file("b", B))
    only_a = files.chosen(files.sizes == 5000)

    assert ContentChunks([(only_a.digests, cut(A))]).of(files) is None
    assert ContentChunks([]).of(files) is None


def test_contents_whose_digests_begin_alike_are_told_apart() -> None:
    digests = np.array([[5, 1], [5, 2], [5, 0]], dtype=np.uint64)
    sizes = np.array([5000, 9000, 4097], dtype=np.int64)
    rows, opaque = np.arange(3), np.zeros(3, dtype=bool)
    contents = ContentChunks([(digests, cut(A, B, b"d" * 4097))])

    found = contents.of(Files(digests[1:2], sizes[1:2], rows[1:2], opaque[1:2]))

    assert found is not None
    assert found[1].tolist() == [4096, 4096, 808]


def test_chunks_of_another_number_of_contents_are_refused() -> None:
    digests = np.array([[5, 1]], dtype=np.uint64)

    with pytest.raises(ValueError, match="expected chunks of 1 contents, found 2"):
        ContentChunks([(digests, cut(A, B))])
