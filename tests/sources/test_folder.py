from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import InputError, MissingBlobError, UnsafeMemberError
from layerscope.sources.folder import Folder

if TYPE_CHECKING:
    from pathlib import Path


def test_folder_file_is_found_below_real_folders(tmp_path: Path) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / "x").write_bytes(b"data")

    assert Folder(str(tmp_path)).region_of("blobs/x").read() == b"data"


def test_folder_given_as_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_bytes(b"data")
    (tmp_path / "link").symlink_to("real")

    assert Folder(str(tmp_path / "link")).region_of("x").read() == b"data"


def test_folder_link_to_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("/etc/hostname")

    with pytest.raises(UnsafeMemberError):
        Folder(str(tmp_path)).region_of("x")


def test_folder_link_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_bytes(b"data")
    (tmp_path / "blobs").symlink_to("real")

    with pytest.raises(UnsafeMemberError):
        Folder(str(tmp_path)).region_of("blobs/x")


def test_folder_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blobs").symlink_to("blobs")

    with pytest.raises(UnsafeMemberError):
        Folder(str(tmp_path)).region_of("blobs/x")


def test_folder_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")

    with pytest.raises(UnsafeMemberError):
        Folder(str(tmp_path)).region_of("x")


def test_folder_inside_instead_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()

    with pytest.raises(UnsafeMemberError):
        Folder(str(tmp_path)).region_of("x")


def test_folder_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingBlobError):
        Folder(str(tmp_path)).region_of("blobs/x")


def test_folder_file_instead_of_folder_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_bytes(b"")

    with pytest.raises(InputError):
        Folder(str(tmp_path)).region_of("blobs/x")
