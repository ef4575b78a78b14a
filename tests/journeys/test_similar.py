from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, get_args

from layerscope.errors import OverLimitError
from layerscope.fleet.header_differences import HEADER_FIELDS
from layerscope.fleet.near_equal import TABLE_FIELDS
from layerscope.journeys import similar as module
from layerscope.journeys.analyze import analyze
from layerscope.journeys.similar import similar
from layerscope.report.similar_document import Field, FormField
from layerscope.report.store import dump
from layerscope.sources.blob_form import FORM_FIELDS
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.tar.made import sparse_tar

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from layerscope.report.similar_document import SimilarDocument

LAYER = Tree().file("a", b"a" * 1000, mtime=1).file("b", b"b" * 2000, mtime=1)
LATER = Tree(tuple(replace(member, mtime=2) for member in LAYER.members))


def named(name: str) -> ImageBuilder:
    return ImageBuilder(names=(f"{name}:1",))


def of(folder: Path, *images: ImageBuilder, **options: object) -> SimilarDocument:
    path = docker_archive(folder / "images.tar", *images)
    return similar([str(path)], jobs=1, **options)  # type: ignore[arg-type] # names of its parameters


def test_document_has_the_words_of_all_fields() -> None:
    assert get_args(Field) == (*TABLE_FIELDS, *HEADER_FIELDS, "unknown")
    assert get_args(FormField) == FORM_FIELDS


def test_nearest_images_share_what_is_visible(tmp_path: Path) -> None:
    one = named("one").layer(LAYER)
    two = named("two").layer(LAYER).layer(Tree().whiteout("a").file("c", b"c" * 10))
    three = named("three").layer(Tree().file("d", b"d"))

    document = of(tmp_path, one, two, three)

    near = [
        [(row.image, row.shared_bytes, row.union_bytes) for row in image.nearest]
        for image in document.images
    ]
    # One shows a and b, two shows b and c.
    assert near == [[(1, 2000, 3010)], [(0, 2000, 3010)], []]
    assert [image.visible_bytes for image in document.images] == [3000, 2010, 1]
    assert [image.contents for image in document.images] == [2, 2, 1]


def test_nearest_layers_are_those_of_the_table_of_layers(tmp_path: Path) -> None:
    half = Tree().file("elsewhere", b"a" * 1000).file("c", b"c")

    document = of(tmp_path, named("one").layer(LAYER).layer(half), named("two").layer(LAYER))

    assert [(layer.images, layer.distinct_bytes) for layer in document.layers] == [
        ([0, 1], 3000),
        ([0], 1001),
    ]
    (near,) = document.layers[0].nearest
    assert (near.layer, near.shared_bytes, near.union_bytes) == (1, 1000, 3001)


def test_near_equal_layers_say_what_differs_and_what_is_won(tmp_path: Path) -> None:
    extra = Tree().file("z", b"z")
    images = [
        named("one").layer(LAYER),
        named("two").layer(LATER),
        named("three").layer(LATER).layer(extra),
    ]

    document = of(tmp_path, *images)

    (group,) = document.near_equal
    # Two images hold the second layer, so the first is compared with it.
    assert document.layers[group.reference].images == [1, 2]
    (other,) = group.others
    assert document.layers[other.layer].images == [0]
    assert [(row.field, row.rows, row.path) for row in other.fields] == [("mtime", 2, "/a")]
    assert (other.fields[0].reference, other.fields[0].other) == ("2000000000", "1000000000")
    assert other.headers == "not-needed"
    # A header and two blocks for a, a header and four for b, and the end.
    size = 512 * (1 + 2 + 1 + 4 + 2)
    assert (group.win_blob_bytes, group.win_uncompressed_bytes, group.win_content_bytes) == (
        size,
        size,
        3000,
    )
    assert group.images == [0, 1, 2]


def test_headers_are_read_where_tables_are_equal(tmp_path: Path) -> None:
    ustar, gnu = (LAYER.layer_tar(tar_format=name) for name in ("ustar", "gnu"))

    document = of(tmp_path, named("one").layer(ustar), named("two").layer(gnu))

    (other,) = document.near_equal[0].others
    assert ([row.field for row in other.fields], other.headers) == (["tar-format"], "read")


def test_deep_compares_headers_beside_tables(tmp_path: Path) -> None:
    images = named("one").layer(LAYER), named("two").layer(LATER.layer_tar(tar_format="gnu"))

    (other,) = of(tmp_path, *images, deep=True).near_equal[0].others

    assert ([row.field for row in other.fields], other.headers) == (["mtime", "tar-format"], "read")


def test_what_is_too_much_to_read_again_is_said(tmp_path: Path) -> None:
    tars = [LAYER.layer_tar(), LAYER.layer_tar() + bytes(512)]

    document = of(
        tmp_path, *(named(f"i{len(tar)}").layer(tar) for tar in tars), read_again_bytes=10
    )

    (other,) = document.near_equal[0].others
    assert (other.fields, other.headers) == ([], "over-limit")


def test_difference_that_is_nowhere_is_unknown(tmp_path: Path) -> None:
    # What a whiteout holds is no content, and no header tells of it.
    tars = [Tree().file(".wh.gone", content).layer_tar() for content in (b"x", b"y")]

    (other,) = (
        of(tmp_path, *(named(f"i{at}").layer(tar) for at, tar in enumerate(tars)))
        .near_equal[0]
        .others
    )

    assert ([row.field for row in other.fields], other.headers) == (["unknown"], "read")


