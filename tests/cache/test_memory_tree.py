"""Trees of files held in memory."""

from __future__ import annotations

import pytest

from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree
from layerscope.errors import UnreadableInputError


def tree() -> MemoryTree:
    return MemoryTree(
        {
            "b/c": FileNode("file", 0o600, size=3),
            "b": FileNode("dir", 0o700),
            "a/x/y": FileNode("symlink", 0o777, link="../z"),
        },
        {"b/c": b"abc"},
    )


def test_unlisted_parents_are_directories_of_root() -> None:
    assert tree().node("a/x") == FileNode("dir", 0o755)
    assert tree().node("") == FileNode("dir", 0o755)


def test_listed_directory_keeps_its_mode_whatever_the_order() -> None:
    assert tree().node("b") == FileNode("dir", 0o700)


def test_walk_gives_parents_first_in_the_order_of_names() -> None:
    assert [path for path, _ in tree().walk()] == ["a", "a/x", "a/x/y", "b", "b/c"]
    assert [path for path, _ in tree().walk("b")] == ["b/c"]


def test_children_are_sorted_by_bytes() -> None:
    names = {"é": FileNode("file"), "z": FileNode("file"), "Z": FileNode("file")}

    found = MemoryTree(names, dict.fromkeys(names, b"")).children("")

    assert list(found) == ["Z", "z", "é"]


def test_digest_tells_contents_apart() -> None:
    nodes = {name: FileNode("file", size=1) for name in "abc"}
    files = MemoryTree(nodes, {"a": b"1", "b": b"1", "c": b"2"})

    assert files.digest("a") == files.digest("b") != files.digest("c")


def test_read_of_no_regular_file_is_an_error() -> None:
    with pytest.raises(UnreadableInputError):
        tree().read("b")


def test_names_of_one_file_lead_to_the_first_that_is_there() -> None:
    nodes = {name: FileNode("file", size=1) for name in ("a/z", "b", "c", "d")}
    files = MemoryTree(nodes, dict.fromkeys(nodes, b"1"), hard_links=[("d", "0", "b", "a/z")])

    assert [files.first_name(name) for name in ("a/z", "b", "c", "d")] == ["a/z", "a/z", "c", "a/z"]
    assert sorted(map(sorted, files.hard_links())) == [["a/z", "b", "d"]]
