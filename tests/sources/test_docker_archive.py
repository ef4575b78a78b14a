from __future__ import annotations

import hashlib
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.sources.limits import Limits
from layerscope.sources.transport import open_one
from layerscope.sources.validate import check, notes
from tests.sources.archives import (
    CONFIG,
    FULL_NAME,
    LAYER,
    MANIFEST,
    Layout,
    Value,
    config,
    docker,
    docker_files,
    dump,
    layer,
    sha,
)

if TYPE_CHECKING:
    from pathlib import Path


def entry_of(files: dict[str, Value]) -> dict[str, object]:
    raw = files["manifest.json"]
    assert isinstance(raw, bytes)
    entry: dict[str, object] = json.loads(raw)[0]
    return entry


def test_docker_archive_presents_names_layers_and_history(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", docker_files("a", "b", tags=["app:1", "app:2"]))

    opened = open_one(path)

    assert opened.source == "docker-archive"
    (image,) = opened.images
    assert image.names == ("app:1", "app:2")
    assert image.manifest_digest is None
    assert [str(one.diff_id) for one in image.layers] == [sha(layer("a")), sha(layer("b"))]
    assert [one.digest for one in image.layers] == [None, None]
    assert [one.created_by for one in image.layers] == ["step 0", "step 1"]


def test_docker_archive_without_tags_has_no_names(tmp_path: Path) -> None:
    opened = open_one(docker(tmp_path / "a.tar", docker_files("a", tags=None)))

    assert opened.images[0].names == ()
    assert check(opened) == []


def test_docker_archive_layer_that_is_a_symlink_is_found(tmp_path: Path) -> None:
    files = docker_files("a", "a")
    files["1/layer.tar"] = (tarfile.SYMTYPE, "../0/layer.tar")

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert opened.faults == ()
    base, top = opened.images[0].layers
    assert base.region == top.region


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Layers": ["../../etc/passwd"]}, "unsafe-member"),
        ({"Layers": ["/etc/passwd"]}, "unsafe-member"),
        ({"Layers": ["no/layer.tar"]}, "missing-blob"),
        ({"Layers": []}, "bad-document"),
        ({"Layers": ["0/layer.tar"] * 2}, "bad-document"),
        ({"Config": "../../etc/passwd"}, "unsafe-member"),
        ({"Config": "manifest.json"}, "bad-document"),
        ({"Config": "0/layer.tar"}, "bad-document"),
        ({"Config": None}, "bad-document"),
        ({"Config": "none.json"}, "missing-blob"),
    ],
)
def test_docker_archive_bad_entry_is_one_fault(
    tmp_path: Path, change: dict[str, object], code: str
) -> None:
    files = docker_files("a")
    files["manifest.json"] = dump([{**entry_of(files), **change}])

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert [fault.code for fault in opened.faults] == [code]


def test_docker_archive_bad_entry_does_not_hide_the_next(tmp_path: Path) -> None:
    files = docker_files("a", tags=["app:1"])
    files["manifest.json"] = dump([5, entry_of(files)])

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert [image.names for image in opened.images] == [("app:1",)]
    assert [fault.code for fault in opened.faults] == ["bad-document"]


@pytest.mark.parametrize("text", [b"null", b"[]"])
def test_docker_archive_with_empty_manifest_holds_no_image(tmp_path: Path, text: bytes) -> None:
    opened = open_one(docker(tmp_path / "a.tar", {"manifest.json": text}))

    assert [fault.code for fault in opened.faults] == ["no-image"]


def test_docker_archive_over_image_limit_is_refused(tmp_path: Path) -> None:
    files = docker_files("a")
    files["manifest.json"] = dump([entry_of(files)] * 3)

    opened = open_one(docker(tmp_path / "a.tar", files), limits=Limits(images=2))

    assert opened.images == ()
    assert [fault.code for fault in opened.faults] == ["over-limit"]


