from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import CorruptArchiveError, MissingBlobError, UnsafeMemberError
from layerscope.sources.limits import Limits
from layerscope.sources.outer_archive import OuterArchive
from layerscope.sources.region import Region
from tests.sources.archives import Value, outer

if TYPE_CHECKING:
    from pathlib import Path

SYM, HARD = tarfile.SYMTYPE, tarfile.LNKTYPE


def opened(path: Path, data: bytes, limits: Limits | None = None) -> OuterArchive:
    path.write_bytes(data)
    return OuterArchive.read(Region.of_file(str(path)), limits or Limits())


def archive_of(tmp_path: Path, files: dict[str, Value]) -> OuterArchive:
    return opened(tmp_path / "a.tar", outer(files))


@pytest.mark.parametrize("name", ["./a/b", "a/b", "a//b", "a/./b"])
def test_outer_archive_spelling_is_cleaned(tmp_path: Path, name: str) -> None:
    archive = archive_of(tmp_path, {"./a/b": b"hello"})

    assert archive.region_of(name).read() == b"hello"


def test_outer_archive_symlink_counts_from_its_folder(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"x/layer.tar": b"one", "y/layer.tar": (SYM, "../x/layer.tar")})

    assert archive.region_of("y/layer.tar").read() == b"one"


def test_outer_archive_hard_link_counts_from_the_root(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"x/layer.tar": b"one", "y/layer.tar": (HARD, "x/layer.tar")})

    assert archive.region_of("y/layer.tar").read() == b"one"


@pytest.mark.parametrize("kind", [SYM, HARD])
def test_outer_archive_absolute_link_counts_from_its_root(tmp_path: Path, kind: bytes) -> None:
    archive = archive_of(tmp_path, {"x/layer.tar": b"one", "y/z/layer.tar": (kind, "/x/layer.tar")})

    assert archive.region_of("y/z/layer.tar").read() == b"one"


def test_outer_archive_symlinked_folder_is_followed(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"x/layer.tar": b"one", "y": (SYM, "x")})

    assert archive.region_of("y/layer.tar").read() == b"one"


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"a": (SYM, "/etc/passwd")}, "a"),
        ({"a": (SYM, "../../etc/passwd")}, "a"),
        ({"a": (SYM, "a")}, "a"),
        ({"a": (SYM, "b"), "b": (SYM, "a")}, "a"),
        ({"a": (tarfile.DIRTYPE, "")}, "a"),
        ({"a": (tarfile.FIFOTYPE, "")}, "a"),
        ({"a": b""}, "../a"),
        ({"a": b""}, "/a"),
    ],
)
def test_outer_archive_unsafe_member_is_refused(
    tmp_path: Path, files: dict[str, Value], name: str
) -> None:
    archive = archive_of(tmp_path, files)

    with pytest.raises(UnsafeMemberError):
        archive.region_of(name)


@pytest.mark.parametrize("name", ["b", "", "\udc80", chr(0xD800), "a\0", "a/" * 5000])
def test_outer_archive_missing_member_is_named(tmp_path: Path, name: str) -> None:
    archive = archive_of(tmp_path, {"a": b"", "l": (HARD, "none")})

    with pytest.raises(MissingBlobError):
        archive.region_of(name)


def test_outer_archive_hard_link_to_nothing_is_missing(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"l": (HARD, "none")})

    with pytest.raises(MissingBlobError):
        archive.region_of("l")


def test_outer_archive_name_stored_twice_means_the_last(tmp_path: Path) -> None:
    archive = opened(tmp_path / "a.tar", outer({"a": b"old"})[:1024] + outer({"./a": b"new!"}))

    assert archive.region_of("a").read() == b"new!"
    assert archive.region_of("a", 3).read() == b"old"


def test_outer_archive_escaping_members_are_not_listed(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, {"../x": b"", "/y": b"", "a/../../z": b"", "ok": b""})

    assert list(archive.members) == [b"ok"]


def test_outer_archive_cut_member_is_refused_and_earlier_ones_are_read(tmp_path: Path) -> None:
    data = outer({"a": b"whole", "b": b"x" * 2000})

    archive = opened(tmp_path / "a.tar", data[: 512 * 3 + 100])

    assert archive.region_of("a").read() == b"whole"
    assert isinstance(archive.damage, CorruptArchiveError)
    with pytest.raises(CorruptArchiveError):
        archive.region_of("b")


def test_outer_archive_without_end_blocks_is_whole_and_says_so(tmp_path: Path) -> None:
    data = outer({"a": b"whole"})

    archive = opened(tmp_path / "a.tar", data[:1024])

    assert archive.damage is None
    assert not archive.is_ended
    assert opened(tmp_path / "b.tar", data).is_ended


def test_outer_archive_over_member_limit_keeps_what_it_has(tmp_path: Path) -> None:
    data = outer({"a": b"", "b": b"", "c": b""})

    archive = opened(tmp_path / "a.tar", data, Limits(members=2))

    assert list(archive.members) == [b"a", b"b"]
    assert archive.damage is not None
    assert archive.damage.code == "over-limit"


def test_outer_archive_in_part_of_a_file_is_read_there(tmp_path: Path) -> None:
    data = outer({"a": b"inner"})
    (tmp_path / "f").write_bytes(b"?" * 700 + data)

    region = Region.of_file(str(tmp_path / "f")).part(700, len(data))
    archive = OuterArchive.read(region, Limits())

    assert archive.region_of("a").read() == b"inner"
