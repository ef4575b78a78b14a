from __future__ import annotations

from layerscope.analysis.diff import Changed, Moved, diff
from layerscope.analysis.snapshot import Entry, Snapshot

A, B = b"a" * 32, b"b" * 32


def file(
    size: int = 1,
    content: bytes | None = A,
    *,
    mode: int = 0o644,
    mtime_ns: int = 5,
    linked_to: bytes | None = None,
) -> Entry:
    return Entry("file", size, mode, 0, 0, mtime_ns, None, content, None, linked_to, 0)


def folder(mtime_ns: int | None = 5) -> Entry:
    return Entry("dir", 0, 0o755, 0, 0, mtime_ns, None, None, None, None, 0)


def link(target: bytes) -> Entry:
    return Entry("symlink", 0, 0o777, 0, 0, 5, target, None, None, None, 0)


def tree(entries: dict[bytes, Entry], layer_id: str | None = None) -> Snapshot:
    return Snapshot(entries, (layer_id,))


def test_diff_of_equal_trees_is_empty_and_counts_them() -> None:
    one = tree({b"/a": file(), b"/d": folder()})

    found = diff(one, tree(dict(one.entries)))

    assert not found
    assert found.unchanged == 2


def test_diff_sorts_added_and_removed_paths() -> None:
    old = tree({b"/z": folder(), b"/b": folder()})
    new = tree({b"/y": folder(), b"/a": folder()})

    found = diff(old, new)

    assert (found.added, found.removed) == ([b"/a", b"/y"], [b"/b", b"/z"])


def test_diff_names_the_fields_that_differ() -> None:
    old = tree({b"/a": file(1, A), b"/l": link(b"x"), b"/k": file()})
    new = tree({b"/a": file(2, B, mode=0o600), b"/l": link(b"y"), b"/k": link(b"z")})

    found = diff(old, new)

    assert found.changed == [
        Changed(b"/a", ("size_bytes", "mode", "content")),
        Changed(b"/k", ("kind", "size_bytes", "link_target", "mode")),
        Changed(b"/l", ("link_target",)),
    ]
    assert not any(change.metadata_only for change in found.changed)


def test_diff_of_mode_and_owner_is_metadata_only() -> None:
    new = file(mode=0o755)._replace(uid=7)

    found = diff(tree({b"/a": file()}), tree({b"/a": new}))

    assert found.changed == [Changed(b"/a", ("mode", "uid"))]
    assert found.changed[0].metadata_only


def test_diff_of_times_counts_unless_semantic() -> None:
    old = tree({b"/a": file(mtime_ns=1), b"/d": folder(1)})
    new = tree({b"/a": file(mtime_ns=2), b"/d": folder(2)})

    assert [change.fields for change in diff(old, new).changed] == [("mtime_ns",)] * 2
    assert not diff(old, new, semantic=True)


def test_diff_of_a_directory_that_nothing_describes_has_no_time() -> None:
    assert not diff(tree({b"/d": folder(None)}), tree({b"/d": folder(9)}))


def test_diff_of_a_moved_file_is_neither_added_nor_removed() -> None:
    found = diff(tree({b"/old/a": file(3, A)}), tree({b"/new/a": file(3, A)}))

    assert found.moved == [Moved(b"/old/a", b"/new/a")]
    assert (found.added, found.removed) == ([], [])


def test_diff_moves_prefer_the_same_base_name_then_the_order_of_paths() -> None:
    old = tree({b"/1/x": file(), b"/1/y": file(), b"/1/z": file()})
    new = tree({b"/2/y": file(), b"/2/a": file()})

    found = diff(old, new)

    assert found.moved == [Moved(b"/1/x", b"/2/a"), Moved(b"/1/y", b"/2/y")]
    assert found.removed == [b"/1/z"]


def test_diff_moves_no_empty_file() -> None:
    found = diff(tree({b"/a": file(0, A)}), tree({b"/b": file(0, A)}))

    assert found.moved == []


def test_diff_of_unhashed_files_of_one_size_is_unknown() -> None:
    old, new = tree({b"/a": file(9, None)}, "x"), tree({b"/a": file(9, None)}, "y")

    assert diff(old, new).changed == [Changed(b"/a", ("content-unknown",))]


def test_diff_of_unhashed_files_of_one_layer_is_none() -> None:
    old, new = tree({b"/a": file(9, None)}, "x"), tree({b"/a": file(9, None)}, "x")

    assert not diff(old, new)


def test_diff_of_contents_hashed_otherwise_is_unknown_and_moves_nothing() -> None:
    old = tree({b"/a": file(9, A), b"/c": file(4, B)})
    new = Snapshot({b"/a": file(9, A), b"/d": file(4, B)}, (None,), "sha256")

    found = diff(old, new)

    assert found.changed == [Changed(b"/a", ("content-unknown",))]
    assert (found.added, found.removed, found.moved) == ([b"/d"], [b"/c"], [])


def test_diff_of_a_hard_link_that_became_a_copy_is_seen() -> None:
    old = tree({b"/a": file(3), b"/b": file(3, linked_to=b"/a")})
    new = tree({b"/a": file(3), b"/b": file(3)})

    assert diff(old, new).changed == [Changed(b"/b", ("linked_to",))]
    assert new.visible_bytes() - old.visible_bytes() == 3