def test_docker_archive_over_layer_limit_is_refused(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", docker_files("a", "b", "c"))

    opened = open_one(path, limits=Limits(layers=2))

    assert [fault.code for fault in opened.faults] == ["over-limit"]


def test_docker_archive_config_name_of_other_digest_is_a_note(tmp_path: Path) -> None:
    files = docker_files("a")
    name = str(entry_of(files)["Config"])
    files["0" * 64 + ".json"] = files.pop(name)
    files["manifest.json"] = dump([{**entry_of(files), "Config": "0" * 64 + ".json"}])

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert check(opened) == []
    assert len(notes(opened)) == 1


def modern(image: dict[str, object], layout: Layout, tags: list[str]) -> dict[str, Value]:
    """What `docker save` writes since engine 25: a layout, and `manifest.json` on its blobs."""
    raw = layout.files["blobs/" + str(image["digest"]).replace(":", "/")]
    assert isinstance(raw, bytes)
    manifest = json.loads(raw)
    entry = {
        "Config": "blobs/" + manifest["config"]["digest"].replace(":", "/"),
        "RepoTags": tags,
        "Layers": ["blobs/" + one["digest"].replace(":", "/") for one in manifest["layers"]],
    }
    return {**layout.all_files(), "manifest.json": dump([entry])}


def test_docker_archive_with_index_has_manifest_digests_and_its_own_source(
    tmp_path: Path,
) -> None:
    layout = Layout()
    image = layout.image("a")
    layout.add(image, annotations={FULL_NAME: "docker.io/library/app:1"})

    opened = open_one(docker(tmp_path / "a.tar", modern(image, layout, ["app:1"])))

    assert opened.source == "docker-archive"
    (found,) = opened.images
    assert str(found.manifest_digest) == image["digest"]
    assert found.names == ("docker.io/library/app:1",)


def test_docker_archive_full_name_takes_the_place_of_the_tag(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    layout.add(image, "1")

    opened = open_one(docker(tmp_path / "a.tar", modern(image, layout, ["app:1", "app:2"])))

    assert [one.names for one in opened.images] == [("app:1", "app:2")]


def test_docker_archive_two_descriptors_keep_one_name_each(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    for tag in ("1", "2"):
        layout.add(image, annotations={FULL_NAME: f"app:{tag}"})

    opened = open_one(docker(tmp_path / "a.tar", modern(image, layout, ["app:1", "app:2"])))

    assert [one.names for one in opened.images] == [("app:1",), ("app:2",)]


def test_docker_archive_image_only_in_manifest_json_comes_after(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a"), "one")
    files = {**layout.all_files(), **docker_files("b", tags=["two:1"])}

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert [image.names for image in opened.images] == [("one",), ("two:1",)]
    assert [image.manifest_digest is None for image in opened.images] == [False, True]


def test_docker_archive_null_index_leaves_images_to_manifest_json(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    files = modern(image, layout, ["app:1"])
    files["index.json"] = b'{"schemaVersion":2,"manifests":null}'

    opened = open_one(docker(tmp_path / "a.tar", files))

    (found,) = opened.images
    assert found.names == ("app:1",)
    # The member's name is a blob's, so it claims the digest of the layer.
    assert str(found.layers[0].digest) == sha(layer("a"))
    assert check(opened) == []


def test_docker_archive_config_blob_with_other_bytes_is_a_mismatch(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    files = modern(image, layout, ["app:1"])
    files["index.json"] = b'{"schemaVersion":2,"manifests":null}'
    files[str(entry_of(files)["Config"])] = config([layer("a")], author="someone else")

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert [fault.code for fault in opened.faults] == ["digest-mismatch"]


def test_docker_archive_foreign_layer_that_is_absent_is_skipped(tmp_path: Path) -> None:
    source = {
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": "sha256:" + "1" * 64,
        "size": 5,
        "urls": ["https://example.com/layer"],
    }
    files = docker_files("a", LayerSources={sha(layer("a")): source})
    del files["0/layer.tar"]

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert opened.images[0].layers[0].missing == "foreign-layer"
    assert opened.faults == ()


def test_docker_archive_config_named_by_sha512_in_the_index_is_one_image(tmp_path: Path) -> None:
    layout = Layout()
    raw = config([layer("a")])
    sha512 = "sha512:" + hashlib.sha512(raw).hexdigest()
    layout.files["blobs/" + sha512.replace(":", "/")] = raw
    manifest = {
        "schemaVersion": 2,
        "config": {"mediaType": CONFIG, "digest": sha512, "size": len(raw)},
        "layers": [layout.blob(layer("a"), LAYER)],
    }
    layout.add(layout.blob(dump(manifest), MANIFEST), "1")
    entry = {
        "Config": "blobs/" + sha512.replace(":", "/"),
        "RepoTags": ["app:1"],
        "Layers": ["blobs/" + sha(layer("a")).replace(":", "/")],
    }
    files = {**layout.all_files(), "manifest.json": dump([entry])}

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert opened.faults == ()
    (image,) = opened.images
    assert image.names == ("app:1",)
    assert str(image.config_digest) == sha512
