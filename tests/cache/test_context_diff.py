"""What differs between two contexts, and what habit of a machine explains it."""

from __future__ import annotations

from layerscope.cache.context_diff import context_differences
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree


def tree(**files: tuple[int, bytes]) -> MemoryTree:
    return MemoryTree(
        {name: FileNode("file", mode, size=len(data)) for name, (mode, data) in files.items()},
        {name: data for name, (_, data) in files.items()},
    )


def culprits(before: MemoryTree, after: MemoryTree) -> dict[str, tuple[str, ...]]:
    found = context_differences(before, after).culprits
    return {culprit.code: culprit.paths for culprit in found}


def test_another_umask_is_named_with_its_modes() -> None:
    before = tree(a=(0o664, b"1"), b=(0o775, b"2"))
    after = tree(a=(0o644, b"1"), b=(0o755, b"2"))

    found = context_differences(before, after)

    assert [culprit.code for culprit in found.culprits] == ["umask"]
    assert "0664 and 0644" in found.culprits[0].text
    assert [change.code for change in found.changes] == ["mode-changed", "mode-changed"]


def test_executable_bits_are_no_umask() -> None:
    assert culprits(tree(a=(0o644, b"1")), tree(a=(0o755, b"1"))) == {"executable-bit": ("a",)}


def test_line_ends_are_told_from_other_edits() -> None:
    before = tree(a=(0o644, b"x\ny\n"), b=(0o644, b"x\n"))
    after = tree(a=(0o644, b"x\r\ny\r\n"), b=(0o644, b"z\n"))

    assert culprits(before, after) == {"line-ends": ("a",)}


def test_files_on_one_side_are_named() -> None:
    assert culprits(tree(a=(0o644, b"1")), tree(b=(0o644, b"2"))) == {"file-set": ("a", "b")}


def test_times_and_owners_are_no_difference() -> None:
    before = MemoryTree({"a": FileNode("file", uid=5, gid=6, mtime_ns=7)}, {"a": b""})
    after = MemoryTree({"a": FileNode("file")}, {"a": b""})

    assert context_differences(before, after).changes == ()
