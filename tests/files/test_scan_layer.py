from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import sys
import tarfile
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import (
    CorruptLayerError,
    CorruptStreamError,
    DigestMismatchError,
    MissingBlobError,
    OverLimitError,
    SizeMismatchError,
)
from layerscope.files.scan_layer import scan_layer
from layerscope.oci.digest import DiffID, Digest
from layerscope.sources.image import Layer
from layerscope.sources.limits import Limits
from layerscope.sources.region import Region

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def tar_with(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


TAR = tar_with("etc/motd", b"hello" * 1000)


def digest(data: bytes, algorithm: str = "sha256") -> Digest:
    return Digest(algorithm, hashlib.new(algorithm, data).hexdigest())


def layer(
    path: Path,
    stored: bytes,
    *,
    blob: Digest | None = None,
    size: int | None = None,
    diff_id: Digest | None = None,
) -> Layer:
    path.write_bytes(stored)
    claimed = None if diff_id is None else DiffID(diff_id)
    return Layer(0, None, blob, size, claimed, None, Region.of_file(str(path)), path.name)


@pytest.mark.parametrize(
    ("compression", "pack"),
    [
        ("none", bytes),
        ("gzip", gzip.compress),
        ("zstd", zstd.compress),
        ("bzip2", bz2.compress),
        ("xz", lzma.compress),
        ("gzip", lambda data: gzip.compress(data[:700]) + gzip.compress(data[700:])),
        ("zstd", lambda data: zstd.compress(data[:700]) + zstd.compress(data[700:])),
        ("bzip2", lambda data: bz2.compress(data[:700]) + bz2.compress(data[700:])),
        ("xz", lambda data: lzma.compress(data[:700]) + lzma.compress(data[700:]) + bytes(8)),
    ],
)
def test_scan_of_each_compression_measures_the_same_tar(
    tmp_path: Path, compression: str, pack: Callable[[bytes], bytes]
) -> None:
    stored = pack(TAR)

    found = scan_layer(layer(tmp_path / "blob", stored, diff_id=digest(TAR)))

    assert found.compression == compression
    assert (found.digest, found.diff_id) == (digest(stored), digest(TAR))
    assert (found.compressed_bytes, found.uncompressed_bytes) == (len(stored), len(TAR))
    assert (found.entries, found.files, found.content_bytes) == (1, 1, 5000)


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("damage", [lambda data: data[:-4], lambda data: data + b"more than that"])
def test_scan_of_a_cut_or_followed_stream_is_refused(
    tmp_path: Path, pack: Callable[[bytes], bytes], damage: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(CorruptStreamError):
        scan_layer(layer(tmp_path / "blob", damage(pack(TAR))))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_scan_checks_digests_of_other_algorithms_too(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    stored = pack(TAR)
    good = layer(
        tmp_path / "good",
        stored,
        blob=digest(stored, "sha512"),
        diff_id=digest(TAR, "sha512"),
    )
    bad = layer(tmp_path / "bad", stored, diff_id=digest(b"other", "sha512"))

    assert scan_layer(good).diff_id == digest(TAR, "sha512")
    with pytest.raises(DigestMismatchError):
        scan_layer(bad)


def test_scan_of_changed_bytes_blames_the_digest_not_the_tar(tmp_path: Path) -> None:
    damaged = bytearray(TAR)
    damaged[0] ^= 1  # the header's checksum is wrong now

    with pytest.raises(DigestMismatchError):
        scan_layer(layer(tmp_path / "blob", bytes(damaged), blob=digest(TAR)))
    with pytest.raises(CorruptLayerError):
        scan_layer(layer(tmp_path / "blob", bytes(damaged), blob=digest(bytes(damaged))))


def test_scan_of_a_blob_of_another_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SizeMismatchError):
        scan_layer(layer(tmp_path / "blob", TAR, size=len(TAR) + 1))


def test_scan_of_what_is_not_there_is_refused() -> None:
    with pytest.raises(MissingBlobError):
        scan_layer(Layer(0, None, digest(TAR), None, None, None, None, "gone"))


def test_scan_stops_at_the_limit_of_a_layer(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(4 * 2**20))

    with pytest.raises(OverLimitError):
        scan_layer(layer(tmp_path / "blob", bomb), limits=Limits(layer_bytes=2**20))


def test_scan_of_a_tar_whose_first_name_looks_like_bzip2_reads_a_tar(tmp_path: Path) -> None:
    tar = tar_with("BZh9/file", b"content")

    assert scan_layer(layer(tmp_path / "blob", tar)).compression == "none"


def test_scan_without_end_blocks_says_so_in_a_note(tmp_path: Path) -> None:
    found = scan_layer(layer(tmp_path / "blob", TAR[: 512 + 5120]))

    assert found.notes == ("the tar has no end-of-archive blocks",)
    assert scan_layer(layer(tmp_path / "blob", TAR)).notes == ()


def test_scan_is_short_when_printed(tmp_path: Path) -> None:
    found = scan_layer(layer(tmp_path / "blob", TAR))

    assert len(repr(found)) < 600
