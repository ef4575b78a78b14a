"""Layers that buildah, GNU tar, gzip and skopeo make of the same files, and what differs."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from layerscope.journeys.similar import similar
from layerscope.sources.blob_form import blob_form, form_differences
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.programs
TIMEOUT_S = 120
TEXT = b"".join(b"line %d\n" % (number * number % 9973) for number in range(40_000))


def run(*command: str, cwd: Path) -> bytes:
    environment = {**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(cwd), "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, check=False, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done.stdout


def files(folder: Path) -> None:
    (folder / "rootfs" / "etc").mkdir(parents=True)
    (folder / "rootfs" / "etc" / "motd").write_bytes(b"hello\n" * 2000)
    (folder / "rootfs" / "etc" / "empty").write_bytes(b"")
    (folder / "rootfs" / "link").symlink_to("etc/motd")


def gnu_tar(folder: Path, *options: str) -> bytes:
    names = ("etc", "etc/empty", "etc/motd", "link")
    fixed = ("--no-recursion", "--owner=root:0", "--group=root:0", "-b1", "--mtime=@1700000000")
    return run("tar", "-C", "rootfs", *fixed, *options, "-cf", "-", *names, cwd=folder)


def differing(folder: Path, one: bytes, two: bytes) -> list[str]:
    images = [
        ImageBuilder(names=(f"{name}:1",)).layer(tar) for name, tar in (("a", one), ("b", two))
    ]
    document = similar([str(docker_archive(folder / "all.tar", *images))], jobs=1)
    (group,) = document.near_equal
    return [row.field for row in group.others[0].fields]


def test_buildah_at_another_time_makes_a_near_equal_layer(tmp_path: Path) -> None:
    buildah = require_program("buildah")
    files(tmp_path)
    store = (
        "--storage-driver",
        "vfs",
        "--root",
        f"{tmp_path}/store",
        "--runroot",
        f"{tmp_path}/state",
    )
    paths = []
    for seconds in ("1700000000", "1700000060"):
        container = run(buildah, *store, "from", "scratch", cwd=tmp_path).decode().strip()
        run(buildah, *store, "copy", container, "rootfs", "/", cwd=tmp_path)
        path = f"{tmp_path}/{seconds}.tar"
        commit = ("commit", "--timestamp", seconds, "--rm", container, f"oci-archive:{path}:app:1")
        run(buildah, *store, *commit, cwd=tmp_path)
        paths.append(path)

    document = similar(paths, jobs=1)

    (group,) = document.near_equal
    (other,) = group.others
    assert [row.field for row in other.fields] == ["mtime"]
    values = other.fields[0].reference, other.fields[0].other
    assert values == ("1700000000000000000", "1700000060000000000")
    near = document.images[0].nearest[0]
    assert near.shared_bytes == near.union_bytes == 12000


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (["--format=gnu"], ["tar-format"]),
        (["--format=posix"], ["tar-format", "pax-records"]),
        (["--format=ustar", "-b40"], ["trailing-bytes"]),
        (["--format=ustar", "--transform=s,^,./,S"], ["name"]),
        (["--format=ustar", "--owner=7"], ["owner"]),
        (["--format=ustar", "--owner=me:0"], ["owner-name"]),
        (["--format=ustar", "--mode=a-w"], ["mode"]),
        (["--format=ustar", "--mtime=@5"], ["mtime"]),
    ],
)
def test_gnu_tar_with_other_options(tmp_path: Path, options: list[str], fields: list[str]) -> None:
    require_program("tar")
    files(tmp_path)
    posix = ("--pax-option=delete=mtime",) if "--format=posix" in options else ()

    found = differing(
        tmp_path, gnu_tar(tmp_path, "--format=ustar"), gnu_tar(tmp_path, *options, *posix)
    )

    assert found == fields


def forms(one: Path, two: Path) -> list[str]:
    document = similar([str(one), str(two)], jobs=1)
    (row,) = document.recompressed
    assert document.near_equal == []
    return [field.field for field in row.blobs[1].fields]


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ([], ["gzip-mtime", "gzip-name"]),
        (["-n", "-9"], ["gzip-level-hint", "level-or-implementation"]),
        (["-n", "-1"], ["gzip-level-hint", "level-or-implementation"]),
        (["-n", "-5"], ["level-or-implementation"]),
    ],
)
def test_gzip_with_other_options(tmp_path: Path, options: list[str], fields: list[str]) -> None:
    gzip = require_program("gzip")
    path = tmp_path / "layer.tar"
    path.write_bytes(TEXT)
    blobs = []
    for number, chosen in enumerate((["-n"], options)):
        blobs.append(tmp_path / f"{number}.gz")
        blobs[-1].write_bytes(run(gzip, *chosen, "-c", "layer.tar", cwd=tmp_path))
    one, two = (blob_form(Region.of_file(str(blob)), DEFAULT_LIMITS) for blob in blobs)

    found = form_differences(one, two)

    assert [field for field, _, _ in found] == fields
    assert [other for field, _, other in found if field == "gzip-name"] in ([], ["layer.tar"])


def test_skopeo_with_another_level_makes_another_blob(tmp_path: Path) -> None:
    skopeo = require_program("skopeo")
    tree = Tree().file("text", TEXT)
    source = docker_archive(tmp_path / "app.tar", ImageBuilder(names=("app:1",)).layer(tree))
    paths = []
    for level in ("1", "9"):
        path = tmp_path / f"{level}.tar"
        compress = (
            "--dest-compress",
            "--dest-compress-format",
            "gzip",
            "--dest-compress-level",
            level,
        )
        copy = ("copy", *compress, f"docker-archive:{source}", f"oci-archive:{path}:app:1")
        run(skopeo, "--insecure-policy", *copy, cwd=tmp_path)
        paths.append(path)

    found = forms(*paths)

    assert found in (["level-or-implementation"], ["gzip-level-hint", "level-or-implementation"])
    # docker-archive keeps the tar as it is.
    assert forms(source, paths[0]) == ["compression"]
