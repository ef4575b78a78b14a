from __future__ import annotations

import gzip
import subprocess

import pytest

from layerscope.synth.compress import compressed
from tests.surroundings import require_program

# Around the 65,535 bytes that one stored block of deflate holds.
LENGTHS = [0, 1, 65_534, 65_535, 65_536, 200_000]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("level", [0, 1, 6])
def test_gzip_of_each_level_is_read_by_the_standard_library(length: int, level: int) -> None:
    content = bytes(number % 251 for number in range(length))

    stored = compressed(content, "gzip", level)

    assert gzip.decompress(stored) == content


def test_gzip_of_level_0_is_these_bytes_everywhere() -> None:
    stored = compressed(b"a", "gzip", 0)

    # RFC 1952: magic, deflate, no flags, no time, no hint, system unknown. RFC 1951: last stored
    # block, length and its complement. CRC-32 of "a" is e8b7be43, its length 1.
    assert stored.hex() == "1f8b08000000000000ff" + "010100feff61" + "43beb7e8" + "01000000"


@pytest.mark.programs
def test_zstd_frame_is_read_by_the_zstd_program() -> None:
    program = require_program("zstd")
    content = b"layer" * 10_000

    stored = compressed(content, "zstd")

    done = subprocess.run([program, "-dc"], input=stored, capture_output=True, check=True)
    assert done.stdout == content


def test_none_is_the_content_itself() -> None:
    assert compressed(b"abc", "none") == b"abc"


def test_unknown_compression_is_refused() -> None:
    with pytest.raises(ValueError, match="expected none, gzip or zstd, found 'lzma'"):
        compressed(b"", "lzma")
