from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.errors import UnreadableInputError, UsageError
from layerscope.synth.scenarios import write_demo

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ["shop-api.tar", "shop-legacy.tar", "shop-tools.tar", "shop-web.tar", "shop-worker.tar"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


def document(archive: Path, member: str) -> Any:  # noqa: ANN401 - any JSON
    with tarfile.open(archive) as opened:
        stream = opened.extractfile(member)
        assert stream is not None
        return json.load(stream)


def test_demo_is_five_archives_of_less_than_60_mb(demo: Path) -> None:
    sizes = {path.name: path.stat().st_size for path in demo.iterdir()}

    assert sorted(sizes) == NAMES
    assert sum(sizes.values()) < 60_000_000


def test_demo_docker_images_share_the_layers_of_the_base(demo: Path) -> None:
    rows = [document(demo / f"shop-{name}.tar", "manifest.json")[0] for name in ("api", "legacy")]

    assert rows[0]["RepoTags"] == ["shop/api:2.0"]
    assert rows[0]["Layers"][:2] == rows[1]["Layers"][:2]
    assert rows[0]["Layers"][2] != rows[1]["Layers"][2]


def test_demo_tools_are_for_two_platforms(demo: Path) -> None:
    outer = document(demo / "shop-tools.tar", "index.json")["manifests"]
    digest = outer[0]["digest"].replace(":", "/")

    rows = document(demo / "shop-tools.tar", f"blobs/{digest}")["manifests"]

    assert [row["platform"]["architecture"] for row in rows] == ["amd64", "arm64", "unknown"]


def test_demo_legacy_deletes_what_it_downloaded_and_copies_the_library(demo: Path) -> None:
    layers = document(demo / "shop-legacy.tar", "manifest.json")[0]["Layers"]
    names = []
    with tarfile.open(demo / "shop-legacy.tar") as opened:
        for layer in layers:
            with tarfile.open(fileobj=opened.extractfile(layer)) as inner:
                names.append({member.name for member in inner if member.isfile()})

    assert names[3] == {"var/cache/.wh.apt"}
    assert names[4] == names[1]
    assert "usr/lib/python3/abc.py" in names[4]


def test_demo_refuses_to_overwrite_and_leaves_the_file_as_it_is(tmp_path: Path) -> None:
    taken = tmp_path / "shop-web.tar"
    taken.write_bytes(b"mine")

    with pytest.raises(UsageError, match=r"expected no file called shop-web\.tar"):
        write_demo(tmp_path)

    assert taken.read_bytes() == b"mine"
    assert [path.name for path in tmp_path.iterdir()] == ["shop-web.tar"]


def test_demo_that_may_overwrite_replaces_a_link_and_not_what_it_names(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "shop-web.tar").symlink_to(outside)

    write_demo(folder, overwrite=True)

    assert outside.read_bytes() == b"mine"
    assert not (folder / "shop-web.tar").is_symlink()


def test_demo_into_a_file_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(UnreadableInputError) as caught:
        write_demo(tmp_path / "file")

    assert "\n" not in str(caught.value)
