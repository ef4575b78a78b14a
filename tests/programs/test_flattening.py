"""The squashed tree against two independent ways to the same one: umoci, and a plain flattening."""

from __future__ import annotations

import os
import random
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.api import open_images
from layerscope.files.scan_layer import scan_layer
from layerscope.files.squash import squash
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_layout
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("a", "b", "c")
SEEDS = range(24)
"""Each seed is another image; all of them together show every kind of change many times."""


def random_image(seed: int) -> ImageBuilder:  # noqa: C901, PLR0912 - one choice after the other
    """An image of a few layers whose paths collide: files, folders, links, whiteouts, opaque."""
    dice = random.Random(seed)
    image = ImageBuilder(names=("app",))
    known: dict[str, str] = {}
    for number in range(dice.randint(2, 5)):
        tree, mine = Tree(), set[str]()
        for _ in range(dice.randint(1, 7)):
            path = "/".join(dice.choice(NAMES) for _ in range(dice.randint(1, 3)))
            parents = [path[:at] for at, letter in enumerate(path) if letter == "/"]
            if any(known.get(parent, "dir") != "dir" for parent in parents) or path in mine:
                continue
            if any(parent in mine and known.get(parent) != "dir" for parent in parents):
                continue
            if any(other.startswith(f"{path}/") or path.startswith(f"{other}/") for other in mine):
                continue
            kind = dice.choice(("file", "file", "dir", "symlink", "whiteout", "opaque"))
            if kind == "whiteout":
                tree = tree.whiteout(path)
                gone = [old for old in known if old == path or old.startswith(f"{path}/")]
                for old in gone:
                    del known[old]
            elif kind == "opaque":
                if known.get(path) != "dir":
                    continue
                tree = tree.opaque(path)
                for old in [old for old in known if old.startswith(f"{path}/")]:
                    del known[old]
            else:
                if kind == "file":
                    tree = tree.file(path, f"{seed} {number} {path}".encode() * dice.randint(0, 3))
                elif kind == "dir":
                    tree = tree.dir(path)
                else:
                    tree = tree.symlink(path, "nowhere")
                if kind != "dir":
                    for old in [old for old in known if old.startswith(f"{path}/")]:
                        del known[old]
                known[path] = kind
                known.update(dict.fromkeys(parents, "dir"))
            mine.add(path)
        image = image.layer(tree, f"RUN step {number}")
    return image


def squashed_tree(layout: Path) -> dict[str, tuple[str, int, str]]:
    (image,) = open_images(layout)
    tables = [scan_layer(layer).columns for layer in image.layers]
    tree = squash([table for table in tables if table is not None])
    found = {}
    for path, row in tree.rows.items():
        layer, at = tree.place(row)
        link = tree.layers[layer].links.get(at, b"") if row >= 0 else b""
        found[path.decode()] = (tree.kind(row), tree.size(row), link.decode())
    found.pop("/", None)
    return found


def tree_of_folder(root: Path) -> dict[str, tuple[str, int, str]]:
    found = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            shown = path.removeprefix(str(root))
            if os.path.islink(path):
                found[shown] = ("symlink", 0, os.readlink(path))
            elif os.path.isdir(path):
                found[shown] = ("dir", 0, "")
            else:
                found[shown] = ("file", os.path.getsize(path), "")
    return found


def flattened(layout: Path) -> dict[str, tuple[str, int, str]]:
    """The plainest flattening there is: Python's tarfile, one dictionary, whole-tree deletions."""
    (image,) = open_images(layout)
    tree: dict[str, tuple[str, int, str]] = {}
    for layer in image.layers:
        assert layer.region is not None
        path = layer.region.path
        assert path is not None
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        for member in members:
            folder, _, base = f"/{member.name.removeprefix('./')}".rpartition("/")
            if base == ".wh..wh..opq":
                tree = {k: v for k, v in tree.items() if not k.startswith(f"{folder}/")}
            elif base.startswith(".wh."):
                gone = f"{folder}/{base[4:]}"
                tree = {k: v for k, v in tree.items() if k != gone and not k.startswith(f"{gone}/")}
        for member in members:
            name = f"/{member.name.removeprefix('./')}"
            if ".wh." in name or name == "/":
                continue
            kind = "dir" if member.isdir() else "symlink" if member.issym() else "file"
            if kind != "dir":
                tree = {k: v for k, v in tree.items() if not k.startswith(f"{name}/")}
            parent = name.rpartition("/")[0]
            while parent:
                tree.setdefault(parent, ("dir", 0, ""))
                parent = parent.rpartition("/")[0]
            tree[name] = (kind, member.size if kind == "file" else 0, member.linkname)
    return tree


@pytest.mark.parametrize("seed", SEEDS)
def test_squash_agrees_with_a_plain_flattening(tmp_path: Path, seed: int) -> None:
    layout = tmp_path / "layout"
    oci_layout(str(layout), random_image(seed), compression="none")

    assert squashed_tree(layout) == flattened(layout)


@pytest.mark.parametrize("seed", SEEDS)
def test_squash_agrees_with_umoci(tmp_path: Path, seed: int) -> None:
    umoci = require_program("umoci")
    layout = tmp_path / "layout"
    oci_layout(str(layout), random_image(seed), compression="gzip")
    bundle = tmp_path / "bundle"

    command = [umoci, "unpack", "--image", f"{layout}:app", str(bundle)]
    if os.geteuid() != 0:
        command.insert(2, "--rootless")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 0, done.stderr
    assert squashed_tree(layout) == tree_of_folder(bundle / "rootfs")
