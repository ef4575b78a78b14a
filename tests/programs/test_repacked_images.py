"""Repacked images in the hands of others: umoci unpacks the same tree, skopeo copies them."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import oci_layout
from layerscope.synth.tree import Tree
from tests.fleet.repacking import read, rebuilt, repacked, written
from tests.programs.test_flattening import random_image
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.programs

Found = dict[str, tuple[object, ...]]


def fleet() -> list[ImageBuilder]:
    """Images that share files across different layers, with all that makes repacking hard."""
    base = (
        Tree()
        .dir("etc", mode=0o755, mtime=10)
        .file("etc/motd", b"hello" * 300, mtime=11)
        .dir("usr", mtime=12)
        .dir("usr/bin", mtime=13)
        .file("usr/bin/tool", b"t" * 5000, mode=0o4755, mtime=14)
        .hardlink("usr/bin/alias", "usr/bin/tool")
        .symlink("usr/bin/link", "tool")
        .dir("var", mtime=15)
        .dir("var/empty", mode=0o700, mtime=16)
        .file("gone", b"g" * 999)
    )
    one = ImageBuilder().layer(base).layer(Tree().whiteout("gone").file("srv/one", b"1" * 40))
    # The same files in one layer, in a directory of another time; /usr is made anew.
    two = ImageBuilder().layer(
        base.dir("usr", mtime=99).file("usr/bin/own", b"2" * 70, mtime=17).dir("srv", mtime=18)
    )
    three = two.layer(Tree().opaque("etc").file("etc/motd", b"other", mtime=19))
    return [one, two, three]


def unpacked(umoci: str, layout: Path, bundle: Path) -> Found:
    command = [umoci, "unpack", "--image", f"{layout}:app", str(bundle)]
    if os.geteuid() != 0:
        command.insert(2, "--rootless")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return tree_of(bundle / "rootfs")


def tree_of(root: Path) -> Found:
    """Each path with what lstat and reading say of it, and the other names of its inode."""
    about: dict[str, os.stat_result] = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = os.path.join(folder, name)
            about[path] = os.lstat(path)
    inodes: dict[int, list[str]] = {}
    for path, status in sorted(about.items()):
        inodes.setdefault(status.st_ino, []).append(path.removeprefix(str(root)))
    found: Found = {}
    for path, status in about.items():
        content = b""
        if stat.S_ISREG(status.st_mode):
            with open(path, "rb") as stream:
                content = stream.read()
        link = os.readlink(path) if stat.S_ISLNK(status.st_mode) else ""
        found[path.removeprefix(str(root))] = (
            stat.filemode(status.st_mode),
            status.st_uid,
            status.st_gid,
            status.st_mtime_ns,
            content,
            link,
            tuple(inodes[status.st_ino]),
        )
    return found


def check(tmp_path: Path, builders: list[ImageBuilder], max_layers: int) -> None:
    umoci = require_program("umoci")
    skopeo = require_program("skopeo")
    given = read(tmp_path / "old", builders)
    plan = repacked(given, max_layers)
    assert plan.left_out == [None] * len(builders)
    tars = written(given, plan, plan.planned)
    for number, builder in enumerate(builders):
        old = oci_layout(tmp_path / f"old-{number}", replace(builder, names=("app",)))
        new_image = rebuilt(replace(builder, names=("app",)), plan.planned, tars, number)
        new = oci_layout(tmp_path / f"new-{number}", new_image)

        before = unpacked(umoci, old, tmp_path / f"bundle-old-{number}")
        after = unpacked(umoci, new, tmp_path / f"bundle-new-{number}")

        # A directory that no entry describes gets the time of unpacking; the plan describes it.
        assert undated(before, before, after) == undated(after, before, after)
        copied = tmp_path / f"copied-{number}"
        subprocess.run(
            [skopeo, "--insecure-policy", "copy", f"oci:{new}:app", f"dir:{copied}"],
            check=True,
            capture_output=True,
            timeout=60,
        )
        manifest = json.loads((copied / "manifest.json").read_text())
        sizes = [layer["size"] for layer in manifest["layers"]]
        assert sizes == [
            plan.planned.layout.layers[at].tar_bytes for at in plan.planned.layout.stacks[number]
        ]


def undated(tree: Found, before: Found, after: Found) -> Found:
    """The tree without times of directories that only the repacked image describes, as of 1970."""
    made_up = {
        path
        for path, about in after.items()
        if str(about[0]).startswith("d") and about[3] == 0 and before.get(path, about)[3] != 0
    }
    return {
        path: (*about[:3], None, *about[4:]) if path in made_up else about
        for path, about in tree.items()
    }


@pytest.mark.parametrize("max_layers", [1, 2, 3, 9])
def test_repacked_images_unpack_to_the_same_tree(tmp_path: Path, max_layers: int) -> None:
    check(tmp_path, fleet(), max_layers)


@pytest.mark.parametrize("seed", range(4))
def test_repacked_random_images_unpack_to_the_same_tree(tmp_path: Path, seed: int) -> None:
    first = random_image(seed)
    check(tmp_path, [first, random_image(seed + 100), first.layer(Tree().file("z", b"z"))], 2)
