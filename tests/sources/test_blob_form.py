from __future__ import annotations

import gzip
import zlib
from binascii import crc32
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import CorruptStreamError, OverLimitError
from layerscope.sources.blob_form import (
    FORM_FIELDS,
    BlobForm,
    blob_form,
    form_differences,
    gzip_header,
)
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"".join(b"line %d of a text\n" % (number * number % 9973) for number in range(9000))


def packed(
    level: int = 6,
    *,
    flags: int = 0,
    mtime: int = 0,
    hint: int = 0,
    system: int = 255,
    optional: bytes = b"",
    flush_every: int = 0,
) -> bytes:
    """One gzip member with a header of one's own."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = b""
    for at in range(0, len(CONTENT), flush_every or len(CONTENT)):
        body += packer.compress(CONTENT[at : at + (flush_every or len(CONTENT))])
        if flush_every:
            body += packer.flush(zlib.Z_SYNC_FLUSH)
    body += packer.flush()
    head = b"\x1f\x8b\x08" + bytes([flags]) + mtime.to_bytes(4, "little") + bytes([hint, system])
    tail = crc32(CONTENT).to_bytes(4, "little") + len(CONTENT).to_bytes(4, "little")
    return head + optional + body + tail


def form(folder: Path, data: bytes) -> BlobForm:
    path = folder / "blob"
    path.write_bytes(data)
    return blob_form(Region.of_file(str(path)), DEFAULT_LIMITS)


def found_in(folder: Path, one: bytes, two: bytes) -> list[tuple[str, str, str]]:
    return form_differences(form(folder, one), form(folder, two))


def test_header_with_every_optional_field_is_read() -> None:
    optional = b"\3\0abcname\0a comment\0\x12\x34"

    header = gzip_header(packed(flags=0x1F, mtime=77, hint=2, system=3, optional=optional))

    assert (header.length, header.mtime, header.hint, header.system) == (10 + 22, 77, 2, 3)
    assert (header.extra, header.name, header.comment) == (b"abc", b"name", b"a comment")


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (packed(mtime=9), ("gzip-mtime", "0", "9")),
        (packed(system=3), ("gzip-os", "255", "3")),
        (packed(hint=2), ("gzip-level-hint", "0", "2")),
        (packed(flags=1), ("gzip-flags", "0", "1")),
        (packed(flags=8, optional=b"app.tar\0"), ("gzip-name", "", "app.tar")),
        (packed(flags=16, optional=b"hi\0"), ("gzip-comment", "", "hi")),
        (packed(flags=4, optional=b"\2\0ab"), ("gzip-extra", "", "6162")),
        (packed(level=1), ("level-or-implementation", "", "")),
        (packed() + gzip.compress(b"", mtime=0), ("gzip-members", "1", "2")),
        (CONTENT, ("compression", "gzip", "none")),
        (compressed(CONTENT, "zstd"), ("compression", "gzip", "zstd")),
    ],
)
def test_each_field_that_differs_is_named_alone(
    tmp_path: Path, other: bytes, difference: tuple[str, str, str]
) -> None:
    assert found_in(tmp_path, packed(), other) == [difference]


def test_header_and_level_are_told_apart(tmp_path: Path) -> None:
    found = found_in(tmp_path, packed(), packed(level=9, hint=2, mtime=5))

    assert [field for field, _, _ in found] == [
        "gzip-mtime",
        "gzip-level-hint",
        "level-or-implementation",
    ]
    assert all(field in FORM_FIELDS for field, _, _ in found)


def test_marks_of_flushes_are_counted_across_pieces(tmp_path: Path) -> None:
    plain, flushed = form(tmp_path, packed()), form(tmp_path, packed(flush_every=1000))

    assert plain.flushes == 0
    assert flushed.flushes == -(-len(CONTENT) // 1000)
    names = [field for field, _, _ in form_differences(plain, flushed)]
    assert names == ["gzip-flushes", "level-or-implementation"]


def test_zstd_of_two_levels_is_level_or_implementation(tmp_path: Path) -> None:
    one, two = compressed(CONTENT, "zstd", 1), compressed(CONTENT, "zstd", 19)

    assert found_in(tmp_path, one, two) == [("level-or-implementation", "", "")]


def test_indexes_are_known_by_how_blobs_end(tmp_path: Path) -> None:
    extra = b"SG\x16\0" + b"%016x" % 99 + b"STARGZ"
    footer = b"\x1f\x8b\x08\4" + bytes(5) + b"\xff" + len(extra).to_bytes(2, "little") + extra
    footer += b"\1\0\0\xff\xff" + bytes(8)
    assert len(footer) == 51
    frame = b"\x50\x2a\x4d\x18" + (64).to_bytes(4, "little") + bytes(56) + b"GNUlInUx"

    found = form(tmp_path, packed() + footer)
    assert (found.index, found.members) == ("estargz", 2)
    assert form(tmp_path, compressed(CONTENT, "zstd") + frame).index == "zstd:chunked"
    assert (
        form(tmp_path, compressed(CONTENT, "zstd") + frame.replace(b"GN", b"Gn")).index is not None
    )
    assert form(tmp_path, compressed(CONTENT, "zstd")).index is None
    assert form(tmp_path, packed()).index is None


def test_many_members_are_counted(tmp_path: Path) -> None:
    assert form(tmp_path, b"".join([gzip.compress(b"x" * 10)] * 3000)).members == 3000


def test_member_that_unpacks_to_whole_pieces_is_counted(tmp_path: Path) -> None:
    assert form(tmp_path, gzip.compress(bytes(4 << 20)) * 2).members == 2


def test_damaged_and_too_long_streams_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "blob"
    path.write_bytes(packed()[:40] + bytes(40))
    with pytest.raises(CorruptStreamError):
        blob_form(Region.of_file(str(path)), DEFAULT_LIMITS)
    path.write_bytes(packed())
    with pytest.raises(OverLimitError):
        blob_form(Region.of_file(str(path)), replace(DEFAULT_LIMITS, layer_bytes=1000))
    for short in (b"", b"\x1f\x8b\x08", packed(flags=4, optional=b"\xff\xff")[:300]):
        with pytest.raises(CorruptStreamError):
            gzip_header(short)
    with pytest.raises(OverLimitError):
        gzip_header(b"\x1f\x8b\x08\x08" + bytes(6) + b"n" * 100)
