from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import CorruptLayerError, NoSuchEntryError
from layerscope.files.content import copy_file, copy_row
from layerscope.sources.image import Layer
from layerscope.sources.region import Region

if TYPE_CHECKING:
    from pathlib import Path

BIG = bytes(range(256)) * 5000


def layer_of(path: Path, cut: int = 0) -> Layer:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in (("a", b"old"), ("big", BIG), ("empty", b""), ("a", b"new")):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for name, target in (("hard", "big"), ("loop", "loop"), ("gone", "nowhere")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.LNKTYPE, target
            tar.addfile(info)
        info = tarfile.TarInfo("dir")
        info.type = tarfile.DIRTYPE
        tar.addfile(info)
    data = buffer.getvalue()
    path.write_bytes(data[: len(data) - cut] if cut else data)
    return Layer(0, None, None, None, None, None, Region.of_file(str(path)), path.name)


def copied(layer: Layer, path: bytes) -> bytes:
    pieces: list[bytes] = []
    copy_file(layer, path, lambda piece: pieces.append(bytes(piece)))
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("path", "content"),
    [(b"/a", b"new"), (b"/big", BIG), (b"/empty", b""), (b"/hard", BIG)],
)
def test_content_of_a_path_is_that_of_its_last_entry(
    tmp_path: Path, path: bytes, content: bytes
) -> None:
    assert copied(layer_of(tmp_path / "layer.tar"), path) == content


@pytest.mark.parametrize("path", [b"/nothing", b"/dir", b"/loop", b"/gone"])
def test_content_of_what_is_no_file_is_refused(tmp_path: Path, path: bytes) -> None:
    with pytest.raises(NoSuchEntryError):
        copied(layer_of(tmp_path / "layer.tar"), path)


def test_content_of_a_damaged_layer_gives_out_nothing(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name in ("first", "last"):
            info = tarfile.TarInfo(name)
            info.size = 4
            tar.addfile(info, io.BytesIO(b"data"))
    path = tmp_path / "layer.tar"
    path.write_bytes(buffer.getvalue()[: 512 * 3 + 2])
    layer = Layer(0, None, None, None, None, None, Region.of_file(str(path)), path.name)
    pieces: list[bytes | memoryview] = []

    with pytest.raises(CorruptLayerError):
        copy_file(layer, b"/first", pieces.append)

    assert pieces == []


def test_content_of_a_row_is_that_of_the_entry_and_not_of_its_path(tmp_path: Path) -> None:
    layer = layer_of(tmp_path / "layer.tar")
    pieces: list[bytes] = []

    copy_row(layer, 0, lambda piece: pieces.append(bytes(piece)))

    assert b"".join(pieces) == b"old"
