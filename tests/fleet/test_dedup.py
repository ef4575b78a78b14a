from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.fleet.dedup import (
    IMAGE_LEVELS,
    INDEX_ENTRY_BYTES,
    LEVELS,
    Level,
    distinct_layers,
    ladder,
    object_level,
)
from layerscope.fleet.frames import frames_of_columns
from tests.fleet.made import digest, fleet
from tests.surroundings import require_conformance

if TYPE_CHECKING:
    import pandas as pd

    from layerscope.fleet.frames import Frames

WORDS = st.lists(st.text("abcdABCD", max_size=6), max_size=7)


def cells(frame: pd.DataFrame, column: str, **where: object) -> list[Any]:
    """A column as plain values, of rows that have the values given."""
    chosen = frame
    for name, value in where.items():
        chosen = chosen[chosen[name] == value]
    return [
        None if missing else value
        for value, missing in zip(
            chosen[column].tolist(), chosen[column].isna().tolist(), strict=True
        )
    ]


def file_level(frames: Frames, files: dict[str, list[str]]) -> Level:
    """The level of files that are letters, one byte each for a, two for b … in a layer's list."""

    def objects(found: list[str]) -> tuple[Any, Any]:
        words = np.array([[ord(file), ord(file)] for file in found], dtype=np.uint64)
        sizes = np.array([ord(file) - ord("a") + 1 for file in found], dtype=np.int64)
        return words.reshape(-1, 2), sizes

    tables = [files.get(name) for name in distinct_layers(frames)]
    return object_level(
        frames, "file", [None if table is None else objects(table) for table in tables]
    )


def test_levels_of_whole_layers() -> None:
    found = ladder(fleet("ab", "aB", "cb")).levels

    assert list(found.columns) == list(LEVELS)
    assert found["level"].tolist() == ["referenced", "blob", "diff_id"]
    # Six layers are listed. Blobs a b B c; DiffIDs a b c.
    assert found["entries"].tolist() == [6, 6, 6]
    assert found["objects"].tolist() == [6, 4, 3]
    assert found["requests"].tolist() == [6, 6, 6]
    # Content is 9, 90 and 900 bytes of a, b and c; blobs are 5, 50 and 500.
    assert found["content_bytes"].tolist() == [99 + 99 + 990, 9 + 90 + 90 + 900, 999]
    assert cells(found, "compressed_bytes") == [55 + 55 + 550, 605, None]
    assert found["index_bytes"].tolist() == [40 * 12, 40 * 10, 40 * 9]


