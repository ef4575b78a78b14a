from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from layerscope.analysis.waste import candidates_for_appended, waste
from layerscope.files import growing as growing_module
from layerscope.files.columns import NO_OFFSET
from layerscope.files.growing import grown
from layerscope.files.scan_layer import scan_layer
from layerscope.files.squash import Squashed, squash
from layerscope.sources.image import Layer
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

BIG = bytes(range(256)) * 8192  # 2 MiB: more than one piece


def read(
    folder: Path, compression: str, trees: list[Tree], content: str | None = "blake3"
) -> tuple[Squashed, list[Layer]]:
    layers, tables = [], []
    for number, tree in enumerate(trees):
        path = folder / f"{number}"
        path.write_bytes(compressed(tree.layer_tar(), compression))
        region = Region.of_file(str(path))
        layers.append(Layer(number, None, None, None, None, None, region, path.name))
        columns = scan_layer(layers[-1], content=content).columns
        assert columns is not None
        tables.append(columns)
    return squash(tables), layers


@pytest.mark.parametrize("content", ["blake3", "sha256"])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_grown_are_those_files_whose_beginning_is_the_old_one(
    tmp_path: Path, compression: str, content: str
) -> None:
    # Given files that grew, that are other ones, and one of several pieces
    base = Tree().file("log", b"one\n").file("other", b"one\n").file("big", BIG)
    later = Tree().file("log", b"one\ntwo\n").file("other", b"two\none\n").file("big", BIG + b"1")
    squashed, layers = read(tmp_path, compression, [base, later], content)
    pairs = candidates_for_appended(squashed)
    assert pairs == [(0, 3), (1, 4), (2, 5)]

    # When the new ones are read again
    found = grown(squashed, pairs, layers, DEFAULT_LIMITS)

    # Then two have only grown, and waste says so
    assert found == {0, 2}
    causes = [one.cause for one in waste(squashed, [None, None], found)]
    assert causes == ["appended", "overwritten", "appended"]


def test_grown_twice_is_found_in_each_layer(tmp_path: Path) -> None:
    trees = [Tree().file("log", b"1" * size) for size in (1, 2, 3)]
    squashed, layers = read(tmp_path, "none", trees)

    found = grown(squashed, candidates_for_appended(squashed), layers, DEFAULT_LIMITS)

    assert found == {0, 1}


def test_grown_into_a_hard_link_is_found_by_its_inode(tmp_path: Path) -> None:
    # Given two old files that one new inode replaces, the name of one being a link
    base = Tree().file("log", b"one\n").file("new", b"on")
    later = Tree().file("new", b"one\ntwo\n").hardlink("log", "new")
    squashed, layers = read(tmp_path, "gzip", [base, later])

    pairs = candidates_for_appended(squashed)

    assert pairs == [(0, 2), (1, 2)]
    assert grown(squashed, pairs, layers, DEFAULT_LIMITS) == {0, 1}


def test_grown_leaves_out_sparse_and_unhashed_files(tmp_path: Path) -> None:
    trees = [Tree().file("log", b"1"), Tree().file("log", b"12")]
    squashed, layers = read(tmp_path, "none", trees)
    pairs = candidates_for_appended(squashed)

    squashed.layers[1].offsets[0] = NO_OFFSET
    assert grown(squashed, pairs, layers, DEFAULT_LIMITS) == set()

    plain, layers = read(tmp_path, "none", trees, None)
    assert grown(plain, pairs, layers, DEFAULT_LIMITS) == set()


def test_grown_does_not_unpack_a_big_layer_for_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a compressed layer of which less than a hundredth is in question
    trees = [Tree().file("log", b"1" * 9), Tree().file("log", b"1" * 10).file("more", bytes(991))]
    squashed, layers = read(tmp_path, "gzip", trees)
    pairs = candidates_for_appended(squashed)
    assert grown(squashed, pairs, layers, DEFAULT_LIMITS) == {0}

    # When the layer is no small one, then it is left alone unless a hundredth is
    monkeypatch.setattr(growing_module, "SMALL_LAYER", 1000)
    assert grown(squashed, pairs, layers, DEFAULT_LIMITS) == set()
    monkeypatch.setattr(growing_module, "WORTH", 1000)
    assert grown(squashed, pairs, layers, DEFAULT_LIMITS) == {0}


def test_grown_in_a_layer_without_bytes_is_nothing(tmp_path: Path) -> None:
    squashed, layers = read(tmp_path, "none", [Tree().file("a", b"1"), Tree().file("a", b"12")])
    layers[1] = replace(layers[1], region=None)

    assert grown(squashed, [(0, 1)], layers, DEFAULT_LIMITS) == set()
