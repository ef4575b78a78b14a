from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import OverLimitError
from layerscope.files import tree as tree_module
from layerscope.files.squash import squash
from layerscope.fleet.contents import (
    UNHASHED,
    distinct,
    image_sets,
    layer_sets,
    number_contents,
)
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree
from tests.fleet.tables import table
from tests.tar.made import sparse_tar

if TYPE_CHECKING:
    import pytest

    from layerscope.files.columns import FileColumns
    from layerscope.fleet.contents import ContentSets


def sizes(sets: ContentSets, unit: int) -> list[int]:
    """Bytes of what a unit holds, ascending: tests give each content a size of its own."""
    where = slice(sets.start[unit], sets.start[unit + 1])
    return sorted(sets.sizes[sets.contents[where]].tolist())


def test_layer_holds_each_content_once_and_no_whiteouts() -> None:
    layer = Tree().file("a", b"x" * 3).file("b", b"x" * 3).file("c", b"y" * 4).whiteout("d")

    sets = layer_sets(number_contents([table(layer.symlink("e", "a"))]))

    assert sizes(sets, 0) == [3, 4]
    assert sets.total_bytes().tolist() == [7]
    assert sets.counts().tolist() == [2]


def test_equal_contents_of_two_layers_have_one_number() -> None:
    one = Tree().file("a", b"x" * 3).file("b", b"y" * 4)
    two = Tree().file("elsewhere", b"y" * 4).file("z", b"z" * 5)

    numbered = number_contents([table(one), table(two)])

    assert sorted(numbered.sizes.tolist()) == [3, 4, 5]
    assert numbered.numbers[1] == numbered.numbers[2]
    assert len({*numbered.numbers.tolist()}) == 3


def test_no_layers_hold_nothing() -> None:
    sets = layer_sets(number_contents([]))

    assert (len(sets), sets.total_bytes().tolist()) == (0, [])


def test_digests_that_begin_alike_stay_different() -> None:
    columns = table(Tree().file("a", b"1").file("b", b"22").file("c", b"333"))
    starts = bytes(8)
    for row, digest in enumerate((b"\1" * 24, b"\2" * 24, b"\1" * 24)):
        columns.contents[row * 32 : row * 32 + 32] = starts + digest

    numbered = number_contents([columns])

    first, second, third = numbered.numbers.tolist()
    assert first == third != second


def test_image_holds_what_its_container_sees() -> None:
    base = Tree().file("kept", b"k" * 3).file("deleted", b"d" * 4).file("replaced", b"r" * 5)
    top = Tree().whiteout("deleted").file("replaced", b"n" * 6)
    tables = [table(base), table(top)]

    sets, problems = image_sets(tables, number_contents(tables), [[0, 1], [0], None])

    assert [sizes(sets, image) for image in range(3)] == [[3, 6], [3, 4, 5], []]
    assert problems == {}


def test_hard_link_keeps_content_visible_whose_first_name_is_deleted() -> None:
    base = Tree().file("first", b"f" * 3).hardlink("second", "first")
    tables = [table(base), table(Tree().whiteout("first"))]

    sets, _ = image_sets(tables, number_contents(tables), [[0, 1]])

    assert sizes(sets, 0) == [3]


def test_file_whose_holes_are_not_hashed_is_counted_and_in_no_set() -> None:
    limits = replace(DEFAULT_LIMITS, hole_bytes=0)
    tables = [table(sparse_tar(size=1 << 20), limits)]

    numbered = number_contents(tables)

    assert numbered.numbers.tolist() == [UNHASHED]
    assert layer_sets(numbered).unhashed.tolist() == [1]
    sets, _ = image_sets(tables, numbered, [[0]])
    assert (sets.unhashed.tolist(), sizes(sets, 0)) == ([1], [])


def test_table_without_digests_has_no_contents() -> None:
    columns = table(Tree().file("a", b"x").dir("d"))
    columns.hashed = None

    assert number_contents([columns]).numbers.tolist() == [UNHASHED, -1]


def test_image_that_cannot_be_flattened_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree_module, "IMPLIED_BYTES", 10)
    tables = [table(Tree().file("a/very/long/way/down", b"x")), table(Tree().file("b", b"y"))]

    sets, problems = image_sets(tables, number_contents(tables), [[0], [1]])

    assert [*problems] == [0]
    assert isinstance(problems[0], OverLimitError)
    assert [sizes(sets, image) for image in range(2)] == [[], [1]]


@given(st.lists(st.integers(0, 50)))
def test_distinct_is_a_sorted_set(numbers: list[int]) -> None:
    assert distinct(np.array(numbers, dtype=np.int64)).tolist() == sorted(set(numbers))


NAMES = st.sampled_from(["a", "b", "d/a", "d/b", "d"])
STEPS = st.lists(st.tuples(NAMES, st.sampled_from(["file", "whiteout", "link"]), st.integers(1, 4)))


@given(st.lists(STEPS, min_size=1, max_size=4))
def test_visible_contents_are_those_of_the_squashed_tree(
    layers: list[list[tuple[str, str, int]]],
) -> None:
    tables: list[FileColumns] = []
    for layer in layers:
        tree = Tree()
        for name, kind, size in layer:
            if kind == "file":
                tree = tree.file(name, bytes([size]) * size)
            elif kind == "link":
                tree = tree.hardlink(name, "a")
            else:
                tree = tree.whiteout(name)
        tables.append(table(tree))
    squashed = squash(tables)
    seen = {squashed.content(squashed.inode(row)) for row in squashed.rows.values()} - {None}

    sets, _ = image_sets(tables, number_contents(tables), [list(range(len(tables)))])

    assert sizes(sets, 0) == [
        size for size in range(1, 5) if blake3(bytes([size]) * size).digest() in seen
    ]
