"""Layers that plans predict, written: umoci makes the same tree, skopeo takes the image."""

from __future__ import annotations

import os
import stat
import subprocess
from typing import TYPE_CHECKING

import pytest

from layerscope.fleet.merge import merged
from layerscope.fleet.split import by_size, split
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_layout
from tests.fleet.written import random_tars, stored, table_of, written
from tests.surroundings import require_program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SEEDS = (*range(5), *range(6, 13))
"""Images that can be written otherwise: that of seed 5 makes a directory anew without an entry."""


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def unpacked(folder: Path, tars: Sequence[bytes]) -> dict[str, tuple[object, ...]]:
    """What umoci makes of layers: kind, mode, content, link, and names of one file."""
    umoci = require_program("umoci")
    image = ImageBuilder(names=("app",))
    for tar in tars:
        image = image.layer(tar, "ADD")
    folder.mkdir()
    layout, bundle = folder / "layout", folder / "bundle"
    oci_layout(str(layout), image, compression="gzip")
    rootless = ["--rootless"] if os.geteuid() != 0 else []
    run(umoci, "unpack", *rootless, "--image", f"{layout}:app", str(bundle))
    found: dict[str, tuple[object, ...]] = {}
    names: dict[int, list[str]] = {}
    root = str(bundle / "rootfs")
    for parent, folders, files in os.walk(root):
        for name in folders + files:
            path = os.path.join(parent, name)
            about = os.lstat(path)
            shown = path.removeprefix(root)
            if not stat.S_ISDIR(about.st_mode):
                names.setdefault(about.st_ino, []).append(shown)
            content: object = None
            if stat.S_ISREG(about.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
            elif stat.S_ISLNK(about.st_mode):
                content = os.readlink(path)
            owner = (about.st_uid, about.st_gid) if not rootless else None
            found[shown] = (about.st_mode, owner, content)
    for same in names.values():
        for name in same:
            found[name] = (*found[name], tuple(sorted(same)))
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_umoci_unpacks_written_layers_to_the_same_tree(tmp_path: Path, seed: int) -> None:
    require_program("umoci")
    tars = random_tars(seed)
    (tmp_path / "tars").mkdir()
    layers = stored(tmp_path / "tars", tars)
    tables = [table_of(layer) for layer in layers]
    top = len(layers) - 1
    whole, upper = merged(tables, 0, top), merged(tables, 1, top)
    parts = split(tables, 0, by_size(tables[0], 3000))
    before = unpacked(tmp_path / "before", tars)

    assert unpacked(tmp_path / "squash", [written(whole, layers)]) == before
    assert unpacked(tmp_path / "merge", [tars[0], written(upper, layers)]) == before
    apart = [written(part, layers) for part in parts]
    assert unpacked(tmp_path / "split", [*apart, *tars[1:]]) == before


def test_skopeo_copies_an_image_of_written_layers(tmp_path: Path) -> None:
    skopeo = require_program("skopeo")
    (tmp_path / "tars").mkdir()
    layers = stored(tmp_path / "tars", random_tars(1))
    tar = written(merged([table_of(one) for one in layers], 0, len(layers) - 1), layers)
    oci_layout(str(tmp_path / "layout"), ImageBuilder(names=("app",)).layer(tar, "squash"))

    target = f"docker-archive:{tmp_path / 'copy.tar'}:app:1"
    run(skopeo, "--insecure-policy", "copy", "--quiet", f"oci:{tmp_path / 'layout'}:app", target)

    assert (tmp_path / "copy.tar").stat().st_size > len(tar)
