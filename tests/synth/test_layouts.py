from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.synth.image_builder import DOCKER_INDEX, ImageBuilder
from layerscope.synth.layouts import (
    docker_archive,
    docker_archive_oci,
    oci_archive,
    oci_layout,
    skopeo_dir,
)
from layerscope.synth.oci_content import Artifact, Attestation, Nested
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path

LOWER = Tree().dir("etc").file("etc/motd", b"hello").file("etc/issue", b"gone soon")
UPPER = Tree().whiteout("etc/issue").file("srv/app", b"run")
APP = (
    ImageBuilder(names=("shop/app:1", "shop/app:latest"), config={"Cmd": ["/srv/app"]})
    .layer(LOWER, "ADD rootfs.tar /")
    .empty_layer("ENV A=1")
    .layer(UPPER, "COPY app /srv/app")
)


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def files_of(archive: Path) -> dict[str, bytes]:
    files = {}
    with tarfile.open(archive) as opened:
        for member in opened:
            if member.isfile():
                stream = opened.extractfile(member)
                assert stream is not None
                files[member.name] = stream.read()
    return files


def load(files: dict[str, bytes], descriptor: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    return json.loads(files["blobs/" + descriptor["digest"].replace(":", "/")])


def skopeo_inspect(source: str, *more: str) -> Any:  # noqa: ANN401 - any JSON
    program = require_program("skopeo")
    command = [program, "inspect", "--no-tags", *more, source]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_docker_archive_names_config_layers_and_tags(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "app.tar", APP)

    files = files_of(path)
    row = json.loads(files["manifest.json"])[0]
    assert row["RepoTags"] == ["shop/app:1", "shop/app:latest"]
    assert row["Config"] == sha256(files[row["Config"]]).removeprefix("sha256:") + ".json"
    assert [files[name] for name in row["Layers"]] == [LOWER.layer_tar(), UPPER.layer_tar()]
    config = json.loads(files[row["Config"]])
    assert config["rootfs"]["diff_ids"] == [sha256(files[name]) for name in row["Layers"]]
    assert set(json.loads(files["repositories"])["shop/app"]) == {"1", "latest"}


def test_docker_archive_of_images_with_one_base_stores_it_once(tmp_path: Path) -> None:
    base = ImageBuilder().layer(LOWER, "ADD rootfs.tar /")
    other = base.layer(Tree().file("b", b"2"), "COPY b /b").named("b:1")

    path = docker_archive(tmp_path / "two.tar", base.named("a:1"), other)

    rows = json.loads(files_of(path)["manifest.json"])
    assert rows[0]["Layers"] == rows[1]["Layers"][:1]


def test_image_without_names_has_null_tags_and_no_repositories(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "app.tar", APP.named())

    files = files_of(path)
    assert json.loads(files["manifest.json"])[0]["RepoTags"] is None
    assert "repositories" not in files


def test_docker_archive_oci_is_a_layout_with_manifest_json_beside(tmp_path: Path) -> None:
    path = docker_archive_oci(tmp_path / "app.tar", APP)

    files = files_of(path)
    row = json.loads(files["manifest.json"])[0]
    index = json.loads(files["index.json"])
    manifest = load(files, index["manifests"][0])
    assert [m["annotations"]["io.containerd.image.name"] for m in index["manifests"]] == [
        "shop/app:1",
        "shop/app:latest",
    ]
    assert row["Config"] == "blobs/" + manifest["config"]["digest"].replace(":", "/")
    assert [sha256(files[name]) for name in row["Layers"]] == [
        layer["digest"] for layer in manifest["layers"]
    ]


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_blobs_of_an_oci_archive_have_the_digests_that_name_them(
    tmp_path: Path, compression: str
) -> None:
    path = oci_archive(tmp_path / "app.tar", APP, compression=compression)

    blobs = {name: blob for name, blob in files_of(path).items() if name.startswith("blobs/")}
    assert len(blobs) == 4  # two layers, a config and a manifest
    assert {name.removeprefix("blobs/sha256/") for name in blobs} == {
        sha256(blob).removeprefix("sha256:") for blob in blobs.values()
    }


def test_layer_with_a_compression_of_its_own_keeps_it(tmp_path: Path) -> None:
    image = ImageBuilder().layer(LOWER, compression="none").layer(UPPER)

    path = oci_archive(tmp_path / "app.tar", image, compression="gzip")

    files = files_of(path)
    manifest = load(files, json.loads(files["index.json"])["manifests"][0])
    lower, upper = manifest["layers"]
    assert lower["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    assert lower["digest"] == sha256(LOWER.layer_tar())
    assert upper["mediaType"] == "application/vnd.oci.image.layer.v1.tar+gzip"
    stored = files["blobs/" + upper["digest"].replace(":", "/")]
    assert gzip.decompress(stored) == UPPER.layer_tar()


def test_nested_index_lists_its_platforms(tmp_path: Path) -> None:
    parts = (APP.named(), APP.named().on("linux/arm64/v8"))
    nested = Nested(parts, names=("shop/app:1",), media_type=DOCKER_INDEX)

    path = oci_archive(tmp_path / "app.tar", nested)

    files = files_of(path)
    outer = json.loads(files["index.json"])["manifests"]
    inner = load(files, outer[0])
    assert [row["mediaType"] for row in outer] == [DOCKER_INDEX]
    assert [row["platform"] for row in inner["manifests"]] == [
        {"architecture": "amd64", "os": "linux"},
        {"architecture": "arm64", "os": "linux", "variant": "v8"},
    ]


def test_attestation_of_the_first_shape_is_an_image_of_unknown_platform(tmp_path: Path) -> None:
    path = oci_archive(tmp_path / "app.tar", APP.named(), Attestation(APP))

    files = files_of(path)
    image, attestation = json.loads(files["index.json"])["manifests"]
    manifest = load(files, attestation)
    assert attestation["annotations"] == {
        "vnd.docker.reference.digest": image["digest"],
        "vnd.docker.reference.type": "attestation-manifest",
    }
    assert attestation["platform"] == {"architecture": "unknown", "os": "unknown"}
    assert manifest["config"]["mediaType"] == "application/vnd.oci.image.config.v1+json"
    assert "subject" not in manifest


def test_attestation_of_the_artifact_shape_names_its_subject(tmp_path: Path) -> None:
    attestation = Attestation(APP, shape="artifact")

    path = oci_archive(tmp_path / "app.tar", APP.named(), attestation, compression="gzip")

    files = files_of(path)
    image, row = json.loads(files["index.json"])["manifests"]
    manifest = load(files, row)
    assert manifest["artifactType"] == "application/vnd.docker.attestation.manifest.v1+json"
    assert manifest["subject"]["digest"] == image["digest"]
    assert manifest["config"]["mediaType"] == "application/vnd.oci.empty.v1+json"


def test_attestation_of_an_unknown_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected image-config or artifact, found 'round'"):
        oci_archive(tmp_path / "app.tar", Attestation(APP, shape="round"))


def test_artifact_has_its_type_in_the_index_and_the_manifest(tmp_path: Path) -> None:
    chart = Artifact("application/vnd.cncf.helm.config.v1+json", b"chart", names=("chart:1",))

    path = oci_archive(tmp_path / "chart.tar", chart)

    files = files_of(path)
    row = json.loads(files["index.json"])["manifests"][0]
    assert row["artifactType"] == load(files, row)["artifactType"] == chart.artifact_type


def test_every_layout_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for write in (docker_archive, docker_archive_oci, oci_archive):
        first = write(tmp_path / "first.tar", APP).read_bytes()
        second = write(tmp_path / "second.tar", APP).read_bytes()

        assert first == second, write.__name__


@pytest.mark.programs
def test_skopeo_reads_the_docker_archive(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "app.tar", APP)

    found = skopeo_inspect(f"docker-archive:{path}:shop/app:1")

    assert found["Layers"] == [sha256(LOWER.layer_tar()), sha256(UPPER.layer_tar())]
    assert (found["Os"], found["Architecture"]) == ("linux", "amd64")


@pytest.mark.programs
def test_skopeo_reads_the_engine_25_archive_both_ways(tmp_path: Path) -> None:
    path = docker_archive_oci(tmp_path / "app.tar", APP)

    as_docker = skopeo_inspect(f"docker-archive:{path}:shop/app:latest")
    as_oci = skopeo_inspect(f"oci-archive:{path}:latest")

    assert as_docker["Layers"] == as_oci["Layers"] == list(APP.diff_ids())
    assert as_oci["Digest"] == sha256(APP.manifest_bytes())


@pytest.mark.programs
@pytest.mark.parametrize("family", ["oci", "docker"])
def test_skopeo_reads_the_dir_and_its_digest(tmp_path: Path, family: str) -> None:
    image = ImageBuilder(family=family).layer(LOWER, "ADD rootfs.tar /")

    path = skopeo_dir(tmp_path / "app", image, compression="gzip")

    found = skopeo_inspect(f"dir:{path}")
    assert found["Digest"] == sha256((path / "manifest.json").read_bytes())
    assert found["Layers"] == [sha256(image.layer_blobs("gzip")[0])]


@pytest.mark.programs
def test_umoci_unpacks_the_layout_as_the_tree_says(tmp_path: Path) -> None:
    program = require_program("umoci")
    layout = oci_layout(tmp_path / "layout", APP, compression="gzip")

    bundle = tmp_path / "bundle"
    command = [program, "unpack", "--rootless", "--image", f"{layout}:1", str(bundle)]
    subprocess.run(command, capture_output=True, check=True)

    assert (bundle / "rootfs/etc/motd").read_bytes() == b"hello"
    assert (bundle / "rootfs/srv/app").read_bytes() == b"run"
    assert not (bundle / "rootfs/etc/issue").exists()
