"""What differs between two selections is the same, found by directories or file by file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.cache.builders.buildkit.contents import Checksums
from layerscope.cache.builders.buildkit.entries import Entries
from layerscope.cache.definition import Selector
from layerscope.cache.file_changes import differing
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree

if TYPE_CHECKING:
    from collections.abc import Iterator

PATHS = ("a", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/f/g", "x/y")
FILE, DIR = FileNode("file", 0o644, size=1), FileNode("dir", 0o755)
KINDS = st.sampled_from((FILE, FileNode("file", 0o600, size=1), DIR, FileNode("dir", 0o700)))


@st.composite
def trees(draw: st.DrawFn) -> MemoryTree:
    chosen = draw(st.dictionaries(st.sampled_from(PATHS), KINDS))
    # What has something below it is a directory.
    nodes = {
        path: DIR if any(other.startswith(f"{path}/") for other in chosen) else node
        for path, node in chosen.items()
    }
    contents = {
        path: draw(st.sampled_from((b"1", b"2")))
        for path, node in nodes.items()
        if node.kind == "file"
    }
    return MemoryTree(nodes, contents)


@pytest.mark.hypothesis
@given(one=trees(), other=trees(), path=st.sampled_from(("/", "/d", "/a")))
def test_passing_by_equal_directories_changes_nothing(
    one: MemoryTree, other: MemoryTree, path: str
) -> None:
    selector = Selector(path)
    mine = Entries(Checksums(one, owners=True), selector)
    theirs = Entries(Checksums(other, owners=True), selector)

    assert mine.against(theirs) == differing(mine, theirs)


class Counting(MemoryTree):
    """Counts how often a directory is gone through."""

    listed = 0

    def members(self, path: str) -> Iterator[tuple[str, FileNode, bytes]]:
        type(self).listed += 1
        for name in self.children(path):
            place = f"{path}/{name}" if path else name
            node = self.node(place)
            assert node is not None
            yield name, node, self.digest(place) if node.kind == "file" else b""


def test_one_changed_file_costs_the_way_to_it() -> None:
    def tree(changed: bytes) -> Counting:
        nodes = {f"d{a}/e{b}/f": FILE for a in range(10) for b in range(10)}
        return Counting(nodes, {**dict.fromkeys(nodes, b"1"), "d3/e4/f": changed})

    old, new = (Checksums(tree(content), owners=True) for content in (b"1", b"2"))
    for checksums in (old, new):
        checksums.directory("")
    Counting.listed = 0

    here, there = Entries(new, Selector("/")).against(Entries(old, Selector("/")))

    assert list(here) == list(there) == ["d3/e4/f"]
    assert Counting.listed == 6  # the root, d3 and e4, in both
