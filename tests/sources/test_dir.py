from __future__ import annotations

import json
from typing import TYPE_CHECKING

from layerscope.sources.transport import open_one
from tests.sources.archives import Layout, dump, sha

if TYPE_CHECKING:
    from pathlib import Path


def test_dir_single_image_is_read(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.image("a")
    for name, value in layout.files.items():
        assert isinstance(value, bytes)
        (tmp_path / name.rpartition("/")[2]).write_bytes(value)
    raw = (tmp_path / str(image["digest"])[7:]).read_bytes()
    (tmp_path / "manifest.json").write_bytes(raw)
    (tmp_path / "oci-layout").unlink()

    opened = open_one(str(tmp_path))

    assert opened.source == "dir"
    assert [str(one.manifest_digest) for one in opened.images] == [image["digest"]]
    assert opened.faults == ()


def test_dir_manifest_list_names_manifest_files(tmp_path: Path) -> None:
    layout = Layout()
    images = [layout.image("a"), layout.image("b", architecture="arm64")]
    for name, value in layout.files.items():
        if name.startswith("blobs/"):
            assert isinstance(value, bytes)
            suffix = ".manifest.json" if sha(value) in [one["digest"] for one in images] else ""
            (tmp_path / (sha(value)[7:] + suffix)).write_bytes(value)
    (tmp_path / "manifest.json").write_bytes(dump({"schemaVersion": 2, "manifests": images}))

    opened = open_one(f"dir:{tmp_path}")

    assert [str(one.platform) for one in opened.images] == ["linux/amd64", "linux/arm64"]
    assert opened.images[0].index_path == ()


def test_dir_schema1_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(json.dumps({"schemaVersion": 1, "fsLayers": []}))

    opened = open_one(str(tmp_path))

    assert opened.source == "dir"
    assert [fault.code for fault in opened.faults] == ["schema1"]


def test_dir_artifact_is_no_image(tmp_path: Path) -> None:
    layout = Layout()
    chart = layout.blob(b"{}", "application/vnd.cncf.helm.config.v1+json")
    (tmp_path / "manifest.json").write_bytes(
        dump({"schemaVersion": 2, "config": chart, "layers": []})
    )

    opened = open_one(str(tmp_path))

    assert [one.what for one in opened.skipped] == ["artifact"]
    assert [fault.code for fault in opened.faults] == ["no-image"]
