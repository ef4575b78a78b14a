from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import layerscope
from layerscope.analysis.bases import bases
from layerscope.errors import BadDocumentError
from layerscope.fleet.frames import (
    IMAGE_LAYERS,
    IMAGES,
    frames_of_columns,
    frames_of_images,
    frames_of_report,
    joined,
)
from layerscope.report.store import dump
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.fleet.made import digest, fleet

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("base:1",)).layer(
    Tree().file("a", b"x" * 100).symlink("link", "a-target"), "ADD a"
)
APP = BASE.named("app:1").layer(Tree().file("b", b"y" * 10), "COPY b")


def opened_frames(path: Path) -> Any:  # noqa: ANN401 - two data frames
    images = layerscope.open_images(path)
    scans = [[layerscope.scan(layer) for layer in image.layers] for image in images]
    return frames_of_images(images, scans, bases(images))


def saved(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(dump(layerscope.analyze([path])))
    return value


def test_frames_of_images_have_the_declared_columns_and_types(tmp_path: Path) -> None:
    frames = opened_frames(docker_archive(tmp_path / "all.tar", BASE, APP))

    for table, declared in ((frames.images, IMAGES), (frames.image_layers, IMAGE_LAYERS)):
        assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
            name: dtype for name, (dtype, _) in declared.items()
        }


def test_frames_of_images_hold_digests_sizes_and_what_lies_below(tmp_path: Path) -> None:
    frames = opened_frames(oci_archive(tmp_path / "all.tar", BASE, APP, compression="gzip"))

    layers = frames.image_layers
    assert layers["image"].tolist() == [0, 1, 1]
    assert layers["position"].tolist() == [0, 0, 1]
    assert layers["diff_id"].tolist() == [*BASE.diff_ids(), *APP.diff_ids()]
    assert layers["chain_id"][0] == BASE.diff_ids()[0]
    assert layers["parent_chain_id"].tolist()[2] == layers["chain_id"][1]
    assert layers["parent_chain_id"].isna().tolist() == [True, True, False]
    assert layers["content_bytes"].tolist() == [100, 100, 10]
    # docker counts the eight letters of the link's target too.
    assert layers["snapshot_bytes"].tolist() == [108, 108, 10]
    assert layers["compression"].tolist() == ["gzip"] * 3
    assert frames.images["names"].tolist() == [("base:1",), ("app:1",)]
    assert frames.images["base_how"].tolist()[1] == "layers"


def test_frames_of_images_that_were_not_read_know_no_size(tmp_path: Path) -> None:
    images = layerscope.open_images(docker_archive(tmp_path / "all.tar", BASE))

    layers = frames_of_images(images).image_layers

    assert layers["chain_id"].notna().all()
    assert layers["compressed_bytes"].isna().all()
    assert str(layers["compressed_bytes"].dtype) == "Int64"


def test_frames_of_a_report_equal_those_of_the_images(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "all.tar", BASE, APP)

    ours = opened_frames(path)
    theirs = frames_of_report(saved(path))

    # A report says where an image was read, an archive holds the same in its own folder.
    for name in (
        "digest",
        "diff_id",
        "chain_id",
        "parent_chain_id",
        "uncompressed_bytes",
        "snapshot_bytes",
    ):
        pd.testing.assert_series_equal(
            ours.image_layers[name].astype("str"), theirs.image_layers[name].astype("str")
        )
    for name in ("names", "platform", "config_digest", "base_layers"):
        pd.testing.assert_series_equal(ours.images[name], theirs.images[name])


def test_one_manifest_under_two_names_is_the_same_image(tmp_path: Path) -> None:
    path = oci_archive(tmp_path / "two.tar", BASE, APP, BASE.named("other:1"))

    frames = opened_frames(path)

    assert frames.images["same_as"].tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("chain_id", "not a digest"),
        ("digest", 7),
        ("compressed_bytes", -1),
        ("compressed_bytes", "many"),
        ("compressed_bytes", 2**62),
        ("compressed_bytes", 2**70),
        ("uncompressed_bytes", 1.5),
    ],
)
def test_forged_layer_of_a_report_is_refused(tmp_path: Path, where: str, value: object) -> None:
    report = saved(docker_archive(tmp_path / "all.tar", BASE))
    report["images"][0]["layers"][0][where] = value

    with pytest.raises(BadDocumentError):
        frames_of_report(report)


@pytest.mark.parametrize("report", [{}, {"images": [{}]}, {"images": 3}, {"images": [None]}])
def test_report_without_what_is_needed_is_refused(report: dict[str, Any]) -> None:
    with pytest.raises(BadDocumentError):
        frames_of_report(report)


def test_texts_that_arrow_refuses_are_shown() -> None:
    names = [("caf\udce9", "half \ud800"), ("plain",)]

    frames = frames_of_columns(
        {"names": names, "input": ["a\udcff.tar", "b.tar"]},
        {"image": [0], "position": [0], "created_by": ["RUN \udc80"]},
    )

    assert frames.images["names"].tolist() == [("caf\\xe9", "half \\ud800"), ("plain",)]
    assert frames.images["input"].tolist() == ["a\\xff.tar", "b.tar"]
    assert frames.image_layers["created_by"].tolist() == ["RUN \\x80"]


def test_joined_frames_number_images_on_and_keep_parents() -> None:
    both = joined([fleet("ab", "ac"), fleet("abd")])

    assert both.images["image"].tolist() == [0, 1, 2]
    assert both.images["same_as"].tolist() == [0, 1, 2]
    assert both.image_layers["image"].tolist() == [0, 0, 1, 1, 2, 2, 2]
    assert both.image_layers["chain_id"][4] == digest("chain a")
    assert both.image_layers["parent_chain_id"].tolist()[5:] == [
        digest("chain a"),
        digest("chain ab"),
    ]


def test_joined_frames_of_nothing_are_empty() -> None:
    assert len(joined([]).images) == len(joined([]).image_layers) == 0
