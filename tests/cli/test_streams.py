from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from layerscope.cli.options import CommonOptions, FileOptions, Format, FormatOptions
from layerscope.cli.streams import Targets, whole_file
from layerscope.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole_file_is_there_at_the_end_and_not_before(tmp_path: Path) -> None:
    target = tmp_path / "out"

    with whole_file(str(target), force=False) as stream:
        stream.write(b"half")
        assert not target.exists()
        stream.write(b" whole")

    assert target.read_bytes() == b"half whole"
    assert names(tmp_path) == ["out"]


def test_whole_file_of_a_failing_block_leaves_nothing(tmp_path: Path) -> None:
    def write() -> None:
        with whole_file(str(tmp_path / "out"), force=False) as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write()

    assert names(tmp_path) == []


def test_whole_file_of_a_failing_block_keeps_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"old")

    def write() -> None:
        with whole_file(str(tmp_path / "out"), force=True) as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        write()

    assert (tmp_path / "out").read_bytes() == b"old"


def test_whole_file_never_replaces_one_that_came_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "out"

    def write() -> None:
        with whole_file(str(target), force=False) as stream:
            stream.write(b"mine")
            target.write_bytes(b"theirs")

    with pytest.raises(UsageError, match="file exists"):
        write()

    assert target.read_bytes() == b"theirs"
    assert names(tmp_path) == ["out"]


def test_whole_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")

    with whole_file(str(tmp_path / "out"), force=False):
        pass

    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "out")]
    assert modes[0] == modes[1]


def test_whole_file_through_a_link_replaces_what_it_points_at(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")

    with whole_file(str(tmp_path / "link"), force=True) as stream:
        stream.write(b"new")

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_whole_file_writes_to_a_device_as_it_is() -> None:
    before = os.stat(os.devnull)

    with whole_file(os.devnull, force=True) as stream:
        stream.write(b"gone")

    assert os.stat(os.devnull).st_rdev == before.st_rdev


def test_whole_file_in_no_folder_is_a_usage_error(tmp_path: Path) -> None:
    def write() -> None:
        with whole_file(str(tmp_path / "none" / "out"), force=False):
            pass

    with pytest.raises(UsageError, match="cannot write: no such file or directory"):
        write()


def test_targets_keep_formats_in_the_order_given(tmp_path: Path) -> None:
    formats = FormatOptions(save=[f"json={tmp_path}/a", f"text={tmp_path}/b=c"])

    targets = Targets.of(CommonOptions(), FileOptions(), formats)

    assert targets.saves == ((Format.JSON, f"{tmp_path}/a"), (Format.TEXT, f"{tmp_path}/b=c"))
