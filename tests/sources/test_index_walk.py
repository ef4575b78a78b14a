from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from layerscope.oci.platform import Platform
from layerscope.sources.limits import Limits
from layerscope.sources.transport import open_one
from tests.sources.archives import CONFIG, FULL_NAME, INDEX, MANIFEST, NAME, Layout, dump, layer

if TYPE_CHECKING:
    from pathlib import Path

ATTESTATION = {"vnd.docker.reference.type": "attestation-manifest"}


def test_walk_one_manifest_under_three_names_gives_three_rows(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    for name in ("one", "two", "three"):
        layout.add(image, name)

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert [image.names for image in opened.images] == [("one",), ("two",), ("three",)]
    assert [image.index for image in opened.images] == [0, 1, 2]
    assert opened.faults == ()


def test_walk_nested_index_is_walked_depth_first_and_names_its_images(tmp_path: Path) -> None:
    layout = Layout()
    first, second, third = layout.image("a"), layout.image("b"), layout.image("c")
    inner = layout.index(first)
    middle = layout.index(inner, second)
    layout.add(middle, "app")
    layout.add(third, "other")

    opened = open_one(layout.folder(tmp_path / "layout"))

    found = [(str(image.manifest_digest), image.names) for image in opened.images]
    assert found == [
        (first["digest"], ("app",)),
        (second["digest"], ("app",)),
        (third["digest"], ("other",)),
    ]
    assert [str(digest) for digest in opened.images[0].index_path] == [
        middle["digest"],
        inner["digest"],
    ]


def test_walk_name_of_its_own_wins_over_the_inherited_one(tmp_path: Path) -> None:
    layout = Layout()
    named = {**layout.image("a"), "annotations": {NAME: "inner"}}
    layout.add(layout.index(named, layout.image("b")), "outer")

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert [image.names for image in opened.images] == [("inner",), ("outer",)]


def test_walk_full_name_wins_over_the_tag(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a"), annotations={FULL_NAME: "r.example/a:1"})

    assert open_one(layout.tar(tmp_path / "a.tar")).images[0].names == ("r.example/a:1",)


def test_walk_one_index_under_two_names_is_walked_twice(tmp_path: Path) -> None:
    layout = Layout()
    index = layout.index(layout.image("a"))
    layout.add(index, "one")
    layout.add(index, "two")

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert [image.names for image in opened.images] == [("one",), ("two",)]


def test_walk_fan_of_indexes_visits_each_document_once(tmp_path: Path) -> None:
    layout = Layout()
    node = layout.image("a")
    for _ in range(30):
        node = layout.index(node, node)
    layout.add(node)

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    # The innermost index names the image twice; every other one names an index again.
    assert len(opened.images) == 2
    assert [one.what for one in opened.skipped] == ["repeated-index"] * 29


def test_walk_chain_deeper_than_the_limit_is_a_fault(tmp_path: Path) -> None:
    layout = Layout()
    node = layout.image("a")
    for _ in range(5):
        node = layout.index(node)
    layout.add(node)
    path = layout.tar(tmp_path / "a.tar")

    assert len(open_one(path, limits=Limits(index_depth=5)).images) == 1
    codes = [fault.code for fault in open_one(path, limits=Limits(index_depth=4)).faults]
    assert codes == ["over-limit"]


def test_walk_more_descriptors_than_the_limit_is_refused(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    for number in range(3):
        layout.add(image, str(number))

    opened = open_one(layout.tar(tmp_path / "a.tar"), limits=Limits(images=2))

    assert opened.images == ()
    assert [fault.code for fault in opened.faults] == ["over-limit"]


def test_walk_attestations_of_both_shapes_and_artifacts_are_skipped(tmp_path: Path) -> None:
    layout = Layout()
    statement = layout.blob(b"{}", "application/vnd.in-toto+json")
    older = {"schemaVersion": 2, "config": layout.blob(b"{}", CONFIG), "layers": [statement]}
    chart = layout.blob(b"[]", "application/vnd.cncf.helm.config.v1+json")
    helm = {"schemaVersion": 2, "config": chart, "layers": [layout.blob(b"x", "text/plain")]}
    layout.add(layout.image("a"), "app")
    layout.add(
        layout.blob(dump(older), MANIFEST), platform={"os": "unknown", "architecture": "unknown"}
    )
    layout.add(layout.image("b"), annotations=ATTESTATION)
    layout.add(layout.blob(dump(helm), MANIFEST))
    layout.add(layout.blob(b"?", "application/x-other"))

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert len(opened.images) == 1
    assert opened.faults == ()
    assert [one.what for one in opened.skipped] == [
        "attestation-manifest",
        "attestation-manifest",
        "artifact",
        "unknown",
    ]


def test_walk_descriptor_without_media_type_is_told_by_its_document(tmp_path: Path) -> None:
    layout = Layout()
    index = layout.index(layout.image("a"))
    layout.top.append({"digest": index["digest"], "size": index["size"]})

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert len(opened.images) == 1
    assert len(opened.images[0].index_path) == 1


def partial(tmp_path: Path) -> tuple[str, str]:
    """A layout whose index lists amd64, which is there, and arm64, which is not."""
    layout = Layout()
    here = layout.image("a")
    gone = layout.image("b", architecture="arm64")
    layout.drop(gone)
    platforms = [{"os": "linux", "architecture": name} for name in ("amd64", "arm64")]
    index = layout.index({**here, "platform": platforms[0]}, {**gone, "platform": platforms[1]})
    layout.add(index, "app")
    return layout.tar(tmp_path / "partial.tar"), str(gone["digest"])


def test_walk_absent_platform_beside_an_image_is_skipped(tmp_path: Path) -> None:
    path, gone = partial(tmp_path)

    opened = open_one(path)

    assert len(opened.images) == 1
    assert opened.faults == ()
    assert [(one.what, str(one.digest), one.detail) for one in opened.skipped] == [
        ("missing-platform", gone, "linux/arm64")
    ]


def test_walk_absent_platform_that_was_asked_for_is_a_fault(tmp_path: Path) -> None:
    path, gone = partial(tmp_path)

    opened = open_one(path, platform=Platform("linux", "arm64"))

    assert opened.images == ()
    assert [fault.code for fault in opened.faults] == ["missing-blob"]
    assert gone in opened.faults[0].message


def test_walk_absent_platform_in_an_archive_without_end_is_a_fault(tmp_path: Path) -> None:
    path, _ = partial(tmp_path)
    data = (tmp_path / "partial.tar").read_bytes().rstrip(b"\0")
    (tmp_path / "partial.tar").write_bytes(data + bytes(-len(data) % 512))

    opened = open_one(path)

    assert len(opened.images) == 1
    assert [fault.code for fault in opened.faults] == ["missing-blob"]


def test_walk_index_with_nothing_there_is_a_fault(tmp_path: Path) -> None:
    layout = Layout()
    other = layout.image("a")
    gone = layout.image("b")
    layout.drop(gone)
    layout.add(layout.index(gone))
    layout.add(other)

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert len(opened.images) == 1
    assert [fault.code for fault in opened.faults] == ["missing-blob"]


def test_walk_missing_config_is_never_skipped(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a"))
    name = next(name for name in layout.files if name.startswith("blobs/"))
    layout.add(layout.image("b"))
    del layout.files[name]

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert len(opened.images) == 1
    assert [fault.code for fault in opened.faults] == ["missing-blob"]
    assert opened.skipped == ()


def test_walk_damaged_manifest_names_its_digest(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    layout.files["blobs/" + str(image["digest"]).replace(":", "/")] = b"{}"
    layout.add(image)

    (fault,) = open_one(layout.tar(tmp_path / "a.tar")).faults

    assert fault.code == "digest-mismatch"
    assert str(image["digest"]) in fault.message


def test_walk_index_of_wrong_size_is_a_fault(tmp_path: Path) -> None:
    layout = Layout()
    index = layout.index(layout.image("a"))
    layout.add({"mediaType": INDEX, "digest": index["digest"], "size": 5})

    (fault,) = open_one(layout.tar(tmp_path / "a.tar")).faults

    assert fault.code == "size-mismatch"


def test_walk_absent_foreign_layer_is_skipped_and_marked(tmp_path: Path) -> None:
    layout = Layout()
    base, top = layer("base"), layer("top")
    foreign = layout.blob(base, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")
    raw = {
        "os": "windows",
        "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [foreign["digest"]] * 2},
    }
    manifest = {
        "schemaVersion": 2,
        "config": layout.blob(dump(raw), CONFIG),
        "layers": [{**foreign, "urls": ["https://example.com/l"]}, layout.blob(top, "x/tar")],
    }
    layout.add(layout.blob(dump(manifest), MANIFEST))
    layout.drop(foreign)

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    assert [one.missing for one in opened.images[0].layers] == ["foreign-layer", None]
    assert [one.what for one in opened.skipped] == ["foreign-layer"]
    assert opened.faults == ()


def test_walk_absent_layer_is_a_fault_of_its_layer(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("z"))
    layout.add(layout.image("a", "b"))
    digest = layout.blob(layer("b"), "x")["digest"]
    layout.drop({"digest": digest})

    opened = open_one(layout.tar(tmp_path / "a.tar"))

    (fault,) = opened.faults
    assert (fault.code, fault.image, fault.layer) == ("missing-blob", 1, 1)
    assert str(digest) in fault.message
    assert opened.images[1].layers[1].missing == "missing-blob"


def test_walk_digests_of_another_algorithm_are_kept(tmp_path: Path) -> None:
    layout = Layout()
    raw = layout.files["blobs/" + str(layout.image("a")["digest"]).replace(":", "/")]
    assert isinstance(raw, bytes)
    sha512 = "sha512:" + hashlib.sha512(raw).hexdigest()
    layout.files["blobs/" + sha512.replace(":", "/")] = raw
    layout.add({"mediaType": MANIFEST, "digest": sha512, "size": len(raw)}, "x")
    path = layout.tar(tmp_path / "a.tar")

    opened = open_one(path)

    assert opened.faults == ()
    assert [str(image.manifest_digest) for image in opened.images] == [sha512]
    assert len(open_one(f"{path}:{sha512[:20]}").images) == 1