def test_images_at_each_level() -> None:
    found = ladder(fleet("ab", "aB", "cb")).images

    assert list(found.columns) == list(IMAGE_LEVELS)
    assert found["image"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert cells(found, "objects", level="blob") == [2, 2, 2]
    assert cells(found, "compressed_bytes", level="blob") == [55, 55, 550]
    assert cells(found, "content_bytes", level="blob") == [99, 99, 990]
    assert cells(found, "unique_bytes", level="referenced") == [99, 99, 990]
    # a is in two images, b in two, B and c in one.
    assert cells(found, "unique_bytes", level="blob") == [0, 90, 900]
    assert cells(found, "unique_bytes", level="diff_id") == [0, 0, 900]


def test_ten_images_of_one_repository_are_stored_in_a_sixth_of_their_bytes() -> None:
    listing = json.loads(require_conformance("ten-gradle-images.json").read_text())
    rows: dict[str, list[Any]] = defaultdict(list)
    for image in range(listing["images"]):
        held = [layer for layer in listing["layers"] if layer["references"] > image]
        for position, layer in enumerate(held):
            rows["image"].append(image)
            rows["position"].append(position)
            rows["digest"].append(layer["digest"])
            rows["compressed_bytes"].append(layer["compressed_bytes"])
    frames = frames_of_columns({"input": ["gradle"] * listing["images"]}, dict(rows))

    referenced, blob = ladder(frames).levels.iloc[:2].to_dict("records")

    # What its source says: 110 references to 29 blobs, 2,788 MB referenced and 482 MB unique.
    assert (referenced["objects"], blob["objects"]) == (110, 29)
    assert round(referenced["compressed_bytes"] / 1e6) == 2788
    assert round(blob["compressed_bytes"] / 1e6) == 482
    assert round(referenced["compressed_bytes"] / blob["compressed_bytes"], 2) == 5.79
    assert blob["requests"] == 110


def test_files_are_counted_once_and_listed_by_each_distinct_layer() -> None:
    frames = fleet("pq", "pQ", "r")
    files = {digest("p"): ["a", "b", "b"], digest("q"): ["b", "c"], digest("r"): ["c"]}

    found = ladder(frames, [file_level(frames, files)])

    row = found.levels.iloc[-1]
    # a, b and c are 1, 2 and 3 bytes; six are listed, three are there.
    assert (row["objects"], row["entries"], row["content_bytes"]) == (3, 6, 6)
    assert row["index_bytes"] == INDEX_ENTRY_BYTES * 9
    assert row["requests"] == 3 + 3 + 1
    assert cells(found.images, "objects", level="file") == [3, 3, 1]
    assert cells(found.images, "content_bytes", level="file") == [6, 6, 3]
    assert cells(found.images, "unique_bytes", level="file") == [0, 0, 0]
    assert cells(found.levels, "compressed_bytes", level="file") == [None]


def test_layer_without_a_file_table_leaves_the_sums_that_need_it_unknown() -> None:
    frames = fleet("p", "q")

    found = ladder(frames, [file_level(frames, {digest("p"): ["c"]})])

    assert cells(found.levels, "content_bytes", level="file") == [None]
    assert cells(found.levels, "objects", level="file") == [None]
    assert cells(found.images, "content_bytes", level="file") == [3, None]
    # The other image may hold it too.
    assert cells(found.images, "unique_bytes", level="file") == [None, None]


def test_layer_of_which_nothing_is_known_is_no_zero() -> None:
    found = ladder(fleet("a", "?"))

    for level in ("referenced", "blob", "diff_id"):
        assert cells(found.levels, "content_bytes", level=level) == [None]
        assert cells(found.images, "content_bytes", level=level) == [9, None]
        assert cells(found.images, "unique_bytes", level=level) == [None, None]


def test_manifest_under_several_names_is_one_image() -> None:
    frames = fleet("p", "p", same_as=[0, 0])

    found = ladder(frames, [file_level(frames, {digest("p"): ["b", "c"]})])

    assert cells(found.levels, "requests") == [1, 1, 1, 2]
    assert cells(found.images, "unique_bytes", level="file") == [5, 5]


def test_objects_of_another_number_of_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="expected the objects of 2 layers, found 1"):
        object_level(fleet("ab"), "file", [None])


@given(WORDS, st.dictionaries(st.sampled_from("abcd"), st.lists(st.sampled_from("abcdef"))))
def test_each_level_has_at_most_the_content_of_the_one_before(
    words: list[str], contents: dict[str, list[str]]
) -> None:
    frames = fleet(*words)
    files = {digest(letter): contents.get(letter, []) for letter in "abcd"}
    sizes = {
        letter: sum(ord(file) - ord("a") + 1 for file in contents.get(letter, []))
        for letter in "abcd"
    }
    table = frames.image_layers
    letters = [letter.lower() for word in words for letter in word]
    table["content_bytes"] = np.array([sizes[letter] for letter in letters], dtype=np.int64)

    found = ladder(frames, [file_level(frames, files)]).levels

    in_bytes = cells(found, "content_bytes")
    assert in_bytes == sorted(in_bytes, reverse=True)
    used = {file for letter in set(letters) for file in contents.get(letter, [])}
    assert in_bytes[-1] == sum(ord(file) - ord("a") + 1 for file in used)
