from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from layerscope.errors import UsageError
from layerscope.files.columns import KINDS
from layerscope.fleet.merge import merged
from layerscope.fleet.new_layer import Refused
from layerscope.fleet.split import by_pattern, by_size, split
from layerscope.synth.tree import Tree
from tests.fleet.written import facts, random_tars, stored, table_of, tree_of, written

if TYPE_CHECKING:
    from pathlib import Path

T = Tree()
DIR = KINDS.index("dir")


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("how", ["pattern", "size"])
def test_parts_leave_the_same_tree_and_hold_every_member_once(
    tmp_path: Path, seed: int, how: str
) -> None:
    layers = stored(tmp_path, random_tars(seed))
    tables = [table_of(layer) for layer in layers]
    before = facts(tree_of(layers))

    for number, columns in enumerate(tables):
        patterns = [lambda path: path.endswith(b"a"), lambda path: path.startswith(b"/b")]
        chooser = by_pattern(columns, patterns) if how == "pattern" else by_size(columns, 3000)
        parts = split(tables, number, chooser)
        if any(part.refused for part in parts):
            continue
        held = Counter(row for part in parts for _, one in part.parts for row in one.rows)
        assert held.keys() == set(range(len(columns)))
        assert all(count == 1 or columns.kinds[row] == DIR for row, count in held.items())
        built = stored(tmp_path, [written(part, layers) for part in parts])
        after = [*layers[:number], *built, *layers[number + 1 :]]
        assert facts(tree_of(after)) == before, number


def test_split_by_pattern_by_hand(tmp_path: Path) -> None:
    tree = (
        T.dir("opt", mode=0o700)
        .dir("opt/venv")
        .file("opt/venv/lib", b"x" * 600)
        .file("app", b"y" * 5)
        .whiteout("opt/old")
    )
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    parts = split([columns], 0, by_pattern(columns, [lambda path: path.startswith(b"/opt/venv")]))

    # The directory on the way is in both parts, with its mode; the whiteout is in the lowest.
    assert [list(one.rows) for part in parts for _, one in part.parts] == [[0, 3, 4], [0, 1, 2]]
    assert [part.uncompressed_bytes for part in parts] == [
        3 * 512 + 512 + 1024,
        3 * 512 + 1024 + 1024,
    ]
    assert [part.content_bytes for part in parts] == [5, 600]


def test_split_by_size_starts_a_part_where_the_next_member_does_not_fit(tmp_path: Path) -> None:
    tree = T.dir("d")
    for name in "abcd":
        tree = tree.file(f"d/{name}", b"x" * 500)
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    parts = split([columns], 0, by_size(columns, 1024 + 512 + 2 * 1024))

    assert [part.uncompressed_bytes for part in parts] == [3584, 3584]
    assert [list(one.rows) for part in parts for _, one in part.parts] == [[0, 1, 2], [0, 3, 4]]


def test_file_that_is_larger_than_a_part_has_one_of_its_own(tmp_path: Path) -> None:
    tree = T.file("a", b"1").file("b", b"2" * 9000).file("c", b"3")
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    parts = split([columns], 0, by_size(columns, 3000))

    assert [part.entries for part in parts] == [1, 1, 1]


def test_names_of_one_file_and_members_of_one_path_stay_together(tmp_path: Path) -> None:
    tree = T.file("a", b"1").file("b", b"2").hardlink("z", "a").file("b", b"3")
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    parts = split([columns], 0, by_pattern(columns, [lambda path: path in {b"/a", b"/z"}]))

    assert [list(one.rows) for part in parts for _, one in part.parts] == [[1, 3], [0, 2]]


def test_members_behind_a_symbolic_link_are_refused(tmp_path: Path) -> None:
    tree = T.dir("d").symlink("l", "d").file("l/a", b"1")
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    (part,) = split([columns], 0, by_pattern(columns, []))

    assert Refused(b"/l/a", "reached through a symbolic link") in part.refused
    assert part.uncompressed_bytes is None


def test_parts_beyond_all_measure_are_refused(tmp_path: Path) -> None:
    tree = T
    for number in range(1001):
        tree = tree.file(f"f{number}")
    layers = stored(tmp_path, [tree.layer_tar()])
    columns = table_of(layers[0])

    with pytest.raises(UsageError, match="at most 1000"):
        split([columns], 0, by_size(columns, 1))


def test_member_below_a_file_is_refused(tmp_path: Path) -> None:
    layers = stored(tmp_path, [T.file("a", b"1").file("a/b", b"2").layer_tar()])
    columns = table_of(layers[0])

    (part,) = split([columns], 0, by_pattern(columns, []))

    assert Refused(b"/a", "a file that others lie below") in part.refused


def test_path_that_no_system_could_open_is_written_all_the_same(tmp_path: Path) -> None:
    deep = "/".join("a" * 20_000)
    layers = stored(tmp_path, [T.file(deep, b"1").file("b", b"2").layer_tar()])
    columns = table_of(layers[0])

    (part,) = split([columns], 0, by_size(columns, 10**9))
    new = merged([columns], 0, 0)

    assert part.uncompressed_bytes == new.uncompressed_bytes
    assert len(written(part, layers)) == part.uncompressed_bytes
