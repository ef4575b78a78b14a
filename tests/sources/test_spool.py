from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import CorruptStreamError, OverLimitError
from layerscope.sources.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_spool_regions_of_two_inputs_stand_apart() -> None:
    spool = Spool(1000)

    first, _ = spool.add([b"ab", b"c"])
    second, _ = spool.add([b"defg"])

    assert (first.read(), second.read()) == (b"abc", b"defg")
    spool.close()


def test_spool_over_limit_gives_its_room_back() -> None:
    spool = Spool(5)
    spool.add([b"abc"])

    with pytest.raises(OverLimitError, match="5 bytes"):
        spool.add([b"de", b"f"])

    region, damage = spool.add([b"xy"])
    assert (region.read(), damage) == (b"xy", None)
    spool.close()


def test_spool_damaged_stream_keeps_what_came_before() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"good"
        raise CorruptStreamError("the stream ends early")

    spool = Spool(100)
    region, damage = spool.add(pieces())

    assert region.read() == b"good"
    assert isinstance(damage, CorruptStreamError)
    spool.close()


def test_spool_zeros_become_holes() -> None:
    spool = Spool(1 << 30)

    region, _ = spool.add([bytes(1 << 20)] * 64)

    assert region.size == 64 << 20
    assert region.read(5 << 20, 3) == b"\0\0\0"
    assert region.descriptor is not None
    assert os.fstat(region.descriptor).st_blocks * 512 < 1 << 20
    spool.close()


def test_spool_file_has_no_name() -> None:
    spool = Spool(100)

    region, _ = spool.add([b"x"])

    assert region.descriptor is not None
    assert os.fstat(region.descriptor).st_nlink == 0
    spool.close()
