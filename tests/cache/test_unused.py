from __future__ import annotations

from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree
from layerscope.cache.step import Selection
from layerscope.cache.unused import Amount, UnusedFolder, context_use


def context(**sizes: int) -> MemoryTree:
    """Files by path, `__` for a slash, with their sizes."""
    names = {name.replace("__", "/"): size for name, size in sizes.items()}
    return MemoryTree(
        {name: FileNode("file", 0o644, size=size) for name, size in names.items()}, {}
    )


def selection(*paths: str, origin: str = "context") -> Selection:
    return Selection("src", origin, {path: (FileNode("file"), b"") for path in paths})


def test_unused_folders_are_named_at_the_top_and_sorted_by_bytes() -> None:
    # given
    tree = context(app__main=10, docs__a__b=5, docs__c=7, data__big=100, readme=3)

    # when
    use = context_use(tree, [selection("app", "app/main")])

    # then
    assert use.sent == Amount(5, 125)
    assert use.unused == Amount(4, 115)
    assert use.folders == (
        UnusedFolder("data", Amount(1, 100), whole=True),
        UnusedFolder("docs", Amount(2, 12), whole=True),
        UnusedFolder("", Amount(1, 3), whole=False),
    )


def test_unused_files_beside_used_ones_are_counted_for_their_own_folder_only() -> None:
    tree = context(src__a=1, src__b=2, src__deep__c=4)

    use = context_use(tree, [selection("/src/deep/c")])

    assert use.folders == (UnusedFolder("src", Amount(2, 3), whole=False),)


def test_unused_is_everything_where_nothing_is_taken_from_the_context() -> None:
    tree = context(a=1, d__b=2)

    use = context_use(tree, [selection("a", origin="stage build")])

    assert use.folders == (UnusedFolder("", Amount(2, 3), whole=True),)


def test_unused_is_nothing_where_all_is_taken_and_empty_folders_do_not_count() -> None:
    tree = MemoryTree({"a": FileNode("file", size=1), "empty": FileNode("dir")}, {"a": b"x"})

    use = context_use(tree, [selection("a")])

    assert use.unused == Amount(0, 0)
    assert use.folders == ()


def test_unused_names_sources_of_which_nothing_is_known() -> None:
    tree = context(a=1)

    use = context_use(tree, [Selection("gone", "context", None)])

    assert use.unknown == ("gone",)
    assert use.unused == Amount(1, 1)
