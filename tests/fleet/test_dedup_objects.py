from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import UnreadableInputError
from layerscope.fleet.dedup_objects import PARTS, THREADS, Counted, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Digests of few values in both words: halves that are equal where the whole is not, in few parts
# and in many.
DIGESTS = st.tuples(st.sampled_from([0, 1, 2**59, 2**63, 2**64 - 1]), st.integers(0, 2))
LAYERS = st.lists(st.lists(DIGESTS, max_size=12), max_size=6)


def size_of(digest: tuple[int, int]) -> int:
    """Equal objects have equal sizes."""
    return digest[0] % 7 + 10 * digest[1] + 1


def tally_of(layers: Sequence[Sequence[tuple[int, int]]], rows_in_memory: int) -> Tally:
    tally = Tally(rows_in_memory)
    for layer, digests in enumerate(layers):
        words = np.array(digests, dtype=np.uint64).reshape(-1, 2)
        tally.add(layer, words, np.array([size_of(each) for each in digests], dtype=np.int64))
    return tally


@given(LAYERS, st.lists(st.sets(st.integers(0, 5)), max_size=4), st.sampled_from([0, 7, 1000]))
def test_counting_equals_sets_however_little_stays_in_memory(
    layers: list[list[tuple[int, int]]], images: list[set[int]], rows_in_memory: int
) -> None:
    images = [{layer for layer in image if layer < len(layers)} for image in images]

    found = tally_of(layers, rows_in_memory).count([sorted(image) for image in images])

    held = [{digest for layer in image for digest in layers[layer]} for image in images]
    everything = {digest for layer in layers for digest in layer}
    others = [set().union(*(held[:at] + held[at + 1 :])) for at in range(len(held))]
    assert found == Counted(
        objects=len(everything),
        entries=sum(map(len, layers)),
        content_bytes=sum(map(size_of, everything)),
        image_objects=[len(each) for each in held],
        image_bytes=[sum(map(size_of, each)) for each in held],
        image_unique_bytes=[
            sum(map(size_of, own - other)) for own, other in zip(held, others, strict=True)
        ],
    )


def test_parts_are_sorted_so_many_at_a_time_that_none_is_left() -> None:
    assert PARTS % THREADS == 0


def test_records_beyond_the_bound_lie_in_a_file_that_has_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    digests = [(number << 40, number) for number in range(100)]

    tally = tally_of([digests, digests], rows_in_memory=50)

    assert tally._file is not None
    assert list(tmp_path.iterdir()) == []
    assert tally.count([[0], [1]]).objects == 100


def test_temporary_file_that_cannot_be_made_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))

    with pytest.raises(UnreadableInputError, match="a temporary file for digests: No such file"):
        tally_of([[(1, 1), (2, 2)]], rows_in_memory=1)


def test_sizes_beyond_what_a_float_holds_are_added_to_the_byte() -> None:
    tally = Tally()
    words = np.array([[1, 1], [2, 2]], dtype=np.uint64)

    tally.add(0, words, np.array([2**53 + 1, 2], dtype=np.int64))

    assert tally.count([[0]]).image_unique_bytes == [2**53 + 3]
