from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
from typing import TYPE_CHECKING

import pytest

from layerscope.sources.limits import Limits
from layerscope.sources.transport import open_inputs, open_one
from tests.sources.archives import Layout, docker, docker_files, layer, outer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def layout_tar() -> bytes:
    layout = Layout()
    layout.add(layout.image("a"), "app")
    return outer(layout.all_files())


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_archive_is_read_from_the_spool(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    (tmp_path / "image").write_bytes(compress(layout_tar()))

    opened = open_one(str(tmp_path / "image"))

    assert opened.source == "oci-archive"
    (image,) = opened.images
    assert image.layers[0].region is not None
    assert image.layers[0].region.read() == layer("a")


def test_compressed_archive_that_ends_early_keeps_whole_members(tmp_path: Path) -> None:
    files = docker_files("a", tags=["app:1"])
    files["last"] = os.urandom(100_000)
    data = gzip.compress(outer(files))
    (tmp_path / "a.tar.gz").write_bytes(data[:-1000])

    opened = open_one(str(tmp_path / "a.tar.gz"))

    assert [image.names for image in opened.images] == [("app:1",)]
    assert [fault.code for fault in opened.faults] == ["corrupt-stream"]


def test_compressed_archive_over_the_spool_limit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(gzip.compress(layout_tar()))

    opened = open_one(str(tmp_path / "a.tar"), limits=Limits(spool_bytes=1000))

    assert [fault.code for fault in opened.faults] == ["over-limit"]


@pytest.mark.parametrize("data", [layout_tar(), gzip.compress(layout_tar())])
def test_stdin_is_read_like_a_file(data: bytes) -> None:
    (opened,) = open_inputs(["-"], stdin=io.BytesIO(data))

    assert opened.input == "-"
    assert [image.names for image in opened.images] == [("app",)]


def test_archive_whose_first_member_begins_like_bzip2_is_a_tar(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", {"BZh9": b"", **docker_files("a")})

    assert len(open_one(path).images) == 1


def test_folder_of_archives_gives_each_image_archive(tmp_path: Path) -> None:
    docker(tmp_path / "b.tar", docker_files("b", tags=["b:1"]))
    docker(tmp_path / "a", docker_files("a", tags=["a:1"]))
    (tmp_path / "README.md").write_text("not an image")
    (tmp_path / "sub").mkdir()
    os.mkfifo(tmp_path / "pipe")

    opened = open_inputs([str(tmp_path)])

    assert [one.images[0].names for one in opened] == [("a:1",), ("b:1",)]


def test_empty_folder_is_no_image(tmp_path: Path) -> None:
    opened = open_one(str(tmp_path))

    assert [fault.code for fault in opened.faults] == ["not-an-image"]


def test_file_named_twice_is_read_once(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", docker_files("a"))
    (tmp_path / "link.tar").symlink_to("a.tar")

    opened = open_inputs([path, str(tmp_path / "link.tar"), path])

    assert [one.input for one in opened] == [path]


def test_bad_input_does_not_hide_the_next(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", docker_files("a"))

    first, second = open_inputs([str(tmp_path / "none.tar"), path])

    assert [fault.code for fault in first.faults] == ["unreadable"]
    assert len(second.images) == 1


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "not-an-image", "empty file"),
        (bytes(10240), "not-an-image", "without members"),
        (b"hello\n" * 500, "not-an-image", "a text"),
        (b"PK\x03\x04" + bytes(600), "not-an-image", "ZIP"),
        (outer({"README": b"hi"}), "not-an-image", "neither manifest.json nor index.json"),
        (outer({"oci-layout": b"{}", "blobs/x": b""}), "not-an-image", "no index.json"),
        (outer({"etc/a": b"", "usr/b": b"", "bin/c": b""}), "container-export", "no layers"),
        (outer({".dockerenv": b"", "hello": b""}), "container-export", "no layers"),
        (outer({"x": b"y" * 5000})[:2000], "corrupt-archive", "ends"),
    ],
)
def test_file_that_is_no_image_is_named_for_what_it_is(
    tmp_path: Path, data: bytes, code: str, words: str
) -> None:
    (tmp_path / "f").write_bytes(data)

    (fault,) = open_one(str(tmp_path / "f")).faults

    assert fault.code == code
    assert words in fault.message


def test_pipe_given_as_path_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    (fault,) = open_one(str(tmp_path / "pipe")).faults

    assert fault.code == "unsafe-member"


def test_layer_transport_reads_one_bare_layer(tmp_path: Path) -> None:
    (tmp_path / "l.tar.gz").write_bytes(gzip.compress(layer("a")))

    opened = open_one(f"layer:{tmp_path}/l.tar.gz")

    assert opened.source == "layer"
    (image,) = opened.images
    assert [one.diff_id for one in image.layers] == [None]
    assert opened.faults == ()


def test_transport_of_another_format_is_refused(tmp_path: Path) -> None:
    path = docker(tmp_path / "a.tar", docker_files("a"))

    (fault,) = open_one(f"oci-archive:{path}").faults

    assert fault.code == "not-an-image"
    assert "docker-archive" in fault.message


def test_trailing_bytes_after_the_end_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(layout_tar() + b"garbage" * 1000)

    opened = open_one(str(tmp_path / "a.tar"))

    assert (len(opened.images), opened.faults) == (1, ())


def test_cut_archive_is_faulty_and_its_cut_layer_marked(tmp_path: Path) -> None:
    layout = Layout()
    layout.add(layout.image("a", "b"))
    files = layout.all_files()
    last = "blobs/" + str(layout.blob(layer("b"), "x")["digest"]).replace(":", "/")
    data = outer(
        {**{name: value for name, value in files.items() if name != last}, last: files[last]}
    )
    end = len(data.rstrip(b"\0"))
    (tmp_path / "a.tar").write_bytes(data[: end - 200])

    opened = open_one(str(tmp_path / "a.tar"))

    assert [one.missing for one in opened.images[0].layers] == [None, "missing-blob"]
    assert [(fault.code, fault.layer) for fault in opened.faults] == [
        ("corrupt-archive", None),
        ("corrupt-archive", 1),
    ]