def test_file_that_changes_meanwhile_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OverLimitError("too many forms")

    monkeypatch.setattr(module, "headers_of", fails)
    tars = [LAYER.layer_tar(), LAYER.layer_tar() + bytes(512)]

    document = of(tmp_path, *(named(f"i{len(tar)}").layer(tar) for tar in tars))

    assert document.near_equal[0].others[0].headers == "unreadable"
    assert [(fault.code, fault.message) for fault in document.faults] == [
        ("over-limit", "too many forms")
    ]


def test_one_layer_as_several_blobs_says_how_they_are_compressed(tmp_path: Path) -> None:
    image = named("one").layer(LAYER)
    paths = [
        docker_archive(tmp_path / "docker.tar", image),
        oci_archive(tmp_path / "nine.tar", image, compression="gzip", level=9),
        oci_archive(tmp_path / "one.tar", image, compression="gzip", level=1),
        oci_archive(tmp_path / "again.tar", image, compression="gzip", level=1),
    ]

    document = similar([str(path) for path in paths], jobs=1)

    assert document.near_equal == []
    (row,) = document.recompressed
    sizes = {blob.bytes: blob for blob in row.blobs}
    # Two images have the one of level 1: that is what others are compared with.
    assert [blob.images for blob in row.blobs] == [[2, 3], [0], [1]]
    assert [[field.field for field in blob.fields] for blob in row.blobs] == [
        [],
        ["compression"],
        ["level-or-implementation"],
    ]
    assert row.win_blob_bytes == row.blobs[1].bytes + row.blobs[2].bytes
    assert len(sizes) == 3
    assert [near.image for near in document.images[0].nearest] == [1, 2, 3]


def test_blobs_that_are_too_much_to_read_again_are_not_compared(tmp_path: Path) -> None:
    image = named("one").layer(LAYER)
    paths = [
        oci_archive(tmp_path / f"{level}.tar", image, compression="gzip", level=level)
        for level in (1, 9)
    ]

    document = similar([str(path) for path in paths], jobs=1, read_again_bytes=0)

    (row,) = document.recompressed
    assert [(blob.compared, blob.fields) for blob in row.blobs] == [(True, []), (False, [])]


def test_saved_reports_are_listed_as_not_compared(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "one.tar", named("one").layer(LAYER))
    saved = tmp_path / "saved.json"
    saved.write_bytes(dump(analyze([str(path)], jobs=1).report))

    document = similar([str(saved), str(path)], jobs=1)

    assert [(row.image, row.layer, row.why) for row in document.not_compared] == [
        (1, None, "saved-report")
    ]
    assert document.images[1].contents is None
    assert document.images[0].nearest == []


def test_image_with_a_damaged_layer_is_not_compared_and_its_whole_layers_are(
    tmp_path: Path,
) -> None:
    damaged = named("one").layer(LAYER).layer(Tree().file("c", b"c" * 3000))
    path = docker_archive(tmp_path / "one.tar", damaged)
    data = bytearray(path.read_bytes())
    data[data.index(b"c" * 3000)] = 0
    path.write_bytes(data)
    other = docker_archive(tmp_path / "two.tar", named("two").layer(LATER))

    document = similar([str(path), str(other)], jobs=1)

    assert [(row.image, row.why) for row in document.not_compared] == [(0, "layer-not-read")]
    assert [fault.code for fault in document.faults] == ["digest-mismatch"]
    assert [group.images for group in document.near_equal] == [[0, 1]]


def test_layer_with_content_that_is_not_hashed_is_said(tmp_path: Path) -> None:
    limits = replace(DEFAULT_LIMITS, hole_bytes=0)

    document = of(tmp_path, named("one").layer(sparse_tar(1 << 20)), limits=limits)

    assert [(row.layer, row.why) for row in document.not_compared] == [(0, "content-not-hashed")]
    assert document.images[0].unhashed_files == 1


def test_image_under_several_names_is_one(tmp_path: Path) -> None:
    image = ImageBuilder(names=("one:1", "one:2")).layer(LAYER)
    path = oci_archive(
        tmp_path / "one.tar", image, named("two").layer(LAYER).empty_layer("ENV A=1")
    )

    document = similar([str(path)], jobs=1)

    assert [row.same_as for row in document.images] == [0, 0, 2]
    assert [[near.image for near in row.nearest] for row in document.images] == [[2], [], [0]]
    assert document.layers[0].images == [0, 2]
    assert document.images[1].visible_bytes == 3000


def test_most_bounds_neighbours(tmp_path: Path) -> None:
    images = [named(f"i{at}").layer(LAYER).empty_layer(f"ENV A={at}") for at in range(4)]

    document = of(tmp_path, *images, most=2)

    assert [len(row.nearest) for row in document.images] == [2, 2, 2, 2]
    assert document.most == 2


def test_document_is_the_same_each_time(tmp_path: Path) -> None:
    images = named("one").layer(LAYER), named("two").layer(LATER)

    first, again = (dump(of(tmp_path, *images)) for _ in range(2))

    assert first == again
    assert json.loads(first)["schema"] == "layerscope.similar/1"


def test_no_images_make_an_empty_document(tmp_path: Path) -> None:
    document = similar([str(tmp_path / "absent.tar")], jobs=1)

    assert (document.images, document.layers, len(document.faults)) == ([], [], 1)
