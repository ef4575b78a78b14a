from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import CorruptLayerError, MissingBlobError
from layerscope.files import ranges as ranges_module
from layerscope.files.ranges import read_ranges
from layerscope.sources.image import Layer
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.synth.compress import compressed
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TAR = Tree().file("a", bytes(range(256)) * 8000).file("b", b"xyz").layer_tar()


def layer_of(path: Path, stored: bytes | None) -> Layer:
    if stored is not None:
        path.write_bytes(stored)
    region = None if stored is None else Region.of_file(str(path))
    return Layer(0, None, None, None, None, None, region, path.name)


@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_ranges_are_handed_over_whole_and_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compression: str
) -> None:
    # Given ranges in no order: at the start, side by side, over many pieces, at the end
    monkeypatch.setattr(ranges_module, "PIECE", 1000)
    layer = layer_of(tmp_path / "layer", compressed(TAR, compression))
    wanted = [(700_000, 900_001), (0, 10), (10, 5), (len(TAR) - 7, 7)]
    read: dict[int, bytearray] = {offset: bytearray() for offset, _ in wanted}
    order: list[int] = []

    def taking(at: int) -> Callable[[bytes], None]:
        def take(piece: bytes) -> None:
            order.append(at)
            read[at].extend(piece)

        return take

    # When read
    read_ranges(layer, [(at, size, taking(at)) for at, size in wanted], DEFAULT_LIMITS)

    # Then each is what the tar holds there
    assert {at: bytes(found) for at, found in read.items()} == {
        at: TAR[at : at + size] for at, size in wanted
    }
    assert order == sorted(order)


@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_ranges_beyond_the_end_are_corrupt(tmp_path: Path, compression: str) -> None:
    layer = layer_of(tmp_path / "layer", compressed(TAR, compression))

    with pytest.raises(CorruptLayerError):
        read_ranges(layer, [(len(TAR) - 2, 3, bytes)], DEFAULT_LIMITS)


def test_ranges_of_a_layer_without_bytes_are_missing_unless_none_is_wanted(tmp_path: Path) -> None:
    layer = layer_of(tmp_path / "layer", None)

    read_ranges(layer, [], DEFAULT_LIMITS)
    with pytest.raises(MissingBlobError):
        read_ranges(layer, [(0, 1, bytes)], DEFAULT_LIMITS)
