"""What differs between two selections of files, in words."""

from __future__ import annotations

import pytest

from layerscope.cache.file_changes import changes, summary
from layerscope.cache.filetree import FileNode

A, B = b"a" * 32, b"b" * 32


def file(mode: int = 0o644, size: int = 1, **more: object) -> FileNode:
    return FileNode("file", mode, size=size, **more)  # type: ignore[arg-type] # fields of a node


def codes(
    before: dict[str, tuple[FileNode, bytes]], after: dict[str, tuple[FileNode, bytes]]
) -> list[tuple[str, str]]:
    return [(change.code, change.path) for change in changes(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "code", "text"),
    [
        ((file(), A), (file(), B), "content-changed", "f: content differs"),
        ((file(0o644), A), (file(0o755), A), "mode-changed", "f: mode 0755, was 0644"),
        ((file(uid=0), A), (file(uid=7), A), "owner-changed", "f: owner 7:0, was 0:0"),
        (
            (FileNode("symlink", link="x"), b""),
            (FileNode("symlink", link="y"), b""),
            "link-changed",
            "f: points to y, was x",
        ),
        ((file(), A), (FileNode("dir"), b""), "type-changed", "f: dir, was file"),
        (
            (file(), A),
            (file(xattrs=(("user.a", b"1"),)), A),
            "xattrs-changed",
            "f: extended attributes differ",
        ),
    ],
)
def test_change_of_one_attribute_is_named(
    before: tuple[FileNode, bytes], after: tuple[FileNode, bytes], code: str, text: str
) -> None:
    found = changes({"f": before}, {"f": after})

    assert [(change.code, change.text) for change in found] == [(code, text)]


def test_two_attributes_of_a_file_are_two_changes() -> None:
    assert codes({"f": (file(0o644), A)}, {"f": (file(0o600), B)}) == [
        ("content-changed", "f"),
        ("mode-changed", "f"),
    ]


def test_file_that_only_moved_is_one_change() -> None:
    assert codes({"old": (file(), A)}, {"new": (file(), A)}) == [("file-renamed", "new")]


def test_moved_and_edited_file_is_gone_and_new() -> None:
    assert codes({"old": (file(), A)}, {"new": (file(), B)}) == [
        ("file-added", "new"),
        ("file-removed", "old"),
    ]


def test_two_files_of_equal_content_that_moved_are_paired_once_each() -> None:
    before = {"a": (file(), A), "b": (file(), A)}
    after = {"c": (file(), A), "d": (file(), A), "e": (file(), A)}

    assert codes(before, after) == [
        ("file-renamed", "c"),
        ("file-renamed", "d"),
        ("file-added", "e"),
    ]


def test_summary_names_content_before_modes_and_counts_the_rest() -> None:
    before = {name: (file(0o644), A) for name in "abcde"}
    after = {**{name: (file(0o600), A) for name in "abcd"}, "e": (file(0o644), B)}

    code, text, paths = summary(changes(before, after))

    assert code == "content-changed"
    assert text == (
        "e: content differs; a: mode 0600, was 0644; b: mode 0600, was 0644; and 2 more"
    )
    assert paths == ("a", "b", "c", "d", "e")


def test_hostile_name_is_escaped_in_the_text_and_whole_in_the_paths() -> None:
    name = "a\x1b[2J"

    code, text, paths = summary(changes({}, {name: (file(), A)}))

    assert (code, text, paths) == ("file-added", "a\\x1b[2J: added", (name,))
