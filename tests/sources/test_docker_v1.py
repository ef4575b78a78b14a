from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.sources.transport import open_one
from tests.sources.archives import Value, docker, dump, layer

if TYPE_CHECKING:
    from pathlib import Path


def v1_files(**top: object) -> dict[str, Value]:
    """Two layers, `bb` on `aa`, and `repositories` that names `bb` twice."""
    step = {
        "container_config": {"Cmd": ["/bin/sh", "-c", "step"]},
        "created": "2014-01-01T00:00:00Z",
    }
    return {
        "aa/json": dump({"id": "aa", "os": "linux", "architecture": "amd64", **step}),
        "aa/layer.tar": layer("a"),
        "bb/json": dump({"id": "bb", "parent": "aa", "architecture": "arm64", **step, **top}),
        "bb/layer.tar": layer("b"),
        "repositories": dump({"old": {"1": "bb", "2": "bb"}}),
    }


def test_v1_archive_chains_layers_by_parent(tmp_path: Path) -> None:
    opened = open_one(docker(tmp_path / "a.tar", v1_files()))

    assert opened.source == "docker-archive"
    (image,) = opened.images
    assert image.names == ("old:1", "old:2")
    assert str(image.platform) == "linux/arm64"
    assert [one.stored_as for one in image.layers] == ["aa/layer.tar", "bb/layer.tar"]
    assert [(row.created_by, owner) for row, owner in image.history] == [
        ("/bin/sh -c step", 0),
        ("/bin/sh -c step", 1),
    ]
    assert opened.faults == ()


def test_v1_archive_circle_of_parents_is_a_fault(tmp_path: Path) -> None:
    opened = open_one(docker(tmp_path / "a.tar", v1_files(parent="bb")))

    assert [fault.code for fault in opened.faults] == ["bad-document"]


def test_v1_archive_parent_that_climbs_is_a_fault(tmp_path: Path) -> None:
    opened = open_one(docker(tmp_path / "a.tar", v1_files(parent="../../etc")))

    assert [fault.code for fault in opened.faults] == ["bad-document"]


def test_v1_archive_missing_parent_is_a_fault(tmp_path: Path) -> None:
    opened = open_one(docker(tmp_path / "a.tar", v1_files(parent="cc")))

    assert [fault.code for fault in opened.faults] == ["missing-blob"]


def test_v1_archive_missing_layer_is_marked(tmp_path: Path) -> None:
    files = v1_files()
    del files["aa/layer.tar"]

    opened = open_one(docker(tmp_path / "a.tar", files))

    assert [one.missing for one in opened.images[0].layers] == ["missing-blob", None]
    assert [(fault.code, fault.layer) for fault in opened.faults] == [("missing-blob", 0)]


def test_v1_archive_that_is_damaged_may_have_been_a_newer_one(tmp_path: Path) -> None:
    # podman writes `repositories` first and manifest.json last; here the end is lost.
    path = tmp_path / "a.tar"
    files = {**v1_files(), "cc/layer.tar": layer("c"), "manifest.json": b"[]"}
    docker(path, files)
    raw = path.read_bytes()
    path.write_bytes(raw[: raw.index(b"manifest.json") - 512])

    opened = open_one(str(path))

    assert opened.images == ()
    assert [fault.code for fault in opened.faults] == ["corrupt-archive"]
