from __future__ import annotations

import io
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.synth.tree import FIXED_TIME, FORMATS, Tree
from tests.surroundings import require_program

if TYPE_CHECKING:
    from pathlib import Path


def members_of(tar: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        return archive.getmembers()


@pytest.mark.parametrize("tar_format", sorted(FORMATS))
def test_layer_tar_of_each_format_holds_what_the_lines_say(tar_format: str) -> None:
    tree = (
        Tree()
        .dir("srv", mode=0o750, uid=5, gid=6)
        .file("srv/a", b"hello", mode=0o4755)
        .symlink("srv/s", "../a")
        .hardlink("srv/h", "srv/a")
        .device("null", 1, 3)
        .fifo("pipe")
    )

    found = members_of(tree.layer_tar(tar_format=tar_format))

    assert [(m.name, m.type, m.mode, m.linkname) for m in found] == [
        ("srv", tarfile.DIRTYPE, 0o750, ""),
        ("srv/a", tarfile.REGTYPE, 0o4755, ""),
        ("srv/s", tarfile.SYMTYPE, 0o777, "../a"),
        ("srv/h", tarfile.LNKTYPE, 0o644, "srv/a"),
        ("null", tarfile.CHRTYPE, 0o644, ""),
        ("pipe", tarfile.FIFOTYPE, 0o644, ""),
    ]
    assert (found[0].uid, found[0].gid, found[1].size) == (5, 6, 5)
    assert (found[4].devmajor, found[4].devminor) == (1, 3)
    assert {m.mtime for m in found} == {FIXED_TIME}


def test_layer_tar_ends_with_two_blocks_of_zeros() -> None:
    tree = Tree().file("a", b"x" * 513)

    tar = tree.layer_tar()

    # One header, two blocks of content, two blocks of the end.
    assert len(tar) == 5 * 512
    assert tar[-1024:] == bytes(1024)


def test_markers_have_the_names_of_the_image_spec() -> None:
    tree = Tree().whiteout("etc/motd").whiteout("top").opaque("var/cache").opaque("")

    names = [member.name for member in tree.members]

    assert names == ["etc/.wh.motd", ".wh.top", "var/cache/.wh..wh..opq", ".wh..wh..opq"]


@pytest.mark.parametrize("tar_format", ["gnu", "pax"])
def test_names_that_are_not_utf8_and_long_names_survive(tar_format: str) -> None:
    names = [b"caf\xe9", b"d/" * 150 + b"\xff", "\N{SNOWMAN}".encode()]
    tree = Tree().file(names[0]).file(names[1]).symlink(names[2], b"\xfe" * 120)

    found = members_of(tree.layer_tar(tar_format=tar_format))

    assert [m.name.encode("utf-8", "surrogateescape") for m in found] == names
    assert found[2].linkname.encode("utf-8", "surrogateescape") == b"\xfe" * 120


def test_extended_attributes_are_pax_records() -> None:
    tree = Tree().file("ping", xattrs={"security.capability": b"\1\0\0\2 \xff", "user.a": b"1"})

    found = members_of(tree.layer_tar())

    assert found[0].pax_headers["SCHILY.xattr.user.a"] == "1"
    stored = found[0].pax_headers["SCHILY.xattr.security.capability"]
    assert stored.encode("utf-8", "surrogateescape") == b"\1\0\0\2 \xff"


def test_extended_attributes_outside_of_pax_are_refused() -> None:
    tree = Tree().file("ping", xattrs={"user.a": b"1"})

    with pytest.raises(ValueError, match="need the format pax"):
        tree.layer_tar(tar_format="gnu")


def test_layer_tar_is_the_same_each_time() -> None:
    tree = Tree().dir("a").file("a/b", b"1", xattrs={"user.z": b"1", "user.a": b"2"})
    other = Tree().dir("a").file("a/b", b"1", xattrs={"user.a": b"2", "user.z": b"1"})

    assert tree.layer_tar() == other.layer_tar()


@pytest.mark.programs
@pytest.mark.parametrize("tar_format", sorted(FORMATS))
def test_gnu_tar_reads_every_format(tmp_path: Path, tar_format: str) -> None:
    program = require_program("tar")
    archive = tmp_path / "layer.tar"
    tree = Tree().dir("a").file("a/b", b"12345").symlink("a/c", "b")
    archive.write_bytes(tree.layer_tar(tar_format=tar_format))

    done = subprocess.run([program, "-tf", archive], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == ["a/", "a/b", "a/c"]
    assert done.stderr == ""
