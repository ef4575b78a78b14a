"""Layers on another base: each kind of conflict, worked out by hand."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from blake3 import blake3

from layerscope.files.walk import Walk
from layerscope.fleet.rebase_conflicts import Conflict, conflicts
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns

T = Tree()


def table(tree: Tree) -> FileColumns:
    stream = BytesIO()
    tree.write_tar(stream)
    walk = Walk(DEFAULT_LIMITS, blake3)
    walk.feed(stream.getvalue())
    walk.finish()
    return walk.columns


def found(old: Tree, new: Tree, *upper: Tree) -> list[tuple[object, ...]]:
    """Path, kind, layer, paths and hidden bytes of every conflict; the old base is one layer."""
    rows = conflicts([table(old)], [table(new)], [table(tree) for tree in upper])
    return [(row.path, row.kind, row.layer, row.paths, row.hidden_bytes) for row in rows]


@pytest.mark.parametrize(
    ("old", "new", "upper", "expected"),
    [
        # The same file in both bases is hidden as ever.
        (T.file("a", b"1"), T.file("a", b"1"), T.file("a", b"2"), []),
        # A time alone is no change.
        (T.file("a", b"1", mtime=1), T.file("a", b"1", mtime=2), T.file("a", b"2"), []),
        (
            T.file("a", b"1"),
            T.file("a", b"222"),
            T.file("a", b"2"),
            [(b"/a", "overwritten-update", 1, 1, 3)],
        ),
        # The layer brings just what the new base has.
        (T.file("a", b"1"), T.file("a", b"2"), T.file("a", b"2"), []),
        (T, T.file("a", b"22"), T.file("a", b"1"), [(b"/a", "overwritten-new", 1, 1, 2)]),
        (
            T.dir("d", mode=0o755),
            T.dir("d", mode=0o700),
            T.dir("d", mode=0o755),
            [(b"/d", "overwritten-attributes", 1, 1, 0)],
        ),
        (T.dir("d", mode=0o755), T.dir("d", mode=0o700), T.dir("d", mode=0o700), []),
        (
            T.file("a", b"1", mode=0o644),
            T.file("a", b"1", mode=0o600),
            T.file("a", b"2", mode=0o644),
            [(b"/a", "overwritten-attributes", 1, 1, 1)],
        ),
        # The new base has a directory, and two files in it.
        (
            T,
            T.dir("d").file("d/x", b"12").file("d/y", b"345"),
            T.file("d", b"f"),
            [(b"/d", "file-over-directory", 1, 3, 5)],
        ),
        # A directory was replaced before too; only what is new in it is a loss nobody meant.
        (
            T.dir("d").file("d/x", b"12"),
            T.dir("d").file("d/x", b"12").file("d/y", b"345"),
            T.file("d", b"f"),
            [(b"/d", "deleted-new", 1, 1, 3)],
        ),
        (
            T.dir("d"),
            T.file("d", b"12"),
            T.dir("d").file("d/x", b"1"),
            [(b"/d", "directory-over-file", 1, 1, 2)],
        ),
        (T, T.file("d", b"12"), T.file("d/x", b"1"), [(b"/d", "directory-over-file", 1, 1, 2)]),
        (T.file("a", b"1"), T.file("a", b"1"), T.whiteout("a"), []),
        (
            T.file("a", b"1"),
            T.file("a", b"22"),
            T.whiteout("a"),
            [(b"/a", "deleted-update", 1, 1, 2)],
        ),
        (
            T.dir("d").file("d/a", b"1"),
            T.dir("d").file("d/b", b"22"),
            T.dir("d").opaque("d").file("d/c", b"1"),
            [(b"/d", "deleted-new", 1, 1, 2)],
        ),
        (
            T.dir("d").file("d/a", b"1"),
            T.dir("d").file("d/a", b"1").file("d/b", b"22").file("d/c", b"4"),
            T.whiteout("d"),
            [(b"/d", "deleted-new", 1, 2, 3)],
        ),
        (T.file("a", b"1"), T, T.whiteout("a"), [(b"/a", "dangling-whiteout", 1, 0, 0)]),
        # It hid nothing before, so it is no worse now.
        (T, T, T.whiteout("a"), []),
        (
            T.file("a", b"1"),
            T,
            T.hardlink("b", "a"),
            [(b"/b", "link-target-gone", 1, 1, 0)],
        ),
        (
            T.file("a", b"1"),
            T.file("a", b"2"),
            T.hardlink("b", "a"),
            [(b"/b", "link-target-changed", 1, 1, 0)],
        ),
        (T.file("a", b"1"), T.file("a", b"1"), T.hardlink("b", "a"), []),
        (
            T.dir("lib").file("lib/a", b"1"),
            T.dir("usr/lib").file("usr/lib/a", b"1").symlink("lib", "usr/lib"),
            T.file("lib/b", b"1").file("lib/c", b"1"),
            [(b"/lib", "moved-by-link", 1, 2, 0)],
        ),
    ],
)
def test_conflict_by_hand(
    old: Tree, new: Tree, upper: Tree, expected: list[tuple[object, ...]]
) -> None:
    assert found(old, new, upper) == expected


def test_conflict_names_the_layer_of_the_image_as_it_is() -> None:
    new = [table(T.file("a", b"2")), table(T.file("c", b"3"))]
    rows = conflicts(
        [table(T.file("a", b"1"))], new, [table(T.file("b", b"1")), table(T.file("a", b"3"))]
    )

    # The old base is layer 0, so the second of the upper layers is layer 2.
    assert rows == [Conflict(b"/a", "overwritten-update", "member", 2, 1, 1)]


def test_update_that_a_later_layer_of_the_new_base_hides_is_no_conflict() -> None:
    new = [table(T.file("a", b"2")), table(T.file("a", b"1"))]

    assert conflicts([table(T.file("a", b"1"))], new, [table(T.file("a", b"3"))]) == []


@pytest.mark.parametrize(
    ("path", "database"),
    [
        ("var/lib/dpkg/status", "dpkg"),
        ("lib/apk/db/installed", "apk"),
        ("var/lib/rpm/rpmdb.sqlite", "rpm"),
        ("var/lib/dpkg/available", None),
    ],
)
def test_hidden_package_database_is_named(path: str, database: str | None) -> None:
    rows = conflicts(
        [table(T.file(path, b"1"))], [table(T.file(path, b"2"))], [table(T.file(path, b"3"))]
    )

    assert [row.database for row in rows] == [database]


def test_package_database_below_a_deleted_directory_is_named() -> None:
    rows = conflicts(
        [table(T.file("var/lib/dpkg/status", b"1"))],
        [table(T.file("var/lib/dpkg/status", b"2"))],
        [table(T.whiteout("var/lib/dpkg"))],
    )

    assert rows == [
        Conflict(
            b"/var/lib/dpkg",
            "deleted-update",
            "whiteout",
            1,
            1,
            1,
            (b"/var/lib/dpkg/status",),
            "dpkg",
        )
    ]


def test_base_rebased_onto_itself_has_no_conflicts() -> None:
    base = [table(T.dir("d").file("d/a", b"1").symlink("l", "d").file("b", b"2"))]
    upper = [table(T.file("l/x", b"1").file("b", b"3")), table(T.opaque("d").whiteout("b"))]

    assert conflicts(base, base, upper) == []
