from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from layerscope.journeys.similar import similar
from layerscope.render.similar_text import similar_text
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

    from layerscope.report.similar_document import SimilarDocument

HOSTILE = ["a\x1b[31m", "line\nbreak", "caf\udce9", "[bold]x[/bold]", "\u202e", "n" * 150]


def document_of(folder: Path, name: str, count: int = 2) -> SimilarDocument:
    images = []
    # The config of an image is UTF-8; names of files are bytes.
    label = name.encode("utf-8", "replace").decode()
    for at in range(count):
        tree = Tree().file("first", b"x" * 100).file(name, b"y" * 900, mtime=at)
        images.append(ImageBuilder(names=(f"{label}{at}",)).layer(tree, label))
    packed = replace(images[0], names=(f"{label}p",))
    paths = [
        docker_archive(folder / "all.tar", *images),
        oci_archive(folder / "packed.tar", packed, compression="gzip"),
    ]
    return similar([str(path) for path in paths], jobs=1)


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("verbose", [False, True])
def test_no_name_gets_out_of_its_line(tmp_path: Path, name: str, *, verbose: bool) -> None:
    plain = similar_text(document_of(tmp_path, "plain"), verbose=verbose)

    text = similar_text(document_of(tmp_path, name), verbose=verbose)

    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert "\u202e" not in text.decode()
    assert text.count(b"\n") == plain.count(b"\n")


def test_long_lists_are_cut_and_say_so(tmp_path: Path) -> None:
    document = document_of(tmp_path, "file", count=40)

    text, whole = (similar_text(document, verbose=verbose).decode() for verbose in (False, True))

    assert "… and 11 more images\n" in text
    assert "  … and 34 more layers\n" in text
    assert "-v lists all" in text
    assert "…" not in whole
    assert whole.count("time of 1 member") == 39
    assert max(map(len, text.splitlines())) <= 80


def test_images_of_one_name_are_told_apart_by_platform(tmp_path: Path) -> None:
    image = ImageBuilder(names=("app:1",)).layer(Tree().file("a", b"a"))
    path = docker_archive(tmp_path / "app.tar", image, image.on("linux/arm64"))

    text = similar_text(similar([str(path)], jobs=1)).decode()

    assert "app:1 linux/amd64" in text
    assert "app:1 linux/arm64" in text


def test_images_that_share_nothing_are_said_to(tmp_path: Path) -> None:
    path = docker_archive(tmp_path / "app.tar", ImageBuilder().layer(Tree().file("a", b"a")))

    text = similar_text(similar([str(path)], jobs=1)).decode()

    assert "1 of 1 image compared" in text
    assert "No two images share a byte.\n" in text
    assert "none: no two layers hold the same files" in text


def test_times_before_1970_and_beyond_all_calendars_are_shown(tmp_path: Path) -> None:
    trees = [Tree().file("a", b"a", mtime=mtime) for mtime in (-1.5, 300_000_000_000)]
    images = [ImageBuilder(names=(f"i:{at}",)).layer(tree) for at, tree in enumerate(trees)]
    path = docker_archive(tmp_path / "app.tar", *images)

    text = similar_text(similar([str(path)], jobs=1)).decode()

    # 64 bits of nanoseconds end in 2262.
    assert "/a: 1969-12-31 23:59:58.5 -> 2262-04-11 23:47:16.854775807\n" in text


def test_nearest_layers_leave_out_near_equal_ones_and_those_hardly_near(tmp_path: Path) -> None:
    one = Tree().file("a", b"a" * 900).file("b", b"b" * 100)
    later = Tree().file("a", b"a" * 900, mtime=5).file("b", b"b" * 100)
    half = Tree().file("a", b"a" * 900).file("c", b"c" * 900)
    far = Tree().file("b", b"b" * 100).file("d", b"d" * 99_000)
    images = [
        ImageBuilder(names=(f"i:{at}",)).layer(tree)
        for at, tree in enumerate((one, later, half, far))
    ]
    document = similar([str(docker_archive(tmp_path / "app.tar", *images))], jobs=1)

    text = similar_text(document).decode()

    table = text[text.index("nearest layers") :]
    # The first two each share 900 of 1,900 bytes with the third, and 100 of 100,000 with the last.
    assert table.count("900 B") == 2
    assert table.count("47.4%") == 2
    assert "… and 2 more pairs" in table
    whole = similar_text(document, verbose=True).decode()
    assert whole[whole.index("nearest layers") :].count("0.1%") == 2


def test_layers_that_are_hardly_near_make_no_table(tmp_path: Path) -> None:
    one = Tree().file("a", b"a" * 900).file("b", b"b")
    two = Tree().file("c", b"c" * 900).file("b", b"b")
    images = [ImageBuilder(names=(f"i:{at}",)).layer(tree) for at, tree in enumerate((one, two))]
    path = docker_archive(tmp_path / "app.tar", *images)

    text = similar_text(similar([str(path)], jobs=1)).decode()

    title = "nearest layers  by the contents of their files, each once\n"
    assert title + "… and 1 more pair\n" in text


def test_blobs_say_in_what_they_differ_and_what_was_not_compared(tmp_path: Path) -> None:
    image = ImageBuilder(names=("app:1",)).layer(Tree().file("a", b"abc" * 5000), "COPY a /")
    paths = [
        str(oci_archive(tmp_path / f"{level}.tar", image, compression="gzip", level=level))
        for level in (0, 9)
    ]

    text = similar_text(similar(paths, jobs=1)).decode()
    unread = similar_text(similar(paths, jobs=1, read_again_bytes=0)).decode()

    assert "    differs in level or implementation\n" in text
    assert "    not compared\n" in unread
    assert "0.tar: app:1" in text


def test_headers_that_were_not_compared_are_said(tmp_path: Path) -> None:
    tar = Tree().file("a", b"a").layer_tar()
    images = [
        ImageBuilder(names=(f"i:{at}",)).layer(each)
        for at, each in enumerate((tar, tar + bytes(512)))
    ]
    path = str(docker_archive(tmp_path / "app.tar", *images))

    text = similar_text(similar([path], jobs=1)).decode()
    unread = similar_text(similar([path], jobs=1, read_again_bytes=0)).decode()

    assert "    bytes behind the last member\n      1024 -> 1536\n" in text
    assert "headers not compared: too much to read again" in unread
