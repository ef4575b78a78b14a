from __future__ import annotations

from io import BytesIO

from blake3 import blake3

from layerscope.analysis.duplicates import Duplicate, duplicates
from layerscope.files.squash import squash
from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree


def found(*layers: Tree, hashed: bool = True) -> list[Duplicate]:
    tables = []
    for tree in layers:
        stream = BytesIO()
        tree.write_tar(stream)
        walk = Walk(DEFAULT_LIMITS, blake3 if hashed else None)
        walk.columns.hashed = "blake3" if hashed else None
        walk.feed(stream.getvalue())
        walk.finish()
        tables.append(walk.columns)
    return duplicates(squash(tables))


def test_duplicates_across_layers_are_sorted_by_bytes_then_path() -> None:
    # Given three copies of 2 bytes (4 too many), two of 5 (5 too many), two of 4 (4 too many)
    layers = [
        Tree().file("z", b"22").file("y", b"22").file("five", b"55555").file("one", b"1"),
        Tree().file("x", b"22").file("dir/five", b"55555").file("a", b"4444").file("b", b"4444"),
    ]

    assert found(*layers) == [
        Duplicate(blake3(b"55555").digest(), 5, [b"/dir/five", b"/five"]),
        Duplicate(blake3(b"4444").digest(), 4, [b"/a", b"/b"]),
        Duplicate(blake3(b"22").digest(), 2, [b"/x", b"/y", b"/z"]),
    ]


def test_duplicates_leave_out_hidden_copies_hard_links_and_empty_files() -> None:
    base = Tree().file("gone", b"22").file("over", b"333").file("e").file("f")
    later = Tree().file("new", b"22").hardlink("link", "new").whiteout("gone").file("over", b"333")

    assert found(base, later) == []


def test_duplicates_of_an_inode_whose_first_name_is_gone_are_at_the_other() -> None:
    base = Tree().file("gone", b"22").hardlink("stays", "gone")
    later = Tree().whiteout("gone").file("copy", b"22")

    assert [one.paths for one in found(base, later)] == [[b"/copy", b"/stays"]]


def test_duplicates_of_what_was_not_hashed_are_none() -> None:
    assert found(Tree().file("a", b"1").file("b", b"1"), hashed=False) == []
