"""Images on disk as the bases of a build."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.cache.memory_tree import MemoryTree
from layerscope.errors import DigestMismatchError, UsageError
from layerscope.journeys.base_images import base_images, named_image
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

LOWER = (
    Tree()
    .dir("etc", mode=0o700)
    .file("etc/a", b"old", uid=3)
    .file("etc/b", b"b", mode=0o4755)
    .symlink("etc/l", "a")
    .hardlink("etc/h", "etc/b")
)
UPPER = Tree().file("etc/a", b"new").whiteout("etc/l")


def built() -> ImageBuilder:
    config = {"Env": ["A=1", "B=2"], "User": "app", "WorkingDir": "/w", "OnBuild": ["RUN x"]}
    return ImageBuilder(names=("base:1",), config=config).layer(LOWER, "l").layer(UPPER, "u")


def test_config_of_the_image_acts_on_the_build(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "b.tar", built())

    image = base_images([f"base:1={path}"])["base:1"]

    config = image.platforms[None].config
    assert config is not None
    assert (config.env, config.user, config.working_dir) == (("A=1", "B=2"), "app", "/w")
    assert config.onbuild == ("RUN x",)
    assert len(image.platforms[None].layers) == 2


def test_same_layers_are_the_same_however_they_are_stored(tmp_path: Path) -> None:
    plain = named_image(str(docker_archive(tmp_path / "p.tar", built()))).platforms[None]
    packed = named_image(
        str(oci_archive(tmp_path / "z.tar", built(), compression="gzip"))
    ).platforms[None]

    assert plain.layers == packed.layers
    assert plain.created == packed.created


def test_files_are_those_a_container_sees(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "b.tar", built())

    files = named_image(str(path)).platforms[None].files

    assert files is not None
    assert [(name, node.kind) for name, node in files.walk()] == [
        ("etc", "dir"),
        ("etc/a", "file"),
        ("etc/b", "file"),
        ("etc/h", "file"),
    ]
    assert files.read("etc/a") == b"new"
    assert files.digest("etc/h") == files.digest("etc/b")
    node = files.node("etc/b")
    assert node is not None
    assert (node.mode, node.size) == (0o4755, 1)


def test_content_compares_with_that_of_a_context(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "b.tar", built())
    files = named_image(str(path)).platforms[None].files
    assert files is not None
    node = files.node("etc/a")
    assert node is not None

    context = MemoryTree({"x": node}, {"x": b"new"})

    assert files.digest("etc/a") == context.digest("x")


def test_damaged_layer_is_an_error_when_its_files_are_asked_for(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "b.tar", built())
    path.write_bytes(path.read_bytes().replace(b"new", b"NEW"))
    files = named_image(str(path)).platforms[None].files

    assert files is not None
    with pytest.raises(DigestMismatchError):
        files.node("etc/a")


@pytest.mark.parametrize("text", ["base:1", "=x.tar", "base:1="])
def test_text_without_a_name_or_an_image_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        base_images([text])


def test_one_name_for_two_images_is_a_usage_error(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "b.tar", built())

    with pytest.raises(UsageError):
        base_images([f"a={path}", f"a={path}"])


def test_two_images_of_one_platform_must_be_told_apart(tmp_path: Path) -> None:
    other = ImageBuilder(names=("other:1",)).layer(UPPER, "u")
    path = docker_archive(tmp_path / "b.tar", built(), other)

    with pytest.raises(UsageError, match="several"):
        named_image(str(path))
    assert len(named_image(f"{path}:other:1").platforms[None].layers) == 1
