from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from layerscope.errors import UsageError
from layerscope.fleet.transfer import Place
from layerscope.journeys.analyze import analyze
from layerscope.journeys.plan_transfer import (
    place_of,
    plan_pull,
    plan_push,
    plan_remove,
)
from layerscope.report.store import dump
from layerscope.report.stored_layers import are_registry_blobs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, docker_archive_oci, oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("team/base:1",)).layer(Tree().file("a", b"x" * 600), "ADD a")
APP = BASE.named("team/app:1").layer(Tree().file("b", b"y" * 700), "COPY b")


def sizes(image: ImageBuilder, compression: str = "gzip") -> list[int]:
    """Bytes of the layers' blobs, the config and the manifest."""
    documents = [image.config_bytes(), image.manifest_bytes(compression)]
    return [len(blob) for blob in [*image.layer_blobs(compression), *documents]]


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
def test_pull_of_an_oci_archive_counts_layers_config_and_manifest(
    tmp_path: Path, compression: str
) -> None:
    base = oci_archive(tmp_path / "base.tar", BASE, compression=compression)
    app = oci_archive(tmp_path / "app.tar", APP, compression=compression)

    alone = plan_pull([str(app)], [])
    beside = plan_pull([str(app)], [str(base)])

    expected = sizes(APP, compression)
    assert (alone.moved_blobs, alone.moved_bytes) == (4, sum(expected))
    assert (beside.moved_blobs, beside.moved_bytes) == (3, sum(expected[1:]))
    assert [row.blobs for row in alone.sums] == [2, 1, 1, 4]
    assert [blob.bytes for blob in alone.blobs] == expected
    assert (beside.unpacking.held, beside.unpacking.unpacked) == (1, 1)


def test_pull_of_two_compressions_shares_content_but_no_blob(tmp_path: Path) -> None:
    base = oci_archive(tmp_path / "base.tar", BASE, compression="gzip")
    app = oci_archive(tmp_path / "app.tar", APP, compression="zstd")

    plan = plan_pull([str(app)], [str(base)])

    first, *rest = sizes(APP, "zstd")
    assert plan.moved_bytes == first + sum(rest)
    assert plan.moved_bytes_by_diff_id == plan.moved_bytes_by_chain_id == sum(rest)


@pytest.mark.parametrize("archive", [docker_archive, docker_archive_oci])
def test_pull_of_what_docker_save_wrote_uncompressed_has_no_bytes(
    tmp_path: Path, archive: type
) -> None:
    app = archive(tmp_path / "app.tar", APP)

    plan = plan_pull([str(app)], [])

    assert (plan.moved_blobs, plan.moved_bytes) == (4, None)
    assert [row.moved_bytes for row in plan.sums] == [None, len(APP.config_bytes()), None, None]
    assert plan.unpacking.unpacked_bytes == sum(len(blob) for blob in APP.layer_blobs("none"))


def test_pull_from_a_saved_report_knows_layers_and_no_documents(tmp_path: Path) -> None:
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")
    (tmp_path / "app.json").write_bytes(dump(analyze([str(app)]).report))

    plan = plan_pull([str(tmp_path / "app.json")], [])

    assert [row.moved_bytes for row in plan.sums] == [sum(sizes(APP)[:2]), None, None, None]
    assert plan.moved_blobs == 4


def test_pull_of_what_is_there_moves_nothing(tmp_path: Path) -> None:
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    plan = plan_pull([str(app)], [str(app)])

    assert (plan.moved_blobs, plan.moved_bytes) == (0, 0)
    assert plan.blobs[0].images == [0]


def test_push_takes_repositories_from_names(tmp_path: Path) -> None:
    base = oci_archive(tmp_path / "base.tar", BASE, compression="gzip")
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    plan = plan_push([str(app)], [str(base)])

    assert (plan.images[0].registry, plan.images[0].repository) == ("docker.io", "team/app")
    assert plan.blobs[0].sources == ["team/base"]
    assert plan.uploaded_bytes == sum(sizes(APP)[1:])


def test_push_elsewhere_finds_nothing_of_the_first_registry(tmp_path: Path) -> None:
    base = oci_archive(tmp_path / "base.tar", BASE, compression="gzip")
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    away = plan_push([str(app)], [str(base)], to="r.example/app")
    named = plan_push([str(app)], [f"r.example/app:0={base}"], to="r.example/app")

    assert away.uploaded_bytes == sum(sizes(APP))
    assert named.uploaded_bytes == sum(sizes(APP)[1:])
    assert named.blobs[0].state == "there"


def test_push_of_a_path_with_an_equals_sign_is_no_pair(tmp_path: Path) -> None:
    folder = tmp_path / "a=b"
    folder.mkdir()
    base = oci_archive(folder / "base.tar", BASE, compression="gzip")
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    for text in (str(base), f"oci-archive:{base}", f"{base}:@0", f"{folder}/*.tar"):
        plan = plan_push([str(app)], [text])
        assert [have.repository for have in plan.have] == ["team/base"]


@pytest.mark.parametrize("text", ["team/base=", "Not A Name=x.tar"])
def test_push_with_half_a_pair_is_a_usage_error(tmp_path: Path, text: str) -> None:
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    with pytest.raises(UsageError, match="expected"):
        plan_push([str(app)], [text])


def test_push_to_what_is_no_name_is_a_usage_error(tmp_path: Path) -> None:
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    with pytest.raises(UsageError, match="--to"):
        plan_push([str(app)], [], to="NO NAME")


def test_removal_of_an_image_that_is_named_to_be_kept_too_removes_it(tmp_path: Path) -> None:
    base = oci_archive(tmp_path / "base.tar", BASE, compression="gzip")
    app = oci_archive(tmp_path / "app.tar", APP, compression="gzip")

    plan = plan_remove([str(app)], [str(app), str(base)])

    assert [image.names for image in plan.keep] == [["team/base:1"]]
    assert plan.sums[0].freed_bytes == sum(sizes(APP)[1:])
    assert plan.sums[0].kept_bytes == sizes(APP)[0]
    assert [(row.identity, row.keepers) for row in plan.stays] == [
        ("blob", [0]),
        ("chain_id", [0]),
        ("docker", [0]),
    ]


def test_images_of_docker_save_with_compressed_layers_hold_blobs(tmp_path: Path) -> None:
    """The containerd store of docker saves blobs as a registry has them."""
    old = analyze([str(docker_archive_oci(tmp_path / "app.tar", APP))]).report.images[0]
    layers = [msgspec.structs.replace(layer, compression="gzip") for layer in old.layers]

    assert not are_registry_blobs(old.layers, old.source, old.manifest_digest)
    assert are_registry_blobs(layers, old.source, old.manifest_digest)


@pytest.mark.parametrize(
    ("names", "place"),
    [
        (["localhost:5000/a/b:1"], Place("localhost:5000", "a/b")),
        (["app:1"], Place("docker.io", "library/app")),
        (["latest", "app:1"], Place("docker.io", "library/app")),
        (["latest"], None),
        (["1.0"], None),
        (["Not a name:1"], None),
        ([], None),
    ],
)
def test_place_of_an_image_is_that_of_its_first_full_name(
    tmp_path: Path, names: list[str], place: Place | None
) -> None:
    row = analyze([str(docker_archive(tmp_path / "app.tar", APP))]).report.images[0]

    assert place_of(msgspec.structs.replace(row, names=names)) == place
