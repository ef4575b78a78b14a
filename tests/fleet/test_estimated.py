from __future__ import annotations

from typing import TYPE_CHECKING

import layerscope
from layerscope.catalog.store import Catalog
from layerscope.fleet.estimated import image_estimates
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

# 3 bytes are in both, 10 and 100 in one each; the same content twice counts once.
BASE = ImageBuilder(names=("base:1",)).layer(Tree().file("a", b"aaa").file("again", b"aaa"))
ONE = BASE.named("one:1").layer(Tree().file("b", b"b" * 10))
TWO = BASE.named("two:1").layer(Tree().file("c", b"c" * 100))


def test_small_images_are_known_exactly(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "all.tar", ONE, TWO)
    place = str(tmp_path / "catalog")

    frames = layerscope.read_fleet([path], catalog=place)
    table, total = image_estimates(frames, Catalog.at(place))

    assert table["held_bytes"].tolist() == [13, 103]
    assert table["unique_bytes"].tolist() == [10, 100]
    assert table["held_exact"].tolist() == table["unique_exact"].tolist() == [True, True]
    assert (total.value, total.exact) == (113, True)


def test_image_of_a_layer_that_the_catalog_has_not_is_missing(tmp_path: Path) -> None:
    place = str(tmp_path / "catalog")
    layerscope.read_fleet([docker_archive(tmp_path / "one.tar", ONE)], catalog=place)

    frames = layerscope.read_fleet([docker_archive(tmp_path / "all.tar", ONE, TWO)])
    table, _ = image_estimates(frames, Catalog.at(place))

    assert table["held_bytes"].isna().tolist() == [False, True]
    assert table["held_exact"].tolist() == [True, False]
