"""A cut image is never taken for a whole one; a missing end that holds nothing is no fault."""

from __future__ import annotations

import gzip
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import CorruptLayerError
from layerscope.files.scan_layer import LayerScan, scan_layer
from layerscope.journeys.pool import read_layers
from layerscope.sources.image import Layer
from layerscope.sources.region import Region
from layerscope.sources.transport import open_inputs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, docker_archive_oci, oci_archive
from layerscope.synth.oci_content import Nested
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable

APP = (
    ImageBuilder(names=("app:1",))
    .layer(Tree().dir("etc").file("etc/motd", b"hello" * 300), "ADD rootfs.tar /")
    .layer(Tree().whiteout("etc/issue").file("srv/app", b"run"), "COPY app /srv/app")
)
PLATFORMS = Nested((APP.named(), APP.named().on("linux/arm64")), names=("app:1",))

WRITERS: dict[str, Callable[[str], Path]] = {
    "docker-archive": lambda path: docker_archive(path, APP),
    "engine-25": lambda path: docker_archive_oci(path, APP),
    "oci-archive": lambda path: oci_archive(path, APP),
    "oci-archive-gzip": lambda path: oci_archive(path, APP, compression="gzip"),
    "oci-archive-zstd": lambda path: oci_archive(path, APP, compression="zstd"),
    "oci-archive-nested": lambda path: oci_archive(path, PLATFORMS),
}
# Nothing of the image is in these, so a cut that loses only them may or may not be noticed. Where
# engine 25 writes both documents, `index.json` comes first and says all that `manifest.json` does.
UNNEEDED = {
    layout: ("oci-layout", "repositories", *(["manifest.json"] if layout == "engine-25" else []))
    for layout in WRITERS
}


def written(layout: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return WRITERS[layout](f"{folder}/app.tar").read_bytes()


ARCHIVES = {layout: written(layout) for layout in WRITERS}


def content_ends(tar: bytes) -> dict[str, int]:
    """Where the content of each member ends, without its padding, by the standard library."""
    with tarfile.open(fileobj=BytesIO(tar)) as opened:
        return {member.name: member.offset_data + member.size for member in opened}


def faults(content: bytes) -> list[str]:
    """The codes of all faults that reading an input of these bytes ends with."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "app.tar")
        path.write_bytes(content)
        opened = open_inputs([str(path)])
        outcomes = read_layers(opened, jobs=1)
    found = [fault.code for one in opened for fault in one.faults]
    return found + [outcome.fault.code for outcome in outcomes.values() if outcome.fault]


@pytest.mark.parametrize("layout", sorted(ARCHIVES))
@given(data=st.data())
def test_archive_cut_before_a_needed_byte_has_a_fault(layout: str, data: st.DataObject) -> None:
    whole = ARCHIVES[layout]
    ends = content_ends(whole)
    needed = max(end for name, end in ends.items() if name not in UNNEEDED[layout])

    length = data.draw(st.integers(0, needed - 1))

    assert faults(whole[:length]) != []


def test_archive_of_engine_25_cut_before_its_second_document_is_whole_by_the_first() -> None:
    whole = ARCHIVES["engine-25"]
    ends = content_ends(whole)
    assert ends["index.json"] < ends["manifest.json"]

    assert faults(whole[: ends["index.json"]]) == []
    # A cut inside of the second document is noticed all the same.
    assert faults(whole[: ends["manifest.json"] - 1]) != []


@pytest.mark.parametrize("layout", sorted(ARCHIVES))
@given(data=st.data())
def test_archive_without_its_last_zeros_is_whole(layout: str, data: st.DataObject) -> None:
    whole = ARCHIVES[layout]
    last = max(content_ends(whole).values())
    # Half an end block is no end block: what stands there may have been a header.
    blocks = [last + -last % 512, len(whole) - 512, len(whole)]

    length = data.draw(st.sampled_from(blocks))

    assert faults(whole[:length]) == []


@given(data=st.data())
def test_compressed_archive_cut_anywhere_has_a_fault(data: st.DataObject) -> None:
    whole = gzip.compress(ARCHIVES["docker-archive"], mtime=0)

    length = data.draw(st.integers(0, len(whole) - 1))

    assert faults(whole[:length]) != []


LAYER = Tree().dir("a").file("a/b", b"1" * 700).file("a/" + "c" * 200, b"2" * 512).symlink("s", "a")
LONG_NAME = 2
"""The member of `LAYER` whose name needs a PAX header."""


def scan_of(content: bytes) -> LayerScan:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "layer.tar")
        path.write_bytes(content)
        region = Region.of_file(str(path))
        return scan_layer(Layer(0, None, None, None, None, None, region, "layer.tar"))


def members(tar: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=BytesIO(tar)) as opened:
        return opened.getmembers()


@given(st.data())
def test_bare_layer_cut_inside_of_a_member_is_corrupt(data: st.DataObject) -> None:
    tar = LAYER.layer_tar()
    member = data.draw(st.sampled_from(members(tar)))
    header = member.offset_data - 512

    length = data.draw(st.integers(header + 1, header + 511 + member.size))

    with pytest.raises(CorruptLayerError):
        scan_of(tar[:length])


@given(st.data())
def test_bare_layer_cut_inside_of_an_extension_header_is_corrupt(data: st.DataObject) -> None:
    tar = LAYER.layer_tar()
    start = members(tar)[LONG_NAME].offset
    body = int(tar[start + 124 : start + 135], 8)

    length = data.draw(st.integers(start + 1, start + 511 + body))

    with pytest.raises(CorruptLayerError):
        scan_of(tar[:length])


@pytest.mark.parametrize("number", [1, 2, 3])
def test_bare_layer_cut_between_two_members_is_a_note(number: int) -> None:
    tar = LAYER.layer_tar()

    scan = scan_of(tar[: members(tar)[number].offset])

    assert scan.entries == number
    assert scan.notes == ("the tar has no end-of-archive blocks",)


def test_bare_layer_cut_behind_an_extension_header_is_a_note_as_for_go() -> None:
    tar = LAYER.layer_tar()

    # Go's archive/tar takes an extension header that no member follows for the end.
    scan = scan_of(tar[: members(tar)[LONG_NAME].offset_data - 512])

    assert scan.entries == LONG_NAME
    assert scan.notes == ("the tar has no end-of-archive blocks",)
